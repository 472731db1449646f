"""Creates that are sent again: done once, and what they told in secret is told once."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import MakeClient
from tests.people import problem, services_of
from tests.town import Town, town_of

ONCE = {"Idempotency-Key": "the-same"}
BEN = {"username": "ben", "password": "a good long password", "role": "user"}


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client, registration="invite") as town:
        yield town


async def test_another_password_makes_it_another_request(town: Town) -> None:
    first = await town.anna.call("POST", "/users", BEN, headers=ONCE)
    again = await town.anna.call("POST", "/users", BEN, headers=ONCE)
    assert (first.status, again.status) == (201, 201)
    assert await first.json() == await again.json()
    other = {**BEN, "password": "another good long one"}
    await problem(
        await town.anna.call("POST", "/users", other, headers=ONCE), 409, "idempotency_key"
    )


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [("/api-keys", {"name": "Mine", "scope": "read"}, "key"), ("/invites", {}, "token")],
)
async def test_a_secret_is_told_once_and_made_once(
    town: Town, path: str, body: dict[str, str], told: str
) -> None:
    first = await (await town.anna.call("POST", path, body, headers=ONCE)).json()
    again = await problem(
        await town.anna.call("POST", path, body, headers=ONCE), 409, "made_already"
    )
    assert again["details"] == {"id": first["id"]}
    assert (await town.anna.get(path))["total"] == 1
    kept = await services_of(town.client).db.rows("SELECT * FROM idempotency")
    assert kept
    assert first[told] not in str([tuple(row) for row in kept])


async def test_what_is_kept_of_a_request_tells_nothing_of_it(town: Town) -> None:
    await town.anna.call("POST", "/users", BEN, headers=ONCE)
    rows = await services_of(town.client).db.rows("SELECT asked FROM idempotency")
    assert BEN["password"] not in str([tuple(row) for row in rows])
