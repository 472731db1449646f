"""/api-keys at the real app: what each scope may, and that a revoked key may nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse
from structlog.testing import capture_logs

from collectarr.access import access_of, scope_of
from collectarr.api import ENDPOINTS
from collectarr.api.endpoint import Call, Endpoints
from collectarr.auth import LOCAL_KEY_FILE
from collectarr.models import utc_now
from collectarr.store.db import stamp
from tests.people import PASSWORD, Client, Person, problem, services_of


async def make(who: Person, scope: str = "read", **more: Any) -> Any:
    return await who.post("/api-keys", {"name": f"To {scope}", "scope": scope, **more}, status=201)


async def ask(
    client: Client, key: str, method: str = "GET", path: str = "/api/v1/auth/me", **options: Any
) -> ClientResponse:
    headers = {"X-Api-Key": key, **options.pop("headers", {})}
    return await client.request(method, path, headers=headers, allow_redirects=False, **options)


async def test_a_key_is_shown_once_and_then_only_its_beginning(
    client: Client, anna: Person
) -> None:
    made = await make(anna, expires_in_days=30)
    assert made["key"].startswith(made["prefix"])
    assert made["prefix"].startswith("clr_")
    assert made["expires_at"] is not None
    listed = await anna.get("/api-keys")
    assert listed["items"] == [{name: value for name, value in made.items() if name != "key"}]
    assert await anna.get(f"/api-keys/{made['id']}") == listed["items"][0]
    secret = made["key"].removeprefix(made["prefix"])
    assert secret not in str(listed)


async def test_a_key_acts_for_whoever_made_it(client: Client, anna: Person, ben: Person) -> None:
    made = await make(ben)
    me = await (await ask(client, made["key"])).json()
    assert me["username"] == "ben"
    assert (await ben.get(f"/api-keys/{made['id']}"))["last_used_at"] is not None
    # Only the key of the machine may name somebody else.
    response = await ask(client, made["key"], headers={"X-Collectarr-User": "anna"})
    assert (await response.json())["username"] == "ben"


async def test_each_scope_may_its_own_and_no_more(client: Client, anna: Person) -> None:
    tried = (
        ("read", "GET", "/api/v1/collections", None),
        ("read", "GET", "/api/v1/auth/me", None),
        ("run", "POST", "/api/v1/sync", {}),
        ("admin", "DELETE", "/api/v1/servers/1", None),
    )
    order = ("read", "run", "admin")
    for scope in order:
        key = (await make(anna, scope))["key"]
        for needed, method, path, body in tried:
            response = await ask(client, key, method, path, json=body)
            if order.index(scope) < order.index(needed):
                said = await problem(response, 403, "scope")
                assert said["details"] == {"scope": scope, "needed": needed}
            else:
                assert response.status in (200, 204, 404, 409), (scope, path)


async def test_every_route_of_the_api_asks_a_key_for_the_scope_it_names(
    client: Client, anna: Person
) -> None:
    """The table in the document and what the running app holds handlers to are one."""
    named = {(one.method, one.path): one.scope for one in ENDPOINTS}
    assert client.app is not None
    found = {
        (route.method, route.resource.canonical): scope_of(route)
        for route in client.app.router.routes()
        if route.resource is not None and access_of(route) != "public"
    }
    wanted = {place: scope for place, scope in named.items() if place in found}
    assert len(wanted) > 30
    assert {place: found[place] for place in wanted} == wanted


async def test_a_key_that_reads_changes_nothing_anywhere(client: Client, anna: Person) -> None:
    key = (await make(anna))["key"]
    tried = 0
    for endpoint in ENDPOINTS:
        if endpoint.access == "public" or endpoint.scope == "read":
            continue
        path = "/".join("1" if part[:1] == "{" else part for part in endpoint.path.split("/"))
        await problem(await ask(client, key, endpoint.method, path), 403, "scope")
        tried += 1
    assert tried > 15


async def test_the_scope_admin_makes_nobody_an_administrator(
    client: Client, anna: Person, ben: Person
) -> None:
    key = (await make(ben, "admin"))["key"]
    tried = 0
    for endpoint in ENDPOINTS:
        if endpoint.access != "admin":
            continue
        path = "/".join("1" if part[:1] == "{" else part for part in endpoint.path.split("/"))
        await problem(await ask(client, key, endpoint.method, path), 403, "forbidden")
        tried += 1
    assert tried > 0


async def test_a_reading_key_of_an_administrator_sees_nobody_else(
    client: Client, anna: Person
) -> None:
    for scope in ("read", "run"):
        key = (await make(anna, scope))["key"]
        for endpoint in ENDPOINTS:
            if endpoint.access == "admin" and endpoint.method == "GET" and "{" not in endpoint.path:
                await problem(await ask(client, key, "GET", endpoint.path), 403, "scope")


def test_what_is_for_administrators_is_not_only_reading_unless_it_says_so() -> None:
    found = Endpoints("anything")

    async def read(call: Call) -> None: ...

    found.get("/all", "All of it", access="admin")(read)
    found.get("/own", "One's own")(read)
    found.post("/own", "More of it")(read)
    assert [one.scope for one in found] == ["admin", "read", "admin"]


async def test_a_key_needs_no_csrf_token_and_sends_no_cookie(client: Client, anna: Person) -> None:
    key = (await make(anna, "run"))["key"]
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    response = await ask(client, key, "POST", "/api/v1/sync", json={}, headers=elsewhere)
    await problem(response, 409, "nothing_to_do")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/settings/account", "/settings/keys", "/collections"])
async def test_keys_open_no_pages(client: Client, anna: Person, method: str, path: str) -> None:
    machine = (services_of(client).settings.data_dir / LOCAL_KEY_FILE).read_text(encoding="ascii")
    for key in ((await make(anna, "admin"))["key"], machine):
        response = await ask(client, key, method, path)
        assert response.status in (403, 405)
        if response.status == 403:
            assert "API keys are for the API alone" in await response.text()


async def test_a_key_makes_no_other_key(client: Client, anna: Person) -> None:
    key = (await make(anna, "admin"))["key"]
    body = {"name": "Another", "scope": "read"}
    response = await ask(client, key, "POST", "/api/v1/api-keys", json=body)
    await problem(response, 403, "scope")
    assert (await anna.get("/api-keys"))["total"] == 1


async def test_revoking_counts_at_once_and_ends_open_streams(client: Client, anna: Person) -> None:
    made, other = await make(anna), await make(anna)
    streams = [await ask(client, one["key"], path="/api/v1/events") for one in (made, other)]
    assert [stream.status for stream in streams] == [200, 200]
    assert (await anna.call("DELETE", f"/api-keys/{made['id']}")).status == 204
    await asyncio.wait_for(streams[0].content.read(), 5)
    await problem(await ask(client, made["key"]), 401, "sign_in")
    await problem(await anna.call("DELETE", f"/api-keys/{made['id']}"), 404, "not_found")
    assert (await ask(client, other["key"])).status == 200
    services_of(client).live.publish(anna.id, "run", {"id": 7})
    async with asyncio.timeout(5):
        while b'"id":7' not in await streams[1].content.readline():
            pass


async def test_an_expired_key_and_one_of_a_user_who_is_gone_open_nothing(
    client: Client, anna: Person, ben: Person
) -> None:
    expired, orphan = await make(anna, expires_in_days=1), await make(ben)
    async with services_of(client).db.write() as tx:
        past = stamp(utc_now() - timedelta(seconds=1))
        await tx.run("UPDATE api_keys SET expires_at = ? WHERE id = ?", past, expired["id"])
        await tx.run("DELETE FROM users WHERE id = ?", ben.id)
    for key in (expired["key"], orphan["key"]):
        await problem(await ask(client, key), 401, "sign_in")


async def test_anothers_key_is_not_there(client: Client, anna: Person, ben: Person) -> None:
    made = await make(anna)
    for method in ("GET", "DELETE"):
        await problem(await ben.call(method, f"/api-keys/{made['id']}"), 404, "not_found")
    assert (await ben.get("/api-keys"))["items"] == []
    assert (await ask(client, made["key"])).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"scope": "read"},
        {"name": "", "scope": "read"},
        {"name": "x", "scope": "owner"},
        {"name": "x", "scope": "read", "expires_in_days": 0},
        {"name": "x", "scope": "read", "expires_in_days": 10**12},
        {"name": "x", "scope": "read", "user_id": 1},
        {"name": "x", "scope": "read", "key": "clr_mine"},
        {"name": "two\nlines", "scope": "read"},
    ],
)
async def test_a_key_that_cannot_be_is_refused(anna: Person, body: dict[str, Any]) -> None:
    await problem(await anna.call("POST", "/api-keys", body), 400, "invalid")


async def test_a_wrong_key_is_not_made_good_by_a_session(client: Client, anna: Person) -> None:
    for key in ("", "clr_", "wrong", "clr_" + "0" * 51, "ü"):
        response = await ask(client, key, headers=anna.headers)
        await problem(response, 401, "sign_in")


async def test_keys_are_made_and_revoked_on_the_record_and_never_logged(
    client: Client, anna: Person
) -> None:
    with capture_logs() as logged:
        made = await make(anna)
        await ask(client, made["key"])
        await anna.call("DELETE", f"/api-keys/{made['id']}")
    secret = made["key"].removeprefix(made["prefix"])
    assert logged
    assert secret not in str(logged)
    lines = await services_of(client).db.rows("SELECT * FROM audit ORDER BY id")
    assert secret not in str([tuple(line) for line in lines])
    told = [(line["action"], line["actor"], line["subject"]) for line in lines]
    assert told[-2:] == [
        ("api_key_created", "anna", "To read"),
        ("api_key_revoked", "anna", "To read"),
    ]


async def test_keys_outlive_a_new_password_and_the_sessions_end(
    client: Client, anna: Person
) -> None:
    key = (await make(anna))["key"]
    body = {"current": PASSWORD, "password": "another good one"}
    assert (await anna.call("POST", "/auth/password", body)).status == 204
    assert (await ask(client, key)).status == 200
