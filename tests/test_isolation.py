"""What is somebody else's does not exist: every route, asked with a second user's ids, and by
nobody at all. The routes are those of the running app, so a new one is asked as well.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse

from collectarr.access import access_of
from collectarr.api import document
from tests.conftest import MakeClient
from tests.people import PASSWORD, Person, problem, services_of, sign_up
from tests.town import Town, town_of

Case = tuple[str, str]
SHARED = {
    *("name", "file", "reference", "invite", "source", "shelf", "starter_id", "kind", "number"),
    "token",
}
"""Parts of paths that name nothing of one user: files, public pictures and lists, invitations, and
what is a proof by itself.
"""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Owned:
    """What is Anna's, by the name that it has in a path."""

    ids: dict[str, str]

    def of(self, path: str, name: str) -> str:
        """In pages every number is called id; the part before it says whose it is."""
        if name == "id":
            before = path.partition("/{id")[0].rsplit("/", 1)[-1]
            return self.ids[f"{before.removesuffix('s')}_id"]
        return self.ids[name]

    def path(self, canonical: str) -> str:
        path = re.sub(r"\{(\w+)\}", lambda part: self.of(canonical, part[1]), canonical)
        return f"{path}?query=film" if path.endswith("/search") else path


def cases(person: Person) -> Iterator[tuple[str, str, str]]:
    """Method, path with its names, and who may call it."""
    app = person.client.app
    assert app is not None
    for route in app.router.routes():
        if route.method != "HEAD" and route.resource is not None:
            yield route.method, route.resource.canonical, access_of(route)


