"""What a person settles for one server: where it is, its libraries in use, who is signed in."""

from aiohttp import web

from collectarr.errors import InvalidError, NotFoundError, UpstreamError
from collectarr.pages.parts import Form
from collectarr.pages.settings_servers import PATH, Trial, page_of
from collectarr.pages.visit import Note, Visit, chosen, see_other, typed, wrong
from collectarr.store import servers
from collectarr.store.servers import Server
from collectarr.sync import connect
from collectarr.trail import note

_KEY = frozenset({"key", "forbidden"})


async def _server(visit: Visit) -> Server:
    return await servers.get_server(visit.db, visit.user.id, visit.number())


async def edit(request: web.Request) -> web.Response:
    """Name, address and key. What is left as it was is neither tested nor sent anywhere."""
    visit, fields = Visit.of(request), await typed(request)
    server = await _server(visit)
    name, url = fields.get("name", "").strip(), fields.get("url", "").strip()
    key = fields.get("api_key", "").strip()
    moved = url != server.url.removesuffix("/emby")
    try:
        changed = await connect.change_server(
            visit.db,
            visit.services.vault,
            visit.outside,
            server,
            name=name or None,
            url=url if moved else None,
            api_key=key or None,
        )
    except (InvalidError, UpstreamError) as error:
        if error.code == "key_needed":
            await note(request, "server_change_refused", server.name, url=connect.address_of(url))
        form = wrong({"name": name, "url": url}, error, "api_key" if error.code in _KEY else "url")
        return await page_of(visit, Form(), Trial(server_id=server.id, edit=form), 422)
    given = {"api_key": bool(key), "name": changed.name != server.name, "url": moved}
    fields_changed = [field for field, was in given.items() if was]
    if not fields_changed:
        return see_other(request, PATH, Note("info", f"{server.name} is as it was."))
    await note(request, "server_changed", changed.name, url=changed.url, changed=fields_changed)
    return see_other(request, PATH, Note("ok", f"{changed.name} is changed."))


async def use_libraries(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await _server(visit)
    known = await servers.list_libraries(visit.db, server.id)
    offered, ticked = await chosen(request, "offered"), await chosen(request, "library")
    # What the page did not show, such as a library that came since, stays as it is.
    ids = [row.id for row in known if row.id in ticked or (row.used and row.id not in offered)]
    try:
        moved = await servers.use_libraries(visit.db, server.id, ids)
    except (InvalidError, NotFoundError) as error:
        return see_other(request, PATH, Note("error", error.message))
    if not moved:
        return see_other(request, PATH, Note("info", "The libraries in use are as they were."))
    await note(request, "server_changed", server.name, url=server.url, changed=["libraries"])
    text = f"The libraries of {server.name} are chosen. Collections follow with their next sync."
    return see_other(request, PATH, Note("ok", text))


async def sign_in(request: web.Request) -> web.Response:
    visit, fields = Visit.of(request), await typed(request)
    server = await _server(visit)
    name, password = fields.get("username", ""), fields.get("password", "")
    try:
        server = await connect.sign_in(
            visit.db, visit.services.vault, visit.outside, server, name, password
        )
    except (InvalidError, UpstreamError) as error:
        form = wrong({"username": name}, error, "username")
        return await page_of(visit, Form(), Trial(server_id=server.id, sign_in=form), 422)
    visit.services.listening.wake()
    await note(request, "server_signed_in", server.name, user=server.user_name)
    return see_other(
        request, PATH, Note("ok", f"Signed in to {server.name} as {server.user_name}.")
    )


async def sign_out(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    server = await _server(visit)
    heard = await connect.sign_out(visit.db, visit.outside, server)
    visit.services.listening.wake()
    await note(request, "server_signed_out", server.name)
    if heard:
        return see_other(request, PATH, Note("ok", f"Signed out of {server.name}."))
    text = (
        f"Signed out here. {server.name} could not be told: end the session of Collectarr there,"
        " under Devices."
    )
    return see_other(request, PATH, Note("warn", text))


ROUTES = (
    ("POST", f"{PATH}/{{id}}/edit", edit),
    ("POST", f"{PATH}/{{id}}/libraries", use_libraries),
    ("POST", f"{PATH}/{{id}}/sign-in", sign_in),
    ("POST", f"{PATH}/{{id}}/sign-out", sign_out),
)
