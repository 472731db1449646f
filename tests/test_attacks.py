"""Requests that are meant to do harm: each is refused, and leaves nothing behind."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from collectarr.api import ENDPOINTS
from collectarr.api.endpoint import Endpoint
from collectarr.store.users import list_users
from tests.conftest import MakeClient
from tests.flows.world import served
from tests.people import PASSWORD, Person, problem, services_of, sign_up
from tests.town import Town, town_of

TAKING = [endpoint for endpoint in ENDPOINTS if endpoint.body is not None]
NOT_FOR_THEM = {
    "id": 1,
    "user_id": 1,
    "owner": "anna",
    "role": "administrator",
    "is_administrator": True,
    "password_hash": "v1$x",
    "created_at": "2020-01-01T00:00:00Z",
    "uid": "machine",
    "scope": "admin",
}
JSON = {"Content-Type": "application/json"}


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client, rate_limit_per_minute=0) as town:
        yield town


@pytest.fixture
async def ben(town: Town) -> Person:
    return await sign_up(town.client, "ben", "user")


def address(endpoint: Endpoint) -> str:
    return "/".join("1" if part.startswith("{") else part for part in endpoint.path.split("/"))


def known(model: type[Any], name: str) -> bool:
    return name in model.model_fields


@pytest.mark.parametrize("endpoint", TAKING, ids=named)
async def test_no_body_takes_a_field_that_is_not_for_it(town: Town, endpoint: Endpoint) -> None:
    assert endpoint.body is not None
    good = dict(endpoint.options.get("example", {}))
    for name, value in NOT_FOR_THEM.items():
        if known(endpoint.body, name):
            continue
        response = await town.client.request(
            endpoint.method,
            address(endpoint),
            json={**good, name: value},
            headers=town.anna.headers,
        )
        inside = await problem(response, 400, "invalid")
        assert name in inside["details"]["fields"]


async def test_a_form_takes_no_role_either(town: Town, ben: Person) -> None:
    fields = {"username": "ben", "email": "", "role": "administrator", "id": "1", "user_id": "1"}
    for path in ("/settings/account/profile", "/settings/account/theme"):
        await town.client.post(path, data=fields, headers=ben.headers, allow_redirects=False)
    roles = {user.username: user.role for user in await list_users(services_of(town.client).db)}
    assert roles == {"anna": "administrator", "ben": "user"}
    assert (await ben.get("/auth/me"))["id"] == ben.id


HOSTILE_BODIES = {
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep inside": b'{"lists": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "many names": json.dumps({f"n{number}": 0 for number in range(50_000)}).encode(),
    "a long number": b'{"interval_hours": ' + b"9" * 100_000 + b"}",
    "no number": b'{"interval_hours": Infinity}',
    "half a pair": rb'{"name": "\ud83d"}',
    "NUL": rb'{"name": "a\u0000b"}',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "too large": b'{"name": "' + b"x" * 1_100_000 + b'"}',
}


@pytest.mark.parametrize("endpoint", TAKING, ids=named)
async def test_hostile_json_is_turned_away_everywhere(town: Town, endpoint: Endpoint) -> None:
    for what, data in HOSTILE_BODIES.items():
        response = await town.client.request(
            endpoint.method,
            address(endpoint),
            data=io.BytesIO(data),
            headers={**town.anna.headers, **JSON},
        )
        assert response.status in (400, 413), f"{what}: {response.status}"
        assert len(await response.read()) < 10_000, what


UPWARDS = [
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fcollectarr.db",
    "..%5c..%5cjwt.secret",
    "....//....//jwt.secret",
    "%252e%252e%252fjwt.secret",
    "jwt.secret",
    "local.key%00.css",
    "%c0%ae%c0%ae%c0%afjwt.secret",
    "/etc/passwd",
    "..",
    "../../../../../../etc/passwd",
]
PLACES = [
    "/static/{}",
    "/{}",
    "/api/v1/{}",
    "/api/v1/images/tmdb/{}",
    "/api/v1/images/servers/1/items/{}",
    "/api/v1/images/servers/{}/items/1",
    "/api/v1/servers/{}",
    "/api/v1/servers/{}/presence",
    "/api/v1/collections/{}/items",
    "/api/v1/runs/{}/log",
    "/api/v1/sources/mdblist/lists/{}",
    "/api/v1/sources/mdblist/lists/{}/items",
    "/collections/{}",
    "/runs/{}",
]


async def raw(town: Town, head: bytes, body: bytes = b"") -> bytes:
    """The answer to bytes as they are: clients would put them in order first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.client.port)
    token = town.anna.access.encode()
    writer.write(head + b"\r\nConnection: close\r\nAuthorization: Bearer " + token)
    writer.write(b"\r\n\r\n" + body)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@pytest.mark.parametrize("place", PLACES)
async def test_no_path_leads_out_of_its_folder(town: Town, place: str) -> None:
    await town.synced()
    folder = services_of(town.client).settings.data_dir
    secrets = [(folder / name).read_text().strip() for name in ("jwt.secret", "local.key")]
    town.emby.clear_requests()
    for text in UPWARDS:
        path = place.format(text)
        shown = await raw(town, f"GET {path} HTTP/1.1\r\nHost: localhost".encode())
        assert shown.split(b" ", 2)[1] in (b"303", b"400", b"404", b"422"), f"{path}: {shown!r}"
        assert b"root:" not in shown
        assert b"SQLite" not in shown
        assert all(secret.encode() not in shown for secret in secrets)
    assert [seen for seen in town.emby.requests if ".." in str(seen["path"])] == []


