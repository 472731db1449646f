"""The tabs of a collection: its titles, the next run, the runs so far, its settings."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from collectarr.models import Kind
from collectarr.pages.collection_form import mode_choices, server_choices
from collectarr.pages.lines import pager, run_lines, source_of
from collectarr.pages.parts import Choice, Diff, DiffRow, Form, Poster
from collectarr.pages.posters import poster_url
from collectarr.pages.views import (
    CollectionForm,
    HistoryTab,
    ItemsTab,
    Presence,
    PreviewTab,
    SettingsTab,
    TitleCard,
)
from collectarr.pages.visit import Visit
from collectarr.pages.words import id_links, matched_words
from collectarr.store import lists, summaries
from collectarr.store.collections import Collection
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.plan import PlannedChange
from collectarr.sync.show import PlanPreview, ServerPresence, TitleRow, collection_titles, preview

PER_PAGE, RUNS_PER_PAGE, SHOWN_KEPT = 60, 25, 60
KINDS = {Kind.MOVIE: "Film", Kind.SHOW: "Show"}
ORDER_NOTE = "In the order of the list. Emby sorts its collections by itself."
NOT_COMPARED = "It has not been looked for on any server yet."
NOT_READ = "The list has not been read yet. Sync once, then see here what would change."
LEFT_ALONE = "Nothing is done here: this server is left alone, as you asked."


async def items_tab(visit: Visit, collection: Collection, known: Sequence[Server]) -> ItemsTab:
    rows = await collection_titles(visit.db, collection)
    if collection.last_synced_at is None and not any(row.servers for row in rows):
        # Read, but not looked for yet: nobody knows what is missing.
        rows = []
    owned = sum(row.in_library for row in rows)
    show = visit.request.query.get("show", "all")
    groups = {"all": len(rows), "owned": owned, "missing": len(rows) - owned}
    show = show if show in groups else "all"
    found = [row for row in rows if show == "all" or row.in_library == (show == "owned")]
    path = f"/collections/{collection.id}"
    labels = {"all": "All", "owned": "In library", "missing": "Missing"}
    start = (visit.page_number() - 1) * PER_PAGE
    listed = pager(visit, path if show == "all" else f"{path}?show={show}", PER_PAGE, len(found))
    return ItemsTab(
        titles=tuple(_title_card(visit, row, known) for row in found[start : start + PER_PAGE]),
        show=tuple(
            Choice(
                value,
                label,
                value == show,
                href=path if value == "all" else f"{path}?show={value}",
                count=groups[value],
            )
            for value, label in labels.items()
        ),
        # An empty group of a list that was read is not the same as a list never read.
        pager=listed if found or not rows else pager(visit, path, PER_PAGE, len(rows)),
        note=ORDER_NOTE,
    )


def _title_card(visit: Visit, row: TitleRow, known: Sequence[Server]) -> TitleCard:
    found = {presence.server_id: presence for presence in row.servers}
    owned = next((one for one in row.servers if one.item_ids), None)
    item = (owned.server_id, owned.item_ids[0]) if owned else None
    title = row.title
    return TitleCard(
        rank=row.rank,
        poster=Poster(title.title, poster_url(visit.url, item, row.poster), title.year),
        kind=KINDS[title.kind],
        in_library=owned is not None,
        why=_why(owned, row.servers),
        ids=id_links(title.kind, title.ids),
        servers=tuple(
            _presence(server, found[server.id]) for server in known if server.id in found
        ),
    )


def _why(owned: ServerPresence | None, presences: Sequence[ServerPresence]) -> str:
    if owned is not None:
        return owned.why
    if not presences:
        return NOT_COMPARED
    near = f" Near it: {', '.join(presences[0].near)}." if presences[0].near else ""
    return presences[0].why + near


def _presence(server: Server, presence: ServerPresence) -> Presence:
    if not presence.item_ids:
        return Presence(server.name)
    by = matched_words(presence.matched_by or "")
    return Presence(server.name, by, _emby_page(server, presence.item_ids[0]))


def _emby_page(server: Server, item_id: str) -> str:
    """The page of an item in the server's own web client."""
    base = server.url.removesuffix("/emby")
    place = "details" if server.kind == "jellyfin" else "!/item"
    return f"{base}/web/index.html#{place}?id={quote(item_id)}&serverId={quote(server.uid)}"


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
    return HistoryTab(await run_lines(visit, found), pager(visit, path, RUNS_PER_PAGE, total))


def stored_values(collection: Collection) -> dict[str, str]:
    """The fields of the form as they are now."""
    return {
        "name": collection.name,
        "interval_hours": str(collection.interval_hours),
        "mode": collection.mode,
    }


def settings_tab(
    collection: Collection,
    known: Sequence[Server],
    targets: Sequence[Target],
    followed: Sequence[summaries.ListOf],
    form: Form | None,
    ticked: frozenset[str] | None,
) -> SettingsTab:
    """`form` and `ticked`: what was typed and refused; None: as it is kept."""
    shown: Mapping[str, str] = form.values if form else {}
    values = {**stored_values(collection), **shown}
    chosen = ticked if ticked is not None else {str(target.server_id) for target in targets}
    edit = CollectionForm(
        form=Form(values, form.errors if form else {}),
        servers=server_choices(known, chosen),
        modes=mode_choices(values["mode"]),
        source=source_of(followed),
    )
    return SettingsTab(edit, adopted=any(target.origin == "adopted" for target in targets))
