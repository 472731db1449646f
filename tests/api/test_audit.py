"""/audit: what matters for safety is written down, from where, and without a secret."""

import asyncio
from typing import Any

import pytest

from collectarr.store import audit, users
from collectarr.store.audit import ACTIONS, Action
from collectarr.store.db import Database
from tests.api.conftest import EMBY_KEY, MDBLIST_KEY, Town
from tests.conftest import MakeClient
from tests.flows.world import film, own
from tests.people import PASSWORD, Client, Person, problem, services_of, sign_in, sign_up

NEXT = "another good one"


async def entries(who: Person, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await who.get(f"/audit?per_page=500{query}"))["items"]
    return rows


async def done(who: Person, query: str = "") -> list[tuple[str | None, str, str]]:
    """Who did what to what, in the order in which it was done."""
    rows = await entries(who, query)
    return [(row["actor"], row["action"], row["subject"]) for row in reversed(rows)]


async def test_set_up_signing_in_and_out_are_written_down(client: Client) -> None:
    first = {"username": "anna", "password": PASSWORD}
    await client.post("/api/v1/auth/setup", json=first)
    anna = await sign_in(client, "anna")
    other = await sign_in(client, "anna")
    await other.call("POST", "/auth/logout")
    assert await done(anna) == [
        ("anna", "set_up", "anna"),
        ("anna", "sign_in", ""),
        ("anna", "sign_in", ""),
        ("anna", "sign_out", ""),
    ]
    assert {row["client"] for row in await entries(anna)} == {"127.0.0.1"}


async def test_a_refused_sign_in_names_the_account_but_nothing_that_was_typed(
    client: Client, anna: Person
) -> None:
    for name in ("ANNA", "my secret password", "nobody"):
        body = {"username": name, "password": "not the one"}
        await client.post("/api/v1/auth/login", json=body)
        await client.post("/login", data=body)
    rows = await entries(anna, "&action=sign_in_refused")
    assert sorted(row["subject"] for row in rows) == ["", "", "", "", "anna", "anna"]
    assert {row["actor"] for row in rows} == {None}
    assert {row["details"]["how"] for row in rows} == {"api", "browser"}
    assert "secret" not in str(rows)
    assert "not the one" not in str(rows)


async def test_what_administrators_do_to_users_is_written_down(
    make_client: MakeClient,
) -> None:
    client = await make_client(registration="invite")
    anna = await sign_up(client, "anna")
    ben = await anna.post("/users", {"username": "ben", "password": PASSWORD}, status=201)
    path = f"/users/{ben['id']}"
    await anna.call("PATCH", path, {"role": "administrator"})
    await anna.call("PATCH", path, {"password": NEXT})
    await anna.call("PATCH", path, {"username": "benny"})
    await anna.call("PATCH", path, {})
    await anna.call("DELETE", path)
    made = await anna.post("/invites", {"email": "c@x.org"}, status=201)
    body = {"username": "carl", "password": PASSWORD, "invite": made["token"]}
    await client.post("/api/v1/auth/register", json=body)
    gone = await anna.post("/invites", {}, status=201)
    await anna.call("DELETE", f"/invites/{gone['id']}")
    assert await done(anna) == [
        ("anna", "sign_in", ""),
        ("anna", "user_created", "ben"),
        ("anna", "role_changed", "ben"),
        ("anna", "password_reset", "ben"),
        ("anna", "user_changed", "benny"),
        ("anna", "user_deleted", "benny"),
        ("anna", "invite_created", "c@x.org"),
        ("carl", "invite_used", "carl"),
        ("anna", "invite_created", ""),
        ("anna", "invite_revoked", ""),
    ]
    everything = str(await entries(anna))
    for secret in (made["token"], gone["token"], PASSWORD, NEXT):
        assert secret not in everything


async def test_what_users_do_to_themselves_is_written_down(
    client: Client, anna: Person, ben: Person
) -> None:
    other = await sign_in(client, "ben")
    await ben.call("POST", "/auth/password", {"current": PASSWORD, "password": NEXT})
    await ben.call("PATCH", "/auth/me", {"email": "ben@example.org", "current": NEXT})
    await ben.call("PATCH", "/auth/me", {"theme": "light"})
    await ben.call("DELETE", "/auth/sessions")
    assert (await other.call("GET", "/auth/me")).status == 401
    assert await done(anna, "&user=BEN") == [
        ("ben", "sign_in", ""),
        ("ben", "sign_in", ""),
        ("ben", "password_changed", ""),
        ("ben", "profile_changed", "ben"),
        ("ben", "session_revoked", ""),
    ]


async def test_servers_keys_and_collections_are_written_down(town: Town) -> None:
    anna = town.anna
    server = await town.add_server()
    await anna.call("PATCH", f"/servers/{server['id']}", {"name": "Attic", "api_key": EMBY_KEY})
    collection = await town.add_collection()
    await town.ended(collection["last_run_id"])
    await anna.call("DELETE", f"/collections/{collection['id']}?emby=true")
    again = await town.add_collection(enabled=False)
    await anna.call("DELETE", f"/collections/{again['id']}")
    await anna.call("DELETE", f"/servers/{server['id']}")
    await anna.call("DELETE", "/sources/mdblist/account")
    assert (await done(anna))[-7:] == [
        ("anna", "source_key_set", "mdblist"),
        ("anna", "server_added", server["name"]),
        ("anna", "server_changed", "Attic"),
        ("anna", "collection_deleted", "Films"),
        ("anna", "collection_deleted", "Films"),
        ("anna", "server_removed", "Attic"),
        ("anna", "source_key_removed", "mdblist"),
    ]
    rows = await entries(anna)
    assert [row["details"]["emby"] for row in rows if row["action"] == "collection_deleted"] == [
        *(False, True)
    ]
    for secret in (EMBY_KEY, MDBLIST_KEY):
        assert secret not in str(rows)


