"""What is too large, too deep or too slow is turned away, and costs nobody else anything."""

import asyncio
import gzip
import io
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from collectarr.app import create_app
from collectarr.bodies import DEEPEST, MOST_VALUES, SECONDS
from collectarr.settings import Settings
from tests.flows.process import serving
from tests.people import Client, Person, problem, sign_up

LOGIN = "/api/v1/auth/login"
JSON = {"Content-Type": "application/json"}


def _deep(levels: int) -> Any:
    value: Any = 1
    for number in range(levels):
        value = [value] if number % 2 else {"a": value}
    return value


@pytest.mark.parametrize("levels", [DEEPEST, 500, 50_000])
async def test_json_nested_too_deeply_is_refused(client: Client, levels: int) -> None:
    half = levels // 2
    data = '{"username":' + '{"a":[' * half + "1" + "]}" * half + "}"
    response = await client.post(LOGIN, data=data.encode(), headers=JSON)
    inside = await problem(response, 400, "json")
    assert "nested" in inside["message"]


async def test_json_as_deep_as_allowed_is_judged_by_its_fields(client: Client) -> None:
    response = await client.post(LOGIN, json={"username": _deep(DEEPEST - 2), "password": "x"})
    inside = await problem(response, 400, "invalid")
    assert list(inside["details"]["fields"]) == ["username"]


async def test_json_with_too_many_values_is_refused(client: Client) -> None:
    for many in ({str(n): n for n in range(MOST_VALUES + 1)}, {"a": [[0]] * MOST_VALUES}):
        response = await client.post(LOGIN, json=many)
        inside = await problem(response, 400, "json")
        assert "20,000 values" in inside["message"]


async def test_many_wrong_fields_make_no_long_answer(client: Client) -> None:
    wrong = {"x" * 50_000: 1} | {f"field {n}": n for n in range(1000)}
    response = await client.post(LOGIN, json=wrong)
    inside = await problem(response, 400, "invalid")
    assert len(inside["details"]["fields"]) == 20
    assert len(await response.text()) < 5000


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_more_than_a_megabyte_is_too_large_however_it_is_sent(
    client: Client, kind: str
) -> None:
    async def pieces() -> Any:
        for _ in range(40):
            yield b"x" * (1 << 15)

    path = LOGIN if "json" in kind else "/login"
    for body in (io.BytesIO(b"x" * ((1 << 20) + 1)), pieces()):
        response = await client.post(path, data=body, headers={"Content-Type": kind})
        assert response.status == 413
    assert (await client.get("/ping")).status == 200


async def test_too_many_fields_of_a_form_are_refused(client: Client) -> None:
    form = "&".join(f"f{n}=1" for n in range(100_000)).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await client.post("/login", data=form, headers=kind)
    assert response.status in (200, 400, 401, 413, 422)


async def _raw(client: Client, *parts: bytes) -> bytes:
    """What comes back for bytes as they are, until the other side has said something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read(4096)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX-Null: a\x00b\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /ping HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
    ids=["header", "cookie", "address", "nul", "two lengths", "chunked with length", "nonsense"],
)
async def test_a_bad_head_is_refused_and_the_next_request_is_served(
    client: Client, head: bytes
) -> None:
    answer = await _raw(client, head)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"\r\nContent-Type: text/plain" in answer, "nothing that a browser would run"
    assert (await client.get("/ping")).status == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP, x"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (LOGIN, "application/json"),
        ("/api/v1/auth/refresh", "application/json"),
        ("/login", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_packed_is_refused_whatever_is_in_it(
    client: Client, encoding: str, path: str, kind: str
) -> None:
    for body in (b"xx", gzip.compress(b"{}")):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
            f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        answer = await _raw(client, head.encode() + body)
        assert answer.startswith(b"HTTP/1.1 415"), answer
    assert (await client.get("/ping")).status == 200


async def test_a_great_many_headers_do_no_harm(client: Client) -> None:
    lines = b"".join(b"X-%d: 1\r\n" % number for number in range(5000))
    answer = await _raw(client, b"GET /ping HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
    assert b" 400 Bad Request" in answer[:30]
    assert (await client.get("/ping")).status == 200


@pytest.fixture
async def impatient(settings: Settings, aiohttp_client: Any) -> Client:
    app = create_app(settings, jobs=False)
    app[SECONDS] = 0.3
    client: Client = await aiohttp_client(app)
    await sign_up(client, "anna")
    return client


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (LOGIN, "application/json"),
        ("/login", "application/x-www-form-urlencoded"),
        ("/login", "multipart/form-data; boundary=b"),
    ],
)
async def test_a_body_that_does_not_arrive_is_not_waited_for(
    impatient: Client, path: str, kind: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 900\r\n\r\n"
    began = time.monotonic()
    answer = await _raw(impatient, head.encode(), b"--b\r\n")
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert time.monotonic() - began < 15, "it gave up long before the client did"
    assert (await impatient.get("/ping")).status == 200


async def test_a_slow_body_in_the_api_is_told_in_the_one_shape(impatient: Client) -> None:
    head = f"POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = await _raw(impatient, f"{head}Content-Length: 9\r\n\r\n{{".encode())
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["code"] == "request_timeout"
    assert "did not arrive in time" in error["message"]


async def test_nobody_who_is_turned_away_is_read_to_the_end(client: Client, anna: Person) -> None:
    """Without credentials the answer comes before the body."""
    head = b"POST /api/v1/servers HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
    assert (await _raw(client, head)).startswith(b"HTTP/1.1 401")


async def test_whatever_lies_in_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    before = os.umask(0)
    try:
        async with serving(folder, "http://127.0.0.1:9") as service:
            await service.sign_in()
            modes = _modes(folder)
    finally:
        os.umask(before)
    assert {"collectarr.db", "encryption.key", "jwt.secret", "local.key", "service.json"} <= set(
        modes
    )
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def _modes(folder: Path) -> dict[str, int]:
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    return {"": stat.S_IMODE(folder.stat().st_mode), **found}
