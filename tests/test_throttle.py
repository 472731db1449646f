"""The brake on guessing, with a clock of its own, and at the real app."""

import pytest

from collectarr.errors import ThrottledError
from collectarr.throttle import MOST_KEYS, Throttle
from tests.people import PASSWORD, Client, Person, problem, services_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def test_five_attempts_are_free_and_the_sixth_waits_for_the_first_to_be_old(
    throttle: Throttle, clock: Clock
) -> None:
    for _ in range(5):
        throttle.admit("anna", "1.2.3.4")
        clock.now += 10
    with pytest.raises(ThrottledError) as caught:
        throttle.admit("anna", "1.2.3.4")
    assert caught.value.retry_after == 250
    clock.now += 249
    with pytest.raises(ThrottledError):
        throttle.admit("anna", "1.2.3.4")
    clock.now += 1
    throttle.admit("anna", "1.2.3.4")


def test_a_refused_attempt_does_not_prolong_the_wait(throttle: Throttle, clock: Clock) -> None:
    for _ in range(5):
        throttle.admit("anna", "1.2.3.4")
    for _ in range(20):
        with pytest.raises(ThrottledError):
            throttle.admit("anna", "1.2.3.4")
    clock.now += 300
    throttle.admit("anna", "1.2.3.4")


def test_guessing_elsewhere_does_not_lock_the_owner_out(throttle: Throttle) -> None:
    for _ in range(5):
        throttle.admit("anna", "203.0.113.9")
    throttle.admit("anna", "192.168.1.5")
    throttle.admit("ben", "203.0.113.9")


def test_the_right_password_clears_what_came_before(throttle: Throttle) -> None:
    for _ in range(20):
        for _ in range(3):
            throttle.admit("anna", "1.2.3.4")
        throttle.forgive(throttle.admit("anna", "1.2.3.4"))


def test_a_ceiling_holds_for_all_together(throttle: Throttle, clock: Clock) -> None:
    for number in range(100):
        throttle.admit("anna", f"10.0.0.{number}")
    with pytest.raises(ThrottledError) as caught:
        throttle.admit("ben", "192.168.1.5")
    assert caught.value.retry_after == 60
    clock.now += 60
    throttle.admit("ben", "192.168.1.5")


def test_it_forgets_what_is_old(clock: Clock) -> None:
    throttle = Throttle(clock, ceiling=10 * MOST_KEYS)
    for number in range(MOST_KEYS):
        throttle.admit(f"name {number}", "1.2.3.4")
    clock.now += 300
    throttle.admit("anna", "1.2.3.4")
    assert len(throttle._pairs) == 1


async def _try(client: Client, password: str) -> int:
    body = {"username": "anna", "password": password}
    return (await client.post("/api/v1/auth/login", json=body)).status


async def test_too_many_wrong_passwords_get_429_and_a_live_session_goes_on(
    client: Client, anna: Person
) -> None:
    clock = Clock()
    services_of(client).auth.throttle = Throttle(clock)
    assert [await _try(client, "not the one") for _ in range(5)] == [401] * 5
    body = {"username": "anna", "password": PASSWORD}
    response = await client.post("/api/v1/auth/login", json=body)
    inside = await problem(response, 429, "throttled")
    assert response.headers["Retry-After"] == "300" == str(inside["details"]["retry_after"])
    assert (await anna.get("/auth/me"))["username"] == "anna"
    clock.now += 300
    assert await _try(client, PASSWORD) == 200
