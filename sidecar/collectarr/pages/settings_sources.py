"""Settings of the places that lists come from: accounts there, and the lists in use."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from aiohttp import web

from collectarr.errors import CollectarrError, InvalidError, NotFoundError, UpstreamError
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.source_alerts import source_alerts
from collectarr.pages.source_cards import PATH, accounts_of, fresh_accounts, source_cards
from collectarr.pages.source_views import ListLine, ListsOfSource, SourcesPage
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import Badge, number
from collectarr.sources import Source
from collectarr.store.followed import FollowedList, followed_lists
from collectarr.sync.connect import connect_source
from collectarr.trail import note

_STATES = {
    "private": Badge("Private now", "lock", "bad"),
    "gone": Badge("Gone", "circle-x", "bad"),
    "failing": Badge("Failing", "circle-alert", "warn"),
}
FINE = Badge("Fine", "circle-check", "ok")
NOT_YET = Badge("Not read yet", "circle-dashed", "quiet")


async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    returned = request.query.get("back", "")
    if returned in visit.outside.sources:
        return await _returned(visit, visit.outside.sources[returned])
    return await _page(visit, {})


async def _returned(visit: Visit, source: Source) -> web.Response:
    """A browser comes back from the source's own page."""
    mishap = visit.services.sign_ins.mishap(visit.user.id, source.name)
    if mishap is not None:
        return see_other(visit.request, PATH, Note("error", mishap))
    own = (await accounts_of(visit)).get(source.name)
    if own is None:
        return see_other(visit.request, PATH)
    return see_other(visit.request, PATH, connected_note(source, own.username))


def connected_note(source: Source, username: str | None) -> Note:
    return Note("ok", f"{source.label} is connected{f' as {username}' if username else ''}.")


async def _page(visit: Visit, forms: Mapping[str, Form], status: int = 200) -> web.Response:
    sources = visit.outside.sources
    accounts = await (accounts_of(visit) if forms else fresh_accounts(visit))
    followed = [
        row for row in await followed_lists(visit.db, visit.user.id) if row.source in sources
    ]
    page = SourcesPage(
        cards=await source_cards(visit, sources.values(), accounts, forms, followed),
        alerts=source_alerts(visit, accounts, followed),
        in_use=tuple(_in_use(visit, followed)),
    )
    return await show_page(
        visit.request, "settings_sources.html", page, active="settings", status=status
    )


def _in_use(visit: Visit, followed: Iterable[FollowedList]) -> Iterable[ListsOfSource]:
    for name, rows in groupby(followed, key=lambda row: row.source):
        label = visit.outside.sources[name].label
        yield ListsOfSource(label, tuple(_line(visit, row) for row in rows))


def _line(visit: Visit, row: FollowedList) -> ListLine:
    short = row.came is not None and row.promised is not None and row.came < row.promised
    came = row.item_count if row.came is None else row.came
    titles = f"{number(came)} of {number(row.promised or 0)}" if short else number(came)
    state = NOT_YET if row.read_at is None and row.state == "ok" else _STATES.get(row.state, FINE)
    return ListLine(
        name=row.name,
        owner=row.owner or "",
        href=f"/browse/{row.source}/{row.reference}",
        state=state,
        problem=row.error or "",
        read=visit.when(row.read_at) if row.read_at else None,
        titles="" if row.read_at is None and row.came is None else titles,
        short=short,
        collections=tuple((name, f"/collections/{key}") for key, name in row.collections),
    )


def asked_source(visit: Visit) -> Source:
    """The one in the path. Raises NotFoundError."""
    source = visit.outside.sources.get(visit.request.match_info["source"])
    if source is None:
        raise NotFoundError("There is no such source.")
    return source


async def connect(request: web.Request) -> web.Response:
    """With a key, once it proved good."""
    visit, fields = Visit.of(request), await typed(request)
    source, services = asked_source(visit), visit.services
    try:
        account = await connect_source(
            visit.db,
            services.vault,
            visit.outside,
            visit.user.id,
            source.name,
            fields.get("key", ""),
        )
    except (InvalidError, UpstreamError) as error:
        form = wrong({}, error, f"key-{source.name}")
        return await _page(visit, {source.name: form}, 422)
    services.browsing.forget(visit.user.id, source.name)
    await note(request, "source_key_set", source.name)
    return see_other(request, PATH, connected_note(source, account.username))


async def disconnect(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    source = asked_source(visit)
    await visit.outside.accounts.disconnect(visit.user.id, source.name)
    visit.services.browsing.forget(visit.user.id, source.name)
    await note(request, "source_key_removed", source.name)
    text = f"{source.label} is disconnected. Nothing in Emby was changed."
    return see_other(request, PATH, Note("ok", text))


async def check(request: web.Request) -> web.Response:
    """Ask the source now what it says of the account."""
    visit = Visit.of(request)
    source = asked_source(visit)
    try:
        own = await visit.outside.accounts.check(visit.user.id, source.name)
    except CollectarrError as error:
        return see_other(request, PATH, Note("error", error.message))
    if own is None:
        return see_other(request, PATH)
    visit.services.browsing.try_again(visit.user.id, source.name)
    return see_other(request, PATH, Note("ok", f"{source.label} answers: the account is fine."))


ROUTES = (
    ("GET", PATH, show),
    ("POST", f"{PATH}/{{source}}", connect),
    ("POST", f"{PATH}/{{source}}/check", check),
    ("POST", f"{PATH}/{{source}}/disconnect", disconnect),
)