SCHEMES = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_SHUTDOWN",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "http://",
    "http:///",
    "http://user:secret@127.0.0.1:9/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:9/\r\nX-Injected: 1",
    "http://127.0.0.1:9/?a=1#b",
    "http://127.0.0.1\x00.example.org/",
    "http://127.0.0.1 .example.org/",
    "http://" + "a" * 900,
]


@pytest.mark.parametrize("url", SCHEMES, ids=range(len(SCHEMES)))
async def test_no_address_of_that_shape_is_taken(town: Town, ben: Person, url: str) -> None:
    await town.add_server(ben)
    body = {"url": url, "api_key": "any"}
    for who in (town.anna, ben):
        response = await who.call("POST", "/servers", body)
        assert response.status in (400, 422), await response.text()
        assert "secret" not in await response.text()
        tested = await who.call("POST", "/servers/test", body)
        assert tested.status in (200, 400)
        if tested.status == 200:
            assert not (await tested.json())["ok"]
    response = await ben.call("PATCH", "/servers/1", {"url": url})
    assert response.status in (400, 422), await response.text()
    lists = [{"source": "mdblist", "list": url}]
    response = await ben.call("POST", "/collections", {"name": "Films", "lists": lists})
    assert response.status in (400, 422), await response.text()


async def test_a_list_is_asked_for_at_its_source_alone_and_no_redirect_is_followed(
    town: Town, ben: Person
) -> None:
    asked: list[str] = []

    async def tell(request: web.Request) -> web.Response:
        asked.append(request.path)
        headers = {"Location": "http://169.254.169.254/latest/meta-data/"}
        return web.Response(status=302, headers=headers, text="the inside of another network")

    canary = web.Application()
    canary.router.add_route("*", "/{path:.*}", tell)
    async with served(canary) as url:
        lists = [{"source": "mdblist", "list": f"{url}/lists/demo/films"}]
        await ben.call("POST", "/collections", {"name": "Films", "lists": lists})
        assert asked == []
        response = await town.anna.call("POST", "/servers", {"url": url, "api_key": "any"})
        assert response.status == 422
        assert "inside of another" not in await response.text()
        assert asked != []


BREAKS = ["a\r\nSet-Cookie: stolen=1", "a\nX-Injected: 1", "a\r\n\r\n<script>alert(1)</script>"]


@pytest.mark.parametrize("text", BREAKS, ids=range(len(BREAKS)))
async def test_a_name_makes_no_header(town: Town, text: str) -> None:
    collection = await town.synced()
    path = f"/api/v1/collections/{collection['id']}"
    answers = [
        await town.anna.call("PATCH", f"/collections/{collection['id']}", {"name": text}),
        await town.anna.call("PATCH", "/servers/1", {"name": text}),
        await town.client.get(path, headers=town.anna.headers),
        await town.client.get("/login", params={"next": f"/{text}"}),
        await town.client.post(
            f"/collections/{collection['id']}/settings",
            data={"name": text, "interval_hours": "24", "mode": "keep"},
            headers=town.anna.headers,
            allow_redirects=False,
        ),
    ]
    for answer in answers:
        assert "X-Injected" not in answer.headers
        assert "stolen" not in answer.headers.get("Set-Cookie", "")
        assert "stolen" not in answer.headers.get("Location", "")


RAW = [
    b"X-Request-Id: abcdefgh%0d%0aX-Injected: 1",
    b"X-Request-Id: abcdefgh\rX-Injected: 1",
    b"X-Request-Id: abcdefgh\x00",
    b"Idempotency-Key: a\rX-Injected: 1",
    b"Idempotency-Key: \xff\xfe",
    b"X-Forwarded-For: 1.2.3.4\x0bX-Injected: 1",
    b"Host: evil.example\r\nHost: other.example",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"X: " + b"a" * 100_000,
]


@pytest.mark.parametrize("line", RAW, ids=range(len(RAW)))
async def test_a_broken_header_is_not_repeated(town: Town, line: bytes) -> None:
    host = b"" if line.startswith(b"Host") else b"Host: localhost\r\n"
    start = b"POST /api/v1/collections HTTP/1.1\r\n" + host + line
    head = (await raw(town, start, b"xxxxx")).partition(b"\r\n\r\n")[0]
    assert head.split(b" ", 2)[1] in (b"400", b"415", b"431"), head
    assert b"X-Injected" not in head


async def test_no_page_or_redirect_leads_where_the_host_header_says(town: Town) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in ("/", "/login", "/api/v1/openapi.json", "/collections", "/settings/api"):
        response = await town.client.get(
            path, headers={**town.anna.headers, **headers}, allow_redirects=False
        )
        assert "evil.example" not in await response.text(), path
        assert "evil.example" not in response.headers.get("Location", ""), path


async def test_an_invitation_leads_to_the_public_address(make_client: MakeClient) -> None:
    async with town_of(
        make_client, public_url="https://lists.example.org", registration="invite"
    ) as town:
        response = await town.client.post(
            "/api/v1/invites", json={}, headers={**town.anna.headers, "Host": "evil.example"}
        )
        assert (await response.json())["url"].startswith("https://lists.example.org/register?")


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example"]
)
async def test_signing_in_leads_to_no_other_site(town: Town, wanted: str) -> None:
    fields = {"username": "anna", "password": PASSWORD, "next": wanted}
    response = await town.client.post("/login", data=fields, allow_redirects=False)
    assert response.status == 303
    assert not response.headers["Location"].startswith(("//", "http", "/\\"))
