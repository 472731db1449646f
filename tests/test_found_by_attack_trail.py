"""What an attack found missing from the audit trail, or able to push others out of it; and what
keeps idle connections from deafening the service.
"""

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from collectarr.app import create_app, running
from collectarr.commands.rotate import rotate_key
from collectarr.commands.serve import allow_many_files
from collectarr.errors import InvalidError
from collectarr.settings import Settings, load_settings
from collectarr.store import audit
from collectarr.throttle import Throttle
from tests.conftest import MakeClient
from tests.flows.world import served
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_up
from tests.stored import opened
from tests.test_throttle import Clock
from tests.town import Town, town_of

Line = tuple[str | None, str, str]


async def told(client: Client, *actions: str) -> list[Line]:
    """Who did what to what, oldest first."""
    found, _ = await audit.list_entries(services_of(client).db, limit=500)
    rows = [(row.actor, row.action, row.subject) for row in reversed(found)]
    return [row for row in rows if row[1] in actions]


async def test_a_key_signs_nobody_out_and_leaves_no_line(client: Client, anna: Person) -> None:
    for scope in ("read", "run", "admin"):
        made = await anna.post("/api-keys", {"name": scope, "scope": scope}, status=201)
        headers = {"X-Api-Key": made["key"]}
        answer = await client.post("/api/v1/auth/logout", headers=headers)
        await problem(answer, 403, "scope")
    local = (services_of(client).settings.data_dir / "local.key").read_text("ascii")
    answer = await client.post("/api/v1/auth/logout", headers={"X-Api-Key": local})
    await problem(answer, 403, "scope")
    assert await told(client, "sign_out") == []


async def test_a_used_up_token_names_whose_it_was(client: Client, anna: Person) -> None:
    path = "/api/v1/auth/refresh"
    await client.post(path, json={"refresh_token": anna.refresh})
    async with services_of(client).db.write() as tx:
        await tx.run("UPDATE spent_tokens SET spent_at = '2026-01-01'")
    await client.post(path, json={"refresh_token": anna.refresh})
    assert await told(client, "refresh_reused") == [(None, "refresh_reused", "anna")]


async def test_a_wrong_password_of_somebody_signed_in_is_written_down(
    client: Client, anna: Person
) -> None:
    wrong = {"current": "not the one"}
    await anna.call("POST", "/auth/password", {**wrong, "password": "another good one"})
    await anna.call("PATCH", "/auth/me", {**wrong, "username": "zed"})
    assert await told(client, "password_refused") == [("anna", "password_refused", "")] * 2


async def test_too_many_sign_ins_are_one_line_a_while(make_client: MakeClient) -> None:
    client = await make_client(rate_limit_per_minute=0)
    await sign_up(client, "anna")
    clock = Clock()
    services_of(client).auth.throttle = Throttle(clock)
    for _ in range(2):
        for name in ("anna", "nobody"):
            for _ in range(9):
                body = {"username": name, "password": "not the one"}
                await client.post("/api/v1/auth/login", json=body)
        clock.now += 301
    line = "sign_in_throttled"
    assert await told(client, line) == [(None, line, "anna"), (None, line, "")] * 2
    assert len(await told(client, "sign_in_refused")) == 20


async def test_a_wrong_set_up_token_is_written_down(make_client: MakeClient) -> None:
    client = await make_client()
    body = {"username": "eve", "password": PASSWORD, "token": "guess"}
    headers = {"X-Forwarded-For": "203.0.113.7"}
    await client.post("/api/v1/auth/setup", json=body, headers=headers)
    await client.post("/setup", data={**body, "confirm": PASSWORD}, headers=headers)
    assert await told(client, "set_up_refused") == [(None, "set_up_refused", "")] * 2


async def test_a_new_encryption_key_is_written_down(settings: Settings) -> None:
    await rotate_key(settings, None)
    async with opened(settings.data_dir) as db:
        found, _ = await audit.list_entries(db)
    assert [(row.action, row.details["how"]) for row in found] == [("key_rotated", "command")]


@pytest.mark.parametrize("key", ["short", " ", " " * 40, "x" * 15])
def test_an_encryption_key_that_locks_nothing_is_refused(key: str) -> None:
    with pytest.raises(InvalidError, match="ENCRYPTION_KEY: must be at least 16"):
        load_settings(encryption_key=key)


async def test_a_new_key_that_locks_nothing_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("short")
    with pytest.raises(InvalidError, match="shorter than 16"):
        await rotate_key(settings, tmp_path / "mine")


# Keys of servers


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client) as town:
        yield town


async def test_the_key_of_a_server_is_sent_to_no_other_address(town: Town) -> None:
    seen: list[tuple[str, str]] = []

    async def listen(request: web.Request) -> web.Response:
        seen.append((request.path, str(dict(request.headers))))
        return web.json_response({})

    thief = web.Application()
    thief.router.add_route("*", "/{path:.*}", listen)
    server = await town.add_server()
    path = f"/servers/{server['id']}"
    async with served(thief) as url:
        said = await problem(await town.anna.call("PATCH", path, {"url": url}), 422, "key_needed")
        assert "again" in said["details"]["fields"]["api_key"]
        assert seen == []
        (line,) = await told(town.client, "server_change_refused")
        assert line == ("anna", "server_change_refused", server["name"])
        await town.anna.call("PATCH", path, {"url": url, "api_key": "a new one"})
        # Not even that one before it is known what answers there.
        assert [place for place, _ in seen] == ["/emby/System/Info/Public"]
        assert "a new one" not in str(seen)
    assert (await town.anna.get(path))["url"] == server["url"]
    again = await town.anna.call("PATCH", path, {"url": town.emby_url})
    assert again.status == 200, "the same address needs no key"


async def test_a_server_is_called_nothing_that_cannot_be_seen(town: Town) -> None:
    town.emby.core.state.server_name = "\x1b[2J\x1b[31mDen\u202e\n of  Anna"
    assert (await town.add_server())["name"] == "[2J[31mDen of Anna"
    changed = await town.anna.call("PATCH", "/servers/1", {"name": "At\u202etic\x07"})
    assert (await changed.json())["name"] == "Attic"


# Connections


def test_the_service_takes_as_many_files_as_it_may() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("begun", [b"", b"POST /login HTTP/1.1\r\nHost: x\r\nX-A: "])
async def test_a_connection_that_asks_nothing_is_not_kept(settings: Settings, begun: bytes) -> None:
    async with running(create_app(settings, jobs=False), head_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
