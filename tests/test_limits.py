"""How much is too much: buckets with a clock of their own, and the limits at the real app."""

from collections import Counter
from http import HTTPStatus

import pytest
from aiohttp import ClientResponse

from collectarr.errors import ThrottledError
from collectarr.limits import LIGHT, SIGN_INS, Buckets, Limits, network_of
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_in, sign_up


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_full_bucket_is_a_minutes_worth_and_fills_up_steadily(clock: Clock) -> None:
    buckets = Buckets(60, clock)
    assert [buckets.take("anna") for _ in range(60)] == [0.0] * 60
    assert buckets.take("anna") == pytest.approx(1.0)
    clock.now += 2
    assert [buckets.take("anna") > 0 for _ in range(3)] == [False, False, True]
    clock.now += 3600
    assert [buckets.take("anna") > 0 for _ in range(61)] == [False] * 60 + [True]


def test_what_is_refused_costs_nothing(clock: Clock) -> None:
    buckets = Buckets(60, clock)
    assert buckets.take("anna", 60) == 0.0
    waits = {round(buckets.take("anna", 30), 6) for _ in range(50)}
    assert waits == {30.0}
    clock.now += 30
    assert buckets.take("anna", 30) == 0.0


def test_one_name_takes_nothing_from_another(clock: Clock) -> None:
    buckets = Buckets(1, clock)
    assert buckets.take("anna") == 0.0
    assert buckets.take("anna") > 0
    assert buckets.take("ben") == 0.0


def test_what_is_given_back_is_never_more_than_full(clock: Clock) -> None:
    buckets = Buckets(2, clock)
    buckets.take("anna")
    buckets.give_back("anna", 10)
    buckets.give_back("nobody", 10)
    assert [buckets.take("anna") > 0 for _ in range(3)] == [False, False, True]
    assert buckets.take("nobody") == 0.0


def test_a_clock_never_runs_a_bucket_over_or_dry(clock: Clock) -> None:
    buckets = Buckets(10, clock)
    buckets.take("anna", 10)
    clock.now += 1e9
    assert buckets.take("anna", 10) == 0.0
    assert buckets.take("anna", 1) == pytest.approx(6.0)


def test_only_so_many_buckets_are_kept_and_the_stalest_goes_first(clock: Clock) -> None:
    buckets = Buckets(2, clock, most=100)
    buckets.take("anna", 2)
    for number in range(10_000):
        buckets.take(str(number))
        assert buckets.take("anna") > 0
    assert len(buckets) == 100


def test_users_addresses_sign_ins_and_refreshes_do_not_share(clock: Clock) -> None:
    limits = Limits(10, clock)
    for _ in range(SIGN_INS):
        limits.admit_sign_in("192.0.2.1")
    with pytest.raises(ThrottledError):
        limits.admit_sign_in("192.0.2.1")
    limits.admit_client("192.0.2.1")
    with pytest.raises(ThrottledError):
        limits.admit_client("192.0.2.1")
    limits.admit_refresh("192.0.2.1")
    limits.admit_sign_in("192.0.2.2")
    for _ in range(10):
        limits.admit_user(1)
    with pytest.raises(ThrottledError) as caught:
        limits.admit_user(1)
    assert caught.value.retry_after == 6
    limits.admit_user(2)


def test_an_address_gets_a_tenth_of_what_a_user_gets(clock: Clock) -> None:
    limits = Limits(1200, clock)
    for _ in range(120):
        limits.admit_client("192.0.2.1")
    with pytest.raises(ThrottledError):
        limits.admit_client("192.0.2.1")


def test_sign_ins_that_go_well_count_a_quarter(clock: Clock) -> None:
    limits = Limits(1200, clock)
    for _ in range(3 * SIGN_INS):
        limits.admit_sign_in("192.0.2.1")
        limits.signed_in("192.0.2.1")


def test_zero_is_no_limit(clock: Clock) -> None:
    limits = Limits(0, clock)
    for _ in range(5000):
        limits.admit_user(1)
        limits.admit_client("192.0.2.1")
        limits.admit_sign_in("192.0.2.1")


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_a_customers_ipv6_addresses_count_as_one(client: str, name: str) -> None:
    assert network_of(client) == name


# At the real app


def tighten(client: Client, per_minute: int, clock: Clock) -> None:
    services_of(client).auth.limits = Limits(per_minute, clock)


async def drain(client: Client, path: str, count: int, **headers: str) -> list[int]:
    responses = [await client.get(path, headers=headers) for _ in range(count)]
    return [response.status for response in responses]


async def test_too_many_requests_are_refused_in_the_one_shape_with_the_time_to_wait(
    client: Client, anna: Person, ben: Person, clock: Clock
) -> None:
    tighten(client, 20, clock)
    assert await drain(client, "/api/v1/auth/me", 20, **anna.headers) == [200] * 20
    response = await anna.call("GET", "/auth/me")
    said = await problem(response, 429, "throttled")
    assert response.headers["Retry-After"] == "3"
    assert said["details"] == {"retry_after": 3}
    assert (await ben.call("GET", "/auth/me")).status == 200
    clock.now += 3
    assert (await anna.call("GET", "/auth/me")).status == 200


