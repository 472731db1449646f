"""Two tabs of a collection: what the next run would do, and the runs so far."""

from collections.abc import Sequence

from collectarr.models import utc_now
from collectarr.pages.coverage_line import coverage_line
from collectarr.pages.lines import pager, run_lines
from collectarr.pages.parts import Diff, DiffRow, Poster
from collectarr.pages.posters import poster_url
from collectarr.pages.views import HistoryTab, PreviewTab
from collectarr.pages.visit import Visit
from collectarr.store import coverage_days, lists, summaries
from collectarr.store.collections import Collection
from collectarr.store.targets import Target
from collectarr.sync.plan import PlannedChange
from collectarr.sync.show import PlanPreview, preview

RUNS_PER_PAGE, SHOWN_KEPT, LINE_DAYS = 25, 60, 90
NOT_READ = "The list has not been read yet. Sync once, then see here what would change."
LEFT_ALONE = "Nothing is done here: this server is left alone, as you asked."


async def preview_tab(
    visit: Visit, collection: Collection, targets: Sequence[Target]
) -> PreviewTab:
    """Reads Emby now. Whatever fails is said at its server."""
    stored = await lists.get_lists(visit.db, [entry.list_id for entry in collection.lists])
    if any(known.snapshot == 0 for known in stored.values()):
        return PreviewTab((Diff("The list", problem=NOT_READ),) if targets else ())
    stopped = {target.server_id for target in targets if target.state == "stopped"}
    plans = await preview(visit.db, visit.outside, collection)
    return PreviewTab(
        tuple(
            Diff(plan.server_name, problem=LEFT_ALONE)
            if plan.server_id in stopped
            else _diff(visit, plan)
            for plan in plans
        )
    )


def _diff(visit: Visit, found: PlanPreview) -> Diff:
    held = found.held or {}
    if found.plan is None or (held and held["code"] != "removals"):
        problem = found.error or str(held.get("message", "")) or "This cannot be told now."
        return Diff(found.server_name, problem=problem)
    safety = f"{held['message']} It would wait for your approval." if held else ""
    return Diff(
        server=found.server_name,
        server_id=found.server_id,
        under_way=found.under_way,
        kept_out=_rows(visit, found.server_id, found.plan.kept_out[:SHOWN_KEPT]),
        found=_rows(visit, found.server_id, found.found[:SHOWN_KEPT]),
        add=_rows(visit, found.server_id, found.plan.add),
        remove=_rows(visit, found.server_id, found.plan.remove),
        keep=_rows(visit, found.server_id, found.plan.keep[:SHOWN_KEPT]),
        kept=len(found.plan.keep),
        safety=safety,
    )


def _rows(visit: Visit, server_id: int, changes: Sequence[PlannedChange]) -> tuple[DiffRow, ...]:
    return tuple(
        DiffRow(
            Poster(row.title, poster_url(visit.url, (server_id, row.item_id)), row.year), row.why
        )
        for row in changes
    )


async def history_tab(visit: Visit, collection: Collection) -> HistoryTab:
    found, total = await summaries.collection_runs(
        visit.db,
        collection.id,
        limit=RUNS_PER_PAGE,
        offset=(visit.page_number() - 1) * RUNS_PER_PAGE,
    )
    path = f"/collections/{collection.id}?tab=history"
    today = utc_now().date()
    days = await coverage_days.load(visit.db, collection.id, today, LINE_DAYS)
    return HistoryTab(
        await run_lines(visit, found),
        pager(visit, path, RUNS_PER_PAGE, total),
        coverage_line(days, today, LINE_DAYS),
    )
