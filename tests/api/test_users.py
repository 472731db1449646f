"""/users and one's own profile: who may change what of whom."""

from typing import Any

import pytest

from collectarr.store import users
from tests.api.conftest import Town
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_in, sign_up

NEXT = "another good one"
CARL = {"username": "carl", "password": PASSWORD, "email": "carl@example.org", "role": "user"}


async def test_an_administrator_makes_an_account(client: Client, anna: Person) -> None:
    made = await anna.post("/users", CARL, status=201)
    assert (made["username"], made["email"], made["role"]) == ("carl", "carl@example.org", "user")
    assert "password" not in str(made)
    assert (await anna.get(f"/users/{made['id']}")) == made
    carl = await sign_in(client, "carl@example.org")
    assert (await carl.get("/auth/me"))["id"] == made["id"]


async def test_a_retried_create_makes_one_user(client: Client, anna: Person) -> None:
    headers = {"Idempotency-Key": "k1"}
    first, again = [
        await (await anna.call("POST", "/users", CARL, headers=headers)).json() for _ in range(2)
    ]
    assert first == again
    assert (await anna.get("/users"))["total"] == 2


async def test_users_are_listed_and_found(client: Client, anna: Person, ben: Person) -> None:
    await anna.post("/users", CARL, status=201)
    assert [one["username"] for one in (await anna.get("/users"))["items"]] == [
        *("anna", "ben", "carl")
    ]
    for query, found in (
        ("query=EXAMPLE.org", ["carl"]),
        ("query=b", ["ben"]),
        ("role=administrator", ["anna"]),
        ("page=2&per_page=2", ["carl"]),
    ):
        rows = (await anna.get(f"/users?{query}"))["items"]
        assert [one["username"] for one in rows] == found, query


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a\u202eb"}, "username"),
        ({"email": "nonsense"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "root"}, "role"),
        ({"id": 1}, "id"),
        ({"password_hash": "x"}, "password_hash"),
    ],
)
async def test_what_is_wrong_with_a_new_user_is_said(
    client: Client, anna: Person, changes: dict[str, Any], field: str
) -> None:
    inside = await problem(await anna.call("POST", "/users", {**CARL, **changes}), 400, "invalid")
    assert list(inside["details"]["fields"]) == [field]
    assert await users.count_users(services_of(client).db) == 1


@pytest.mark.parametrize("taken", [{"username": "BEN"}, {"email": "Ben@Example.org"}])
async def test_a_name_or_address_is_taken_once(
    client: Client, anna: Person, taken: dict[str, str]
) -> None:
    ben = {**CARL, "username": "ben", "email": "ben@example.org"}
    made = await anna.post("/users", ben, status=201)
    await problem(await anna.call("POST", "/users", {**CARL, **taken}), 409, "conflict")
    carl = await anna.post("/users", CARL, status=201)
    await problem(await anna.call("PATCH", f"/users/{carl['id']}", taken), 409, "conflict")
    own = await anna.call("PATCH", f"/users/{made['id']}", taken)
    assert own.status == 200, "one's own name in other letters clashes with nobody"


async def test_others_are_changed_by_an_administrator(
    client: Client, anna: Person, ben: Person
) -> None:
    changed = await (
        await anna.call(
            "PATCH", f"/users/{ben.id}", {"username": "benny", "email": "b@x.org", "password": NEXT}
        )
    ).json()
    assert (changed["username"], changed["email"], changed["role"]) == ("benny", "b@x.org", "user")
    assert (await ben.call("GET", "/auth/me")).status == 401, "a new password ends the sessions"
    auth = services_of(client).auth
    assert (await auth.check_password("benny", NEXT, "x")).user.id == ben.id
    cleared = await (await anna.call("PATCH", f"/users/{ben.id}", {"email": None})).json()
    assert (cleared["email"], cleared["username"]) == (None, "benny")


async def test_a_role_counts_at_once(client: Client, anna: Person, ben: Person) -> None:
    await problem(await ben.call("GET", "/users"), 403, "forbidden")
    await anna.call("PATCH", f"/users/{ben.id}", {"role": "administrator"})
    assert (await ben.get("/users"))["total"] == 2
    await anna.call("PATCH", f"/users/{ben.id}", {"role": "user"})
    await problem(await ben.call("GET", "/users"), 403, "forbidden")


async def test_the_last_administrator_stays(client: Client, anna: Person, ben: Person) -> None:
    path = f"/users/{anna.id}"
    await problem(await anna.call("PATCH", path, {"role": "user"}), 409, "last_administrator")
    await problem(await anna.call("DELETE", path), 409, "last_administrator")
    await anna.call("PATCH", f"/users/{ben.id}", {"role": "administrator"})
    assert (await anna.call("DELETE", path)).status == 204
    assert (await anna.call("GET", "/auth/me")).status == 401
    await problem(await ben.call("DELETE", f"/users/{ben.id}"), 409, "last_administrator")