def names(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", path))


def body_of(method: str, path: str) -> Any:
    """A body that would be good, so that nothing but the owner can be what is wrong."""
    operation = document()["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("example")


async def ask(who: Person, method: str, path: str, body: Any, **headers: str) -> ClientResponse:
    options: dict[str, Any] = {} if body is None else {"json": body}
    return await who.client.request(
        method, path, headers={**who.headers, **headers}, allow_redirects=False, **options
    )


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client) as town:
        yield town


@pytest.fixture
async def owned(town: Town) -> Owned:
    collection = await town.synced()
    session = (await town.anna.get("/auth/sessions"))["items"][0]
    key = await town.anna.post("/api-keys", {"name": "Mine", "scope": "read"}, status=201)
    sign_in = await town.anna.post("/sources/trakt/connect", status=202)
    never = {"act": "exclude", "title": {"kind": "movie", "ids": {"imdb": "tt0009999"}}}
    said = await town.anna.post("/corrections", never, status=201)
    return Owned(
        {
            "server_id": "1",
            "collection_id": str(collection["id"]),
            "run_id": str(collection["last_run_id"]),
            "other": str(collection["last_run_id"]),
            "item_id": town.emby.items[0].id,
            "session_id": session["id"],
            "key_id": str(key["id"]),
            "user_id": str(town.anna.id),
            "source": "trakt",
            "sign_in": sign_in["id"],
            "correction_id": str(said["id"]),
            "rank": "1",
        }
    )


@pytest.fixture
async def ben(town: Town, owned: Owned) -> Person:
    return await sign_up(town.client, "ben", "user")


async def test_every_route_hides_what_is_anothers(ben: Person, owned: Owned) -> None:
    asked = 0
    for method, canonical, access in cases(ben):
        if access == "admin" or not names(canonical) - SHARED:
            continue
        response = await ask(ben, method, owned.path(canonical), body_of(method, canonical))
        assert response.status == 404, f"{method} {canonical}: {await response.text()}"
        asked += 1
    assert asked > 40


async def test_the_same_routes_know_their_owner(town: Town, ben: Person, owned: Owned) -> None:
    """Else the test above could not fail."""
    for method, canonical, access in cases(ben):
        if method != "GET" or access == "admin" or not names(canonical) - SHARED:
            continue
        response = await ask(town.anna, method, owned.path(canonical), None)
        # Some pages that were posted to lead back to where their form is.
        there = response.status == 200 or response.headers.get("Location", "/login") != "/login"
        assert there, f"{method} {canonical}: {response.status} {await response.text()}"


async def test_nothing_that_was_asked_by_another_has_changed(
    town: Town,
    ben: Person,
    owned: Owned,
) -> None:
    before = await _whole(town.anna, owned)
    members = _members(town)
    for method, canonical, access in cases(ben):
        if access == "user" and method != "GET" and names(canonical) - SHARED:
            await ask(ben, method, owned.path(canonical), body_of(method, canonical))
    assert await _whole(town.anna, owned) == before
    assert _members(town) == members


async def _whole(anna: Person, owned: Owned) -> list[Any]:
    paths = (
        "/servers/{server_id}",
        "/collections/{collection_id}",
        "/runs/{run_id}",
        "/api-keys/{key_id}",
        "/auth/me",
        "/runs",
        "/corrections",
    )
    return [await anna.get(owned.path(path)) for path in paths]


def _members(town: Town) -> set[str]:
    box = town.emby.box_set("Films")
    assert box is not None
    return set(town.emby.members(box.id))


async def test_what_administrators_do_is_refused_to_others(ben: Person) -> None:
    asked = 0
    for method, canonical, access in cases(ben):
        if access == "admin":
            path = re.sub(r"\{\w+\}", "1", canonical)
            response = await ask(ben, method, path, body_of(method, canonical))
            assert response.status == 403, f"{method} {canonical}: {await response.text()}"
            asked += 1
    assert asked > 10


async def test_nobody_gets_anything(town: Town, ben: Person, owned: Owned) -> None:
    asked = 0
    for method, canonical, access in cases(ben):
        if access == "public":
            continue
        path = re.sub(r"\{\w+\}", "1", canonical)
        body = body_of(method, canonical)
        response = await town.client.request(
            method, path, allow_redirects=False, **({} if body is None else {"json": body})
        )
        if canonical.startswith("/api/"):
            await problem(response, 401, "sign_in")
        else:
            assert response.status == 303, f"{method} {canonical}: {response.status}"
            assert response.headers["Location"].startswith("/login")
        asked += 1
    assert asked > 90


async def test_a_method_that_a_path_does_not_know_tells_nothing(
    town: Town,
    ben: Person,
    owned: Owned,
) -> None:
    known: dict[str, set[str]] = {}
    for method, canonical, _access in cases(ben):
        known.setdefault(canonical, set()).add(method)
    for canonical, methods in known.items():
        path = re.sub(r"\{\w+\}", "1", canonical)
        for method in set(METHODS) - methods:
            response = await town.client.request(method, path, allow_redirects=False)
            text = await response.text()
            assert response.status in (401, 404, 405), f"{method} {canonical}: {response.status}"
            assert "Films" not in text


async def test_ids_in_bodies_and_queries_are_not_followed_either(
    town: Town,
    ben: Person,
    owned: Owned,
) -> None:
    lists = [{"source": "mdblist", "list": "demo/films"}]
    body = {"name": "Mine", "lists": lists, "servers": [1], "enabled": False}
    await problem(await ben.call("POST", "/collections", body), 404, "not_found")
    mine = await ben.post("/collections", {**body, "servers": []}, status=201)
    response = await ben.call("PATCH", f"/collections/{mine['id']}", {"servers": [1]})
    await problem(response, 404, "not_found")
    assert (await ben.get(f"/runs?collection_id={owned.ids['collection_id']}"))["total"] == 0
    fields = {"session": owned.ids["session_id"], "session_id": owned.ids["session_id"]}
    await ben.client.post(
        "/settings/account/sessions/end", data=fields, headers=ben.headers, allow_redirects=False
    )
    assert (await town.anna.call("GET", "/auth/me")).status == 200


async def test_an_idempotency_key_is_its_users_own(town: Town, ben: Person) -> None:
    body = {"name": "Mine", "lists": [{"source": "mdblist", "list": "demo/films"}], "servers": []}
    once = {"Idempotency-Key": "the-same-words"}
    first = await town.anna.call("POST", "/collections", body, headers=once)
    second = await ben.call("POST", "/collections", body, headers=once)
    assert (first.status, second.status) == (201, 201)
    assert (await first.json())["id"] != (await second.json())["id"]


async def test_an_etag_of_one_user_tells_another_nothing(town: Town, ben: Person) -> None:
    hers = await town.anna.call("GET", "/collections")
    known = {"If-None-Match": hers.headers["ETag"]}
    assert (await town.anna.call("GET", "/collections", headers=known)).status == 304
    his = await ben.call("GET", "/collections", headers=known)
    assert (his.status, (await his.json())["total"]) == (200, 0)


async def test_live_events_reach_their_user_alone(town: Town, ben: Person, owned: Owned) -> None:
    streams = [await person.call("GET", "/events") for person in (town.anna, ben)]
    run = await town.anna.post(f"/collections/{owned.ids['collection_id']}/sync", status=202)
    await town.ended(run["run_id"])
    live = services_of(town.client).live
    for person in (town.anna, ben):
        live.publish(person.id, "mark", {"of": person.id})
    hers, his = [await _until_mark(stream) for stream in streams]
    assert {name for name, _ in hers} > {"runs", "mark"}
    assert his == [("runs", {"runs": []}), ("mark", {"of": ben.id})]


async def _until_mark(stream: ClientResponse) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    name = ""
    async with asyncio.timeout(10):
        while not found or found[-1][0] != "mark":
            line = (await stream.content.readline()).decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


async def test_whoever_was_demoted_is_no_administrator_at_once(town: Town, ben: Person) -> None:
    body = {"username": "carla", "password": PASSWORD, "role": "administrator", "email": None}
    made = await town.anna.post("/users", body, status=201)
    login = {"username": "carla", "password": PASSWORD}
    signed_in = await town.client.post("/api/v1/auth/login", json=login)
    carla = Person(town.client, "carla", (await signed_in.json())["access_token"], "", made["id"])
    assert (await carla.call("GET", "/users")).status == 200
    await town.anna.call("PATCH", f"/users/{made['id']}", {"role": "user"})
    assert (await carla.call("GET", "/users")).status in (401, 403)
