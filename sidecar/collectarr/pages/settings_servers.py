"""Settings of servers: test one, add it, test it again, let it go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from collectarr.errors import ConflictError, InvalidError, UpstreamError
from collectarr.models import Library, Trigger
from collectarr.pages.parts import Form
from collectarr.pages.render import show_page
from collectarr.pages.server_words import (
    box_sets_words,
    changes_words,
    deletes_words,
    signed_in_words,
)
from collectarr.pages.views import Check, LibraryLine, ServerCard, ServersPage
from collectarr.pages.visit import Note, Visit, see_other, typed, wrong
from collectarr.pages.words import Badge, count
from collectarr.store import server_summaries, servers
from collectarr.store.server_summaries import LibraryOf, ServerCounts
from collectarr.store.servers import Server
from collectarr.sync.connect import check_server, connect_server, forget_server, test_server
from collectarr.sync.scan import start_scan
from collectarr.trail import note

PATH = "/settings/servers"
STEPS = ("Reachable", "The key is accepted", "An administrator can be used", "Libraries")
_FAILED_AT = {"key": 1, "forbidden": 1, "administrator": 2}
_FIELDS = {"key": "api_key", "forbidden": "api_key", "administrator": "", "server_known": "url"}
_WITHOUT_TITLES = frozenset({"boxsets", "playlists"})
ONLINE = Badge("Online", "circle-check", "ok")
TROUBLE = Badge("Not working", "circle-x", "bad")
COUNTED = web.AppKey("counted", dict[int, tuple[int, dict[str, int]]])
"""Items by library, with the generation of the server that they were counted for."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test went: of the form (`server_id` None) or of a server that is kept. `sign_in` is
    what was typed to sign in there, `edit` what to change it to, and what is wrong with it.
    """

    checks: tuple[Check, ...] = ()
    server_id: int | None = None
    sign_in: Form | None = None
    edit: Form | None = None


async def show(request: web.Request) -> web.Response:
    return await page_of(Visit.of(request), Form(), Trial())


async def page_of(visit: Visit, form: Form, trial: Trial, status: int = 200) -> web.Response:
    """The servers, with `form` to add one."""
    known = await servers.list_servers(visit.db, visit.user.id)
    counts = await server_summaries.server_counts(visit.db, visit.user.id)
    libraries = await server_summaries.libraries_of(visit.db, visit.user.id)
    page = ServersPage(
        servers=tuple(
            [
                _card(visit, row, counts[row.id], await _libraries(visit, row, libraries), trial)
                for row in known
            ]
        ),
        form=form,
        checks=trial.checks if trial.server_id is None else (),
    )
    return await show_page(
        visit.request, "settings_servers.html", page, active="settings", status=status
    )


async def _libraries(
    visit: Visit, server: Server, libraries: Sequence[LibraryOf]
) -> tuple[LibraryLine, ...]:
    kept = visit.request.app[COUNTED]
    generation, counts = kept.get(server.id, (-1, {}))
    if generation != server.generation:
        counts = await server_summaries.count_by_library(visit.db, server.id)
        kept[server.id] = (server.generation, counts)
    return tuple(
        LibraryLine(row.id, row.name, counts.get(row.id, 0), row.used)
        for row in libraries
        if row.server_id == server.id and row.kind not in _WITHOUT_TITLES
    )


def _card(
    visit: Visit,
    server: Server,
    counts: ServerCounts,
    libraries: tuple[LibraryLine, ...],
    trial: Trial,
) -> ServerCard:
    here = trial.server_id == server.id
    return ServerCard(
        id=server.id,
        name=server.name,
        url=server.url.removesuffix("/emby"),
        version=f"{server.kind.capitalize()} {server.version}",
        state=TROUBLE if server.error else ONLINE,
        libraries=libraries,
        delta=changes_words(server),
        box_sets=box_sets_words(server),
        deletes=deletes_words(server),
        account=signed_in_words(server),
        signed_in=server.user_token is not None,
        sign_in=trial.sign_in if here else None,
        edit=trial.edit if here else None,
        seen=visit.when(server.checked_at) if server.checked_at else None,
        problem="" if here and trial.checks else server.error or "",
        collections=counts.collections,
        checks=trial.checks if here else (),
    )


def libraries_words(libraries: Sequence[Library]) -> str:
    """`2 libraries: Movies, Series.`"""
    names = ", ".join(library.name for library in libraries)
    amount = count(len(libraries), "library", "libraries").capitalize()
    return f"{amount}: {names}." if names else f"{amount}."


def passed(about: str, libraries: Sequence[Library]) -> tuple[Check, ...]:
    """All four steps are fine; `about` tells what server it is."""
    texts = (about, "", "", libraries_words(libraries))
    return tuple(Check(step, True, text) for step, text in zip(STEPS, texts, strict=True))


def failed(error: InvalidError | UpstreamError) -> tuple[Check, ...]:
    """The steps before the one that failed are fine, those after it were not reached."""
    at = _FAILED_AT.get(error.code, 0)
    return tuple(
        Check(step, True if place < at else None)
        if place != at
        else Check(step, False, error.message)
        for place, step in enumerate(STEPS)
    )


async def test_or_add(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    try:
        if fields.get("do") == "test":
            return await _test(visit, fields)
        server = await connect_server(
            visit.db,
            visit.services.vault,
            visit.outside,
            visit.user.id,
            name=fields.get("name", "").strip() or None,
            url=fields.get("url", ""),
            api_key=fields.get("api_key", ""),
        )
    except (InvalidError, UpstreamError) as error:
        trial = Trial(failed(error) if isinstance(error, UpstreamError) else ())
        return await page_of(visit, _wrong(fields, error), trial, 422)
    except ConflictError as error:
        return await page_of(visit, _wrong(fields, error), Trial(), 422)
    await start_scan(visit.db, visit.outside, visit.runner, server, Trigger.MANUAL)
    await note(request, "server_added", server.name, url=server.url)
    text = f"{server.name} was added. Collections that you make now go there too."
    return see_other(request, f"/servers/{server.id}", Note("ok", text))


async def _test(visit: Visit, fields: Mapping[str, str]) -> web.Response:
    check = await test_server(
        visit.outside,
        visit.user.id,
        fields.get("name", ""),
        fields.get("url", ""),
        fields.get("api_key", ""),
    )
    facts = check.facts
    about = f"{facts.name}, {facts.kind.capitalize()} {facts.version}"
    words = f"{about}, answered in {check.latency_ms} ms."
    return await page_of(visit, Form(fields), Trial(passed(words, check.libraries)))


def _wrong(fields: Mapping[str, str], error: InvalidError | UpstreamError | ConflictError) -> Form:
    return wrong(fields, error, _FIELDS.get(error.code, "url"))


async def test_again(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await servers.get_server(visit.db, visit.user.id, visit.number())
    try:
        check = await check_server(visit.db, visit.outside, server)
    except UpstreamError as error:
        return await page_of(visit, Form(), Trial(failed(error), server.id), 422)
    text = f"{server.name} is fine. {libraries_words(check.libraries)}"
    return see_other(request, PATH, Note("ok", text))


async def remove(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await servers.get_server(visit.db, visit.user.id, visit.number())
    await forget_server(visit.db, visit.outside, visit.services.bridge, server)
    visit.services.listening.wake()
    await note(request, "server_removed", server.name)
    text = f"{server.name} was removed here. Its collections in Emby stay as they are."
    return see_other(request, PATH, Note("ok", text))


ROUTES = (
    ("GET", PATH, show),
    ("POST", PATH, test_or_add),
    ("POST", f"{PATH}/{{id}}/test", test_again),
    ("POST", f"{PATH}/{{id}}/remove", remove),
)