async def test_all_of_a_users_keys_sessions_and_devices_share_one_limit(
    client: Client, anna: Person, clock: Clock
) -> None:
    made = await anna.post("/api-keys", {"name": "x", "scope": "read"}, status=201)
    again = await sign_in(client, "anna")
    tighten(client, 20, clock)
    assert await drain(client, "/api/v1/auth/me", 10, **anna.headers) == [200] * 10
    assert await drain(client, "/api/v1/auth/me", 10, **again.headers) == [200] * 10
    key = {"X-Api-Key": made["key"]}
    assert await drain(client, "/api/v1/auth/me", 1, **key) == [429]


async def test_a_page_says_it_as_a_page(client: Client, anna: Person, clock: Clock) -> None:
    tighten(client, 10, clock)
    assert await drain(client, "/login", 2) == [200, 429]
    response = await client.get("/login")
    assert response.content_type == "text/html"
    assert response.headers["Retry-After"] == "60"


async def test_posters_styles_and_probes_do_not_use_it_up(
    client: Client, anna: Person, clock: Clock
) -> None:
    tighten(client, 60, clock)
    assert set(await drain(client, "/static/base.css", 200)) == {200}
    assert set(await drain(client, "/ping", 200)) == {200}
    pictures = await drain(client, "/api/v1/images/servers/1/items/1", 600, **anna.headers)
    assert 429 not in pictures
    assert (await anna.call("GET", "/auth/me")).status == 200
    assert round(1 / LIGHT) == 20


async def test_a_stranger_who_is_turned_away_costs_a_tenth(
    client: Client, anna: Person, clock: Clock
) -> None:
    tighten(client, 100, clock)
    statuses = await drain(client, "/api/v1/collections", 100)
    assert set(statuses) == {401}
    assert set(await drain(client, "/api/v1/collections", 1)) == {429}
    assert set(await drain(client, "/api/v1/nothing/at/all", 1)) == {429}
    assert (await anna.call("GET", "/auth/me")).status == 200


async def _guess(client: Client, number: int) -> ClientResponse:
    body = {"username": f"somebody {number}", "password": "not the one"}
    return await client.post("/api/v1/auth/login", json=body)


async def test_guessing_passwords_of_many_accounts_is_stopped_and_locks_no_session_out(
    client: Client, anna: Person, clock: Clock
) -> None:
    tighten(client, 1200, clock)
    statuses = [(await _guess(client, number)).status for number in range(SIGN_INS + 5)]
    assert statuses == [401] * SIGN_INS + [429] * 5
    sent = await client.post("/login", data={"username": "anna", "password": PASSWORD})
    assert sent.status == HTTPStatus.TOO_MANY_REQUESTS
    # Whoever is signed in at the same address goes on, and may stay signed in.
    assert (await anna.call("GET", "/auth/me")).status == 200
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": anna.refresh})
    assert refreshed.status == 200
    body = {"current": PASSWORD, "password": "another good one"}
    assert (await anna.call("POST", "/auth/password", body)).status == 204
    clock.now += 60
    assert (await _guess(client, 99)).status == 401


@pytest.mark.parametrize("addresses", [1, 1000])
async def test_of_a_thousand_guesses_few_are_even_looked_at(
    make_client: MakeClient, addresses: int
) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    anna = await sign_up(client, "anna")
    found = Counter[int]()
    for number in range(1000):
        address = f"192.0.{number % addresses // 250}.{number % addresses % 250}"
        response = await client.post(
            "/api/v1/auth/login",
            json={"username": "anna", "password": f"guess number {number}"},
            headers={"X-Forwarded-For": address},
        )
        found[response.status] += 1
    assert set(found) == {401, 429}
    # From one address five in five minutes; from all of the world a hundred a minute.
    assert found[401] <= (5 if addresses == 1 else 200)
    assert (await anna.call("GET", "/auth/me")).status == 200
    body = {"current": PASSWORD, "password": "another good one"}
    assert (await anna.call("POST", "/auth/password", body)).status == 204


async def test_addresses_behind_a_trusted_proxy_are_told_apart(
    make_client: MakeClient, clock: Clock
) -> None:
    client = await make_client(trusted_proxies="127.0.0.1")
    await sign_up(client, "anna")
    tighten(client, 10, clock)
    for address in ("192.0.2.1", "192.0.2.2"):
        headers = {"X-Forwarded-For": address}
        assert await drain(client, "/login", 2, **headers) == [200, 429]


async def test_nobody_gets_more_by_naming_other_addresses(
    client: Client, anna: Person, clock: Clock
) -> None:
    tighten(client, 10, clock)
    assert await drain(client, "/login", 1, **{"X-Forwarded-For": "192.0.2.1"}) == [200]
    assert await drain(client, "/login", 1, **{"X-Forwarded-For": "192.0.2.2"}) == [429]
