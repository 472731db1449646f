"""Rows of the store as the pieces that several pages show."""

from collections.abc import Iterable, Mapping, Sequence

from collectarr.models import RunStatus
from collectarr.pages.parts import Change, Pager, Poster, RunLine, Source
from collectarr.pages.posters import poster_url
from collectarr.pages.visit import Visit
from collectarr.pages.words import CHANGED, Badge, duration, run_badge, trigger_words
from collectarr.pages.words import NEVER as NOT_YET
from collectarr.pages.words import NO_SERVER as UNSERVED
from collectarr.pages.words import PAUSED as ON_HOLD
from collectarr.store import runs as stored_runs
from collectarr.store import servers, summaries
from collectarr.store.manual import MANUAL
from collectarr.store.summaries import NEVER, NO_SERVER, PAUSED, CollectionState, ListOf, RunSummary

SHOWN_CHANGES = 6
_SOURCES = {"mdblist": "MDBList", "tmdb": "TMDb", "manual": "Made by hand"}


def state_badge(state: str, *, changed: bool = False) -> Badge:
    """Of a `CollectionState`; one that was changed since is not what its last run made of it."""
    if changed and state == RunStatus.SUCCESS:
        return CHANGED
    own = {PAUSED: ON_HOLD, NEVER: NOT_YET, NO_SERVER: UNSERVED}
    return own.get(state) or run_badge(RunStatus(state))


def badge_of(known: CollectionState) -> Badge:
    """How a collection stands; one that is well and rests says until when."""
    if known.resting and not known.changed and known.state == RunStatus.SUCCESS:
        return Badge(known.resting, "moon", "quiet")
    return state_badge(known.state, changed=known.changed)


def is_under_way(known: CollectionState) -> bool:
    return known.state in (RunStatus.QUEUED, RunStatus.RUNNING)


def source_word(name: str) -> str:
    """A source as it calls itself."""
    return _SOURCES.get(name, name.capitalize())


def source_of(lists: Sequence[ListOf]) -> Source:
    """Where a collection's titles come from; with several lists no link to any one."""
    if not lists:
        return Source("No list")
    name = source_word(lists[0].source)
    if len(lists) > 1:
        others = len(lists) - 1
        return Source(name, f"{lists[0].name} and {others} other{'s' if others > 1 else ''}")
    if lists[0].source == MANUAL:
        return Source(name)
    owner = f", by {lists[0].owner}" if lists[0].owner else ""
    return Source(name, lists[0].name + owner, web_address(lists[0].url))


def web_address(url: str | None) -> str:
    """`url` if a browser may follow it, else nothing: sources could give any text."""
    return url if url is not None and url.startswith(("https://", "http://")) else ""


def posters_of(visit: Visit, name: str, items: Iterable[tuple[int, str]]) -> tuple[Poster, ...]:
    return tuple(Poster(name, poster_url(visit.url, item)) for item in items)


def pager(visit: Visit, path: str, shown_per_page: int, total: int) -> Pager:
    """`path` with its query, without the page. Pages behind the last one show nothing."""
    page = visit.page_number()
    join = "&" if "?" in path else "?"
    shown = min(total, page * shown_per_page)
    return Pager(
        shown=shown,
        total=total,
        more=f"{path}{join}page={page + 1}" if shown < total else "",
        first=path if page > 1 else "",
    )


async def server_names(visit: Visit) -> dict[int, str]:
    return {row.id: row.name for row in await servers.list_servers(visit.db, visit.user.id)}


async def run_lines(
    visit: Visit,
    found: Sequence[RunSummary],
    *,
    changes: int = SHOWN_CHANGES,
    names: Mapping[int, str] | None = None,
) -> tuple[RunLine, ...]:
    """Each with its first changes; two queries in all, one if the servers' `names` are given."""
    moved = [run.id for run in found if _may_have_changes(run)]
    changed = await summaries.changes_of(visit.db, visit.user.id, moved, changes)
    names = await server_names(visit) if names is None else names
    return tuple(run_line(visit, run, changed.get(run.id, ()), names) for run in found)


def _may_have_changes(run: RunSummary) -> bool:
    counted = run.counts.get("added", 0) + run.counts.get("removed", 0)
    return counted > 0 or run.seconds is None or run.status is not RunStatus.SUCCESS


def run_line(
    visit: Visit,
    run: RunSummary,
    changes: Sequence[stored_runs.Change],
    names: Mapping[int, str],
) -> RunLine:
    added, removed = run.counts.get("added", 0), run.counts.get("removed", 0)
    # With one server its name says nothing.
    shown = names if len(names) > 1 else {}
    return RunLine(
        id=run.id,
        status=run_badge(run.status),
        what=run.name,
        collection_id=run.collection_id,
        when=visit.when(run.began),
        trigger=trigger_words(run.trigger),
        took="" if run.seconds is None else duration(run.seconds),
        added=added,
        removed=removed,
        message=run.message,
        reads=sum(counted.get("reads", 0) for counted in run.requests.values()),
        writes=sum(counted.get("writes", 0) for counted in run.requests.values()),
        changes=tuple(changed_line(change, shown) for change in changes),
        more_changes=max(0, added + removed - sum(x.op in ("add", "remove") for x in changes))
        if changes
        else 0,
    )


def changed_line(change: stored_runs.Change, names: Mapping[int, str]) -> Change:
    return Change(
        added=change.op == "add" if change.op in ("add", "remove") else None,
        title=change.title,
        year=change.year,
        why=change.why,
        server=names.get(change.server_id or 0, ""),
    )