@pytest.mark.parametrize(
    ("choice", "action"), [("adopt", "box_set_adopted"), ("leave", "question_answered")]
)
async def test_what_was_answered_to_a_run_is_written_down(
    town: Town, choice: str, action: str
) -> None:
    town.emby.hand_create("Films")
    await town.add_server()
    collection = await town.add_collection()
    run = await town.ended(collection["last_run_id"])
    assert run["status"] == "HELD", run
    await town.anna.post(f"/runs/{run['id']}/approve", {"choice": choice}, status=202)
    assert (await done(town.anna))[-1] == ("anna", action, run["name"])


@pytest.mark.parametrize("act", ["approve", "reject"])
async def test_what_was_said_to_removals_is_written_down(town: Town, act: str) -> None:
    own(town.emby, *(film(number) for number in range(8, 21)))
    town.mdblist.set_items("demo", "films", [film(number) for number in range(1, 21)])
    await town.synced()
    town.mdblist.set_items("demo", "films", [film(number) for number in range(1, 13)])
    started = await town.anna.post("/collections/1/refresh", status=202)
    run = await town.ended(started["run_id"])
    answer = await town.anna.call("POST", f"/runs/{run['id']}/{act}", {})
    assert answer.status in (200, 202)
    action = {"approve": "removals_approved", "reject": "removals_rejected"}[act]
    assert (await done(town.anna))[-1] == ("anna", action, run["name"])


async def test_it_is_filtered_by_user_action_words_and_time(
    client: Client, anna: Person, ben: Person
) -> None:
    await anna.call("PATCH", f"/users/{ben.id}", {"role": "administrator"})
    assert await done(anna, "&user=ben") == [
        ("ben", "sign_in", ""),
        ("anna", "role_changed", "ben"),
    ]
    assert await done(anna, "&action=role_changed") == [("anna", "role_changed", "ben")]
    assert await done(anna, "&query=NN&action=role_changed") == [("anna", "role_changed", "ben")]
    middle = (await entries(anna))[1]["at"].replace("+", "%2B")
    assert len(await entries(anna, f"&since={middle}")) == 2
    assert len(await entries(anna, f"&until={middle}")) == 1
    page = await anna.get("/audit?per_page=1&page=2")
    assert (page["total"], page["items"][0]["action"]) == (3, "sign_in")


@pytest.mark.parametrize(
    "query",
    [
        *("action=nothing", "since=yesterday", "since=2026-01-01T00:00:00"),
        *("until=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-14:00"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(anna: Person, query: str) -> None:
    await problem(await anna.call("GET", f"/audit?{query}"), 400, "invalid")


async def test_a_name_stays_readable_when_its_user_is_gone(
    client: Client, anna: Person, ben: Person
) -> None:
    await anna.call("DELETE", f"/users/{ben.id}")
    assert ("ben", "sign_in", "") in await done(anna)


async def _flood(db: Database, user_id: int | None, action: str, count: int) -> None:
    async with db.write() as tx:
        await tx.many(
            "INSERT INTO audit (at, user_id, action, subject, details)"
            " VALUES ('2026-01-01', ?, ?, '', '{}')",
            [(user_id, action) for _ in range(count)],
        )


async def _kept(db: Database, action: Action) -> int:
    return (await audit.list_entries(db, action=action))[1]


async def _prune(db: Database) -> None:
    for _ in range(audit.PRUNE_EVERY):
        await audit.record(db, actor=None, action="sign_in_refused")


def test_every_action_is_in_one_group() -> None:
    assert sorted(action for group in audit.GROUPS for action in group.actions) == sorted(ACTIONS)


async def test_nobody_pushes_out_what_others_did_or_what_they_did_themselves(
    client: Client, anna: Person, ben: Person
) -> None:
    db = services_of(client).db
    await _flood(db, anna.id, "role_changed", 5)
    await _flood(db, anna.id, "server_added", 5)
    await _flood(db, ben.id, "server_removed", 5)
    await _flood(db, ben.id, "sign_out", audit.COMING_AND_GOING.most + 500)
    await _flood(db, ben.id, "api_key_created", audit.OWN.most + 500)
    await _prune(db)
    assert await _kept(db, "role_changed") == 5
    assert await _kept(db, "server_added") == 5
    assert await _kept(db, "server_removed") == 5
    assert await _kept(db, "sign_in") == 2
    assert await _kept(db, "sign_out") == audit.COMING_AND_GOING.of_one
    assert await _kept(db, "api_key_created") == audit.OWN.of_one


async def test_it_never_outgrows_its_bound(client: Client, anna: Person) -> None:
    db = services_of(client).db
    most = audit.EVERYBODY.most
    await _flood(db, anna.id, "role_changed", most + 300)
    await _flood(db, None, "sign_in_refused", audit.REFUSED.of_one + 300)
    await _prune(db)
    assert await _kept(db, "role_changed") == most
    refused = await _kept(db, "sign_in_refused")
    assert audit.REFUSED.of_one <= refused <= audit.REFUSED.of_one + audit.PRUNE_EVERY
    newest = await db.value("SELECT max(id) FROM audit WHERE action = 'sign_in_refused'")
    assert newest == await db.value("SELECT max(id) FROM audit")


async def test_two_at_once_are_both_written(client: Client, anna: Person) -> None:
    db = services_of(client).db
    (user,) = await users.list_users(db)
    await asyncio.gather(
        *(audit.record(db, actor=user, action=action, subject="s") for action in ACTIONS)
    )
    _, total = await audit.list_entries(db, words="S", user="s")
    assert total == len(ACTIONS)
