"""/servers: a user's Emby servers, tested before they are kept."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.runs import accepted, trigger_of
from collectarr.api.server_shapes import (
    STEPS,
    BoxSet,
    Library,
    NewServer,
    Server,
    ServerChange,
    ServerSignIn,
    ServerTest,
    Step,
    library_of,
    server_of,
)
from collectarr.api.shapes import Accepted, Page, PageQuery
from collectarr.emby.client import Check, normalise_server_url
from collectarr.errors import CollectarrError, RejectedError, UpstreamError
from collectarr.store import collections as stored_collections
from collectarr.store import servers as stored
from collectarr.store import targets
from collectarr.sync import connect
from collectarr.sync.collection import start_sync_some
from collectarr.sync.scan import start_scan
from collectarr.trail import note

endpoints = Endpoints("servers")


@endpoints.get("/servers", "The user's servers")
async def index(call: Call, query: PageQuery) -> Page[Server]:
    rows = await stored.list_servers(call.db, call.user.id)
    found = [row for row in rows if query.finds(row.name, row.url)]
    return Page.of([await _server(call, row) for row in query.part(found)], len(found), query)


@endpoints.post(
    "/servers",
    "Keep a server, once it passed the test",
    status=201,
    replays=True,
    errors=(409, 422),
    example={"url": "http://192.168.1.10:8096", "api_key": "from Emby, Settings, API Keys"},
)
async def create(call: Call, body: NewServer) -> Server:
    services = call.services
    with _their_address():
        server = await connect.connect_server(
            call.db,
            services.vault,
            call.outside,
            call.user.id,
            name=body.name,
            url=body.url,
            api_key=body.api_key.get_secret_value(),
        )
    await note(call.request, "server_added", server.name, url=server.url)
    return await _server(call, server)


@endpoints.post("/servers/test", "Try a server before it is kept", scope="run")
async def test(call: Call, body: NewServer) -> ServerTest:
    key = body.api_key.get_secret_value()
    return await _tested(
        connect.test_server(call.outside, call.user.id, body.name or "", body.url, key)
    )


@endpoints.get("/servers/{server_id}", "One server")
async def show(call: Call, server_id: int) -> Server:
    return await _server(call, await _own(call, server_id))


@endpoints.patch(
    "/servers/{server_id}",
    "Change its name, address, key, or the libraries in use",
    example={"name": "Living room"},
    errors=(409, 422),
)
async def change(call: Call, server_id: int, body: ServerChange) -> Server:
    kept = await _own(call, server_id)
    try:
        server = await _changed(call, kept, body)
    except RejectedError as error:
        if error.code == "key_needed":
            await note(call.request, "server_change_refused", kept.name, url=_address(body))
        raise
    fields = sorted(body.model_fields_set)
    await note(call.request, "server_changed", server.name, url=server.url, changed=fields)
    return await _server(call, server)


async def _changed(call: Call, kept: stored.Server, body: ServerChange) -> stored.Server:
    if body.libraries is not None:
        await stored.use_libraries(call.db, kept.id, body.libraries)
    with _their_address():
        return await connect.change_server(
            call.db,
            call.services.vault,
            call.outside,
            kept,
            name=body.name,
            url=body.url,
            api_key=body.api_key.get_secret_value() if body.api_key else None,
        )


def _address(body: ServerChange) -> str:
    """Where the stored key would have been sent."""
    return normalise_server_url(body.url or "")


@endpoints.delete("/servers/{server_id}", "Forget a server; in Emby everything stays")
async def delete(call: Call, server_id: int) -> None:
    server = await _own(call, server_id)
    await connect.forget_server(call.db, call.outside, call.services.bridge, server)
    call.services.listening.wake()
    await note(call.request, "server_removed", server.name)


@endpoints.post(
    "/servers/{server_id}/sign-in",
    "Sign in to it as one of its administrators",
    errors=(422, 502, 503),
    example={"username": "emby", "password": "of that administrator"},
)
async def sign_in(call: Call, server_id: int, body: ServerSignIn) -> Server:
    """For what the server lets no key do: delete collections, and hear at once what changes."""
    kept = await _own(call, server_id)
    password = body.password.get_secret_value()
    server = await connect.sign_in(
        call.db, call.services.vault, call.outside, kept, body.username, password
    )
    call.services.listening.wake()
    await note(call.request, "server_signed_in", server.name, user=server.user_name)
    return await _server(call, server)


@endpoints.delete("/servers/{server_id}/sign-in", "Sign out of it again")
async def sign_out(call: Call, server_id: int) -> None:
    server = await _own(call, server_id)
    await connect.sign_out(call.db, call.outside, server)
    call.services.listening.wake()
    await note(call.request, "server_signed_out", server.name)


@endpoints.post("/servers/{server_id}/test", "Test a kept server again", scope="run")
async def test_again(call: Call, server_id: int) -> ServerTest:
    server = await _own(call, server_id)
    return await _tested(connect.check_server(call.db, call.outside, server))


@endpoints.get("/servers/{server_id}/libraries", "Its libraries")
async def libraries(call: Call, server_id: int, query: PageQuery) -> Page[Library]:
    server = await _own(call, server_id)
    rows = await stored.list_libraries(call.db, server.id)
    found = [row for row in rows if query.finds(row.name)]
    return Page.of((library_of(row) for row in query.part(found)), len(found), query)


@endpoints.get(
    "/servers/{server_id}/collections",
    "Its collections in Emby, ours and others'",
    errors=(422, 502, 503),
)
async def box_sets(call: Call, server_id: int, query: PageQuery) -> Page[BoxSet]:
    server = await _own(call, server_id)
    collections = await stored_collections.list_collections(call.db, call.user.id)
    kept = {
        target.box_set_id: target.collection_id
        for target in await targets.load_targets(call.db, [row.id for row in collections])
        if target.server_id == server.id
    }
    rows = await call.outside.emby(server).box_sets()
    found = sorted((row for row in rows if query.finds(row.name)), key=lambda row: row.name)
    shown = [
        BoxSet(
            id=row.id,
            name=row.name,
            items=row.child_count,
            ours=row.id in kept,
            collection_id=kept.get(row.id),
        )
        for row in query.part(found)
    ]
    return Page.of(shown, len(found), query)


@endpoints.post("/servers/{server_id}/scan", "Read its libraries whole", scope="run", errors=(409,))
async def scan(call: Call, server_id: int) -> Accepted:
    server = await _own(call, server_id)
    run = await start_scan(call.db, call.outside, call.runner, server, trigger_of(call))
    return Accepted(run_id=run.id)


@endpoints.post(
    "/servers/{server_id}/sync", "Sync all that goes to this server", scope="run", errors=(409,)
)
async def sync(call: Call, server_id: int) -> Accepted:
    server = await _own(call, server_id)
    rows = await stored_collections.list_collections(call.db, call.user.id)
    enabled = [row.id for row in rows if row.enabled]
    ids = [
        target.collection_id
        for target in await targets.load_targets(call.db, enabled)
        if target.server_id == server.id
    ]
    run = await start_sync_some(
        call.db, call.outside, call.runner, call.user.id, ids, trigger_of(call)
    )
    return accepted(run)


async def _own(call: Call, server_id: int) -> stored.Server:
    return await stored.get_server(call.db, call.user.id, server_id)


@contextmanager
def _their_address() -> Iterator[None]:
    """What was typed cannot be used (422), however it failed: nothing here is out of order."""
    try:
        yield
    except UpstreamError as error:
        raise RejectedError(
            error.message, upstream=error.upstream, code=error.code, details=error.details
        ) from error


async def _server(call: Call, row: stored.Server) -> Server:
    return server_of(row, await stored.count_items(call.db, row.id))


async def _tested(checking: Awaitable[Check]) -> ServerTest:
    try:
        check = await checking
    except CollectarrError as error:
        return _failed(error)
    facts = check.facts
    return ServerTest(
        ok=True,
        message=f"{facts.name} answers and lets us in.",
        code=None,
        steps=[Step(step=name, title=STEPS[name], ok=True, message="") for name in STEPS],
        name=facts.name,
        version=facts.version,
        kind=facts.kind,
        latency_ms=check.latency_ms,
        libraries=[library_of(library) for library in check.libraries],
    )


def _failed(error: CollectarrError) -> ServerTest:
    code = "key" if error.code == "forbidden" else error.code
    by_code = code if code in STEPS else "reachable"
    failed = [str(name) for name in STEPS].index(error.details.get("step", by_code))
    return ServerTest(
        ok=False,
        message=error.message,
        code=error.code,
        steps=[
            Step(
                step=name,
                title=STEPS[name],
                ok=True if number < failed else False if number == failed else None,
                message=error.message if number == failed else "",
            )
            for number, name in enumerate(STEPS)
        ],
    )
