"""What comes in wrong: each time one shape, a clear 400, and never a bug."""

import io
import json

import pytest

from tests.people import Client, Person, problem

LOGIN = "/api/v1/auth/login"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "json"),
        (b"[]", "json"),
        (b'"text"', "json"),
        (b"null", "json"),
        (b"\xff\xfe\x00", "json"),
        (b'{"username": NaN}', "json"),
        (b"[" * 100_000, "json"),
        (b'{"username": ' + b"9" * 5000 + b"}", "json"),
        (rb'{"username": "\ud800", "password": "x"}', "characters"),
        (rb'{"username": "a\u0000b", "password": "x"}', "characters"),
        (rb'{"\ud800": 1}', "characters"),
        (b"", "invalid"),
        (b"{}", "invalid"),
        (b'{"username": 1, "password": []}', "invalid"),
    ],
    ids=range(14),
)
async def test_a_bad_body_is_told_in_words(client: Client, data: bytes, code: str) -> None:
    response = await client.post(LOGIN, data=data, headers=JSON)
    inside = await problem(response, 400, code)
    if code == "invalid":
        assert set(inside["details"]["fields"]) == {"username", "password"}


async def test_another_content_type_is_refused(client: Client) -> None:
    body = json.dumps({"username": "anna", "password": "x"}).encode()
    for kind in ("text/plain", "application/octet-stream", "text/xml"):
        response = await client.post(LOGIN, data=body, headers={"Content-Type": kind})
        await problem(response, 415, "content_type")


async def test_a_body_over_a_megabyte_is_too_large(client: Client) -> None:
    body = b'{"username": "' + b"x" * (1 << 20) + b'"}'
    response = await client.post(LOGIN, data=io.BytesIO(body), headers=JSON)
    await problem(response, 413, "too_large")


async def test_secrets_do_not_come_back_in_an_error(client: Client) -> None:
    body = {"username": 5, "password": "hunter2hunter2"}
    response = await client.post(LOGIN, json=body)
    assert "hunter2" not in await response.text()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("per_page=501", "per_page"),
        ("per_page=0", "per_page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        (f"query={'x' * 201}", "query"),
    ],
)
async def test_a_bad_query_is_told_by_field(anna: Person, query: str, field: str) -> None:
    response = await anna.call("GET", f"/collections?{query}")
    inside = await problem(response, 400, "invalid")
    assert list(inside["details"]["fields"]) == [field]


async def test_nul_in_a_query_is_refused_and_what_is_unknown_ignored(anna: Person) -> None:
    await problem(await anna.call("GET", "/collections?query=%00"), 400, "characters")
    assert (await anna.get("/collections?utm=x"))["per_page"] == 50


async def test_an_empty_list_is_a_page(anna: Person) -> None:
    assert await anna.get("/collections?page=7&per_page=10") == {
        "items": [],
        "total": 0,
        "page": 7,
        "per_page": 10,
    }
