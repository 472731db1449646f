"""Attacks on signing in: guessing at length, and passwords that are hard to handle."""

import asyncio
from collections import Counter

import pytest
from aiohttp import ClientResponse

from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, sign_up

LOGIN = "/api/v1/auth/login"
TRIES, AT_ONCE = 1000, 50


async def _try(client: Client, name: str, password: str) -> ClientResponse:
    return await client.post(LOGIN, json={"username": name, "password": password})


async def test_a_thousand_tries_are_stopped_and_disturb_nobody(
    client: Client, anna: Person
) -> None:
    ben = await sign_up(client, "ben", "user")
    seen: Counter[int] = Counter()
    async with asyncio.timeout(120):
        for begin in range(0, TRIES, AT_ONCE):
            batch = [_try(client, "anna", f"a guess {begin + n}") for n in range(AT_ONCE)]
            for response in await asyncio.gather(*batch):
                seen[response.status] += 1
                if response.status == 429:
                    assert int(response.headers["Retry-After"]) > 0
            for person in (anna, ben):
                assert (await person.call("GET", "/auth/me")).status == 200
    assert set(seen) == {401, 429}
    assert seen[401] <= 10
    assert (await _try(client, "anna", PASSWORD)).status == 429


async def test_a_thousand_names_are_stopped_as_well(client: Client, anna: Person) -> None:
    seen: Counter[int] = Counter()
    for begin in range(0, TRIES, AT_ONCE):
        batch = [_try(client, f"name{begin + n}", "a guess or two") for n in range(AT_ONCE)]
        seen.update(response.status for response in await asyncio.gather(*batch))
    assert set(seen) == {401, 429}
    assert seen[401] <= 150
    assert (await anna.call("GET", "/auth/me")).status == 200


GOOD = {
    "emoji": "🎬🍿🎥🎞🌌🚀👽🛸" * 16,
    "many bytes": "Größe, Maß und Übermut. " * 5,
    "spaces": "   three   words   ",
    "right to left": "سينما جميلة جدا",
    "quotes": "'; DROP TABLE users; --",
    "percent": "%00%0a%s%n{0}${jndi}",
}


@pytest.mark.parametrize("what", GOOD)
async def test_a_password_may_be_any_text(make_client: MakeClient, what: str) -> None:
    client = await make_client()
    password = GOOD[what]
    body = {"username": "anna", "password": password}
    made = await client.post("/api/v1/auth/setup", json=body)
    assert made.status == 201, await made.text()
    assert (await _try(client, "anna", password)).status == 200
    assert (await _try(client, "anna", password[:-1])).status == 401
    assert (await _try(client, "anna", password.swapcase() + "x")).status == 401


BAD = {
    "short": "nine char",
    "long": "x7" * 65,
    "very long": "x7" * 100_000,
    "NUL": "three words\x00or more",
    "half a pair": "three words or \ud83d",
}


@pytest.mark.parametrize("what", BAD)
async def test_what_cannot_be_a_password_is_told_and_never_a_bug(
    make_client: MakeClient, what: str
) -> None:
    client = await make_client()
    body = {"username": "anna", "password": BAD[what]}
    response = await client.post("/api/v1/auth/setup", json=body)
    assert response.status == 400, await response.text()
    assert BAD[what][:9] not in await response.text()
    assert (await _try(client, "anna", BAD[what])).status in (400, 401)


async def test_what_differs_after_72_bytes_is_another_password(client: Client) -> None:
    long = "a long beginning that both have, " * 3
    body = {"username": "anna", "password": f"{long}one"}
    assert (await client.post("/api/v1/auth/setup", json=body)).status == 201
    assert (await _try(client, "anna", f"{long}two")).status == 401
    assert (await _try(client, "anna", f"{long}one")).status == 200


async def test_letters_that_look_the_same_are_the_same(client: Client) -> None:
    """However a keyboard writes them: as one character or as two."""
    body = {"username": "anna", "password": "caf\u00e9 cr\u00e8me d\u00e9j\u00e0"}
    assert (await client.post("/api/v1/auth/setup", json=body)).status == 201
    assert (await _try(client, "anna", "cafe\u0301 cre\u0300me de\u0301ja\u0300")).status == 200


async def test_the_answer_to_an_unknown_name_is_that_to_a_wrong_password(
    client: Client, anna: Person
) -> None:
    texts = []
    for name in ("anna", "nobody"):
        inside = await problem(await _try(client, name, "a wrong one"), 401, "wrong_password")
        texts.append(inside)
    assert texts[0] == texts[1]