@pytest.mark.parametrize("change", [{"password": NEXT}, {"username": "eve"}, {"email": "e@x.org"}])
async def test_a_stolen_session_does_not_change_how_its_owner_signs_in(
    client: Client, anna: Person, change: dict[str, str]
) -> None:
    await problem(await anna.call("PATCH", f"/users/{anna.id}", change), 400, "own_account")
    await sign_in(client, "anna")


async def test_no_user_reaches_the_accounts_of_others(
    client: Client, anna: Person, ben: Person
) -> None:
    for method, path, body in (
        ("GET", "/users", None),
        ("POST", "/users", CARL),
        ("GET", "/users/1", None),
        ("PATCH", "/users/1", {"role": "user"}),
        ("PATCH", f"/users/{ben.id}", {"role": "administrator"}),
        ("DELETE", "/users/1", None),
        ("GET", "/invites", None),
        ("POST", "/invites", {}),
        ("DELETE", "/invites/1", None),
        ("GET", "/audit", None),
    ):
        await problem(await ben.call(method, path, body), 403, "forbidden")


async def test_a_user_who_is_not_there_is_not_found(client: Client, anna: Person) -> None:
    for method, body in (("GET", None), ("PATCH", {"role": "user"}), ("DELETE", None)):
        await problem(await anna.call(method, "/users/99", body), 404, "not_found")


async def test_removing_a_user_takes_all_of_theirs_and_leaves_emby_alone(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    await ben.call("PUT", "/sources/mdblist/account", {"key": "demo-mdblist-key"})
    await town.add_server(ben)
    collection = await town.add_collection(ben)
    await town.ended(collection["last_run_id"], ben)
    before = town.emby.box_set("Films")
    assert before is not None
    seen = len(town.emby.requests)
    assert (await town.anna.call("DELETE", f"/users/{ben.id}")).status == 204
    assert len(town.emby.requests) == seen
    assert town.emby.box_set("Films") == before
    db = services_of(town.client).db
    for table in ("servers", "collections", "runs", "items", "targets", "members", "sessions"):
        rows = await db.value(f"SELECT count(*) FROM {table}")
        assert rows == (1 if table == "sessions" else 0), table


async def test_a_run_of_somebody_who_is_gone_writes_nothing_more(town: Town) -> None:
    ben = await sign_up(town.client, "ben", "user")
    await ben.call("PUT", "/sources/mdblist/account", {"key": "demo-mdblist-key"})
    await town.add_server(ben)
    town.emby.fail("/Items", delay=30, times=None)
    run = (await town.add_collection(ben))["last_run_id"]
    assert (await town.anna.call("DELETE", f"/users/{ben.id}")).status == 204
    services = services_of(town.client)
    await services.runner.wait(run)
    assert services.runner.states(ben.id) == []
    assert town.emby.box_set("Films") is None


# One's own profile


async def test_a_profile_is_changed_with_the_password(client: Client, ben: Person) -> None:
    wish = {"username": "benny", "email": "ben@example.org", "theme": "light", "current": PASSWORD}
    changed = await (await ben.call("PATCH", "/auth/me", wish)).json()
    assert (changed["username"], changed["email"], changed["theme"]) == (
        *("benny", "ben@example.org", "light"),
    )
    assert (await sign_in(client, "ben@example.org")).id == ben.id
    assert (await ben.call("GET", "/auth/me")).status == 200


@pytest.mark.parametrize("wish", [{"username": "benny"}, {"email": "b@x.org"}])
async def test_a_profile_is_not_changed_without_it(
    client: Client, ben: Person, wish: dict[str, str]
) -> None:
    before = await ben.get("/auth/me")
    for current in ({}, {"current": "wrong password"}):
        response = await ben.call("PATCH", "/auth/me", {**wish, **current})
        await problem(response, 400, "wrong_password")
    assert await ben.get("/auth/me") == before


async def test_a_look_needs_no_password(client: Client, ben: Person) -> None:
    changed = await (await ben.call("PATCH", "/auth/me", {"theme": "system"})).json()
    assert changed["theme"] == "system"
    await problem(await ben.call("PATCH", "/auth/me", {"theme": "pink"}), 400, "invalid")


@pytest.mark.parametrize("field", ["role", "id", "password", "password_hash", "created_at"])
async def test_nobody_gives_themselves_what_is_not_theirs_to_give(
    client: Client, ben: Person, field: str
) -> None:
    body = {field: "administrator", "current": PASSWORD}
    inside = await problem(await ben.call("PATCH", "/auth/me", body), 400, "invalid")
    assert list(inside["details"]["fields"]) == [field]
    assert (await ben.get("/auth/me"))["role"] == "user"


async def test_a_profile_takes_nobodys_name(client: Client, ben: Person) -> None:
    body = {"username": "ANNA", "current": PASSWORD}
    await problem(await ben.call("PATCH", "/auth/me", body), 409, "conflict")


async def test_guessing_the_password_by_the_profile_is_throttled(
    client: Client, ben: Person
) -> None:
    for _ in range(5):
        body = {"username": "benny", "current": "wrong password"}
        await ben.call("PATCH", "/auth/me", body)
    response = await ben.call("PATCH", "/auth/me", {"username": "benny", "current": PASSWORD})
    await problem(response, 429, "throttled")
