"""Posters and looks, from the API down to Emby: sent once, and never over what a person put there.

One town for all of them: each test has a collection of its own.
"""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from collectarr.demo.emby.image_routes import put_image
from collectarr.demo.emby.state import StoredBoxSet
from collectarr.posters.upload import poster_of
from collectarr.services import Services
from collectarr.store import targets
from tests.conftest import MakeClient
from tests.flows.world import film, own
from tests.people import services_of
from tests.town import Town, town_of

FILMS = {"name": "Films"}


def picture(shade: int = 90, size: tuple[int, int] = (200, 300)) -> bytes:
    """Never twice the same, whatever it shows."""
    drawn = Image.linear_gradient("L").resize(size).convert("RGB")
    drawn.paste((shade, 20, 255 - shade), (20, 20, 120, 160))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client) as town:
        yield town


def box_of(town: Town, name: str = "Films") -> StoredBoxSet:
    box = town.emby.box_set(name)
    assert box is not None
    return box


async def sync(town: Town, collection: Any) -> Any:
    """The run, with the requests that it made counted from zero."""
    town.emby.clear_requests()
    begun = await town.anna.post(f"/collections/{collection['id']}/sync", status=202)
    return await town.ended(begun["run_id"])


async def put(town: Town, collection: Any, raw: Any, status: int = 200) -> Any:
    headers = {"Content-Type": "image/png", **town.anna.headers}
    path = f"/api/v1/collections/{collection['id']}/poster"
    response = await town.client.put(path, data=raw, headers=headers)
    answer = await response.json()
    assert response.status == status, answer
    return answer


async def look(town: Town, collection: Any, **changes: Any) -> Any:
    response = await town.anna.call("PATCH", f"/collections/{collection['id']}", {"look": changes})
    answer = await response.json()
    assert response.status == 200, answer
    return answer


async def there(town: Town, collection: Any) -> Any:
    return (await town.anna.get(f"/collections/{collection['id']}/look"))["servers"][0]


async def take_ours(town: Town, collection: Any, *fields: str) -> Any:
    body = {"server_id": 1, "fields": list(fields)}
    town.emby.clear_requests()
    begun = await town.anna.post(f"/collections/{collection['id']}/look/ours", body, status=202)
    return await town.ended(begun["run_id"])


def writes(town: Town) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in town.emby.requests if r["method"] != "GET"]


def hand_poster(town: Town, box: StoredBoxSet, raw: bytes) -> None:
    put_image(town.emby.core, box, "Primary", raw, "image/png")


def shown(box: StoredBoxSet) -> bytes | None:
    image = box.image("Primary")
    return None if image is None else image.body


async def test_an_uploaded_poster_takes_the_place_of_embys_own_and_is_sent_once(
    town: Town,
) -> None:
    collection = await town.synced()
    box = box_of(town)
    assert (await there(town, collection))["poster"] == "emby"
    await put(town, collection, picture())
    run = await sync(town, collection)
    assert (run["status"], len(writes(town))) == ("SUCCESS", 1), run["message"]
    assert shown(box) == poster_of(picture())
    assert (await there(town, collection))["poster"] == "ours"
    for _ in range(2):
        await put(town, collection, picture())
        again = await sync(town, collection)
        assert (again["status"], writes(town), len(town.emby.requests)) == ("SUCCESS", [], 2)
    changes = [c for c in run["changes"] if c["op"] == "poster"]
    assert len(changes) == 1


async def test_a_poster_changed_by_hand_stays_until_it_is_to_be_replaced(town: Town) -> None:
    collection = await town.synced()
    box = box_of(town)
    await put(town, collection, picture())
    await sync(town, collection)
    theirs = picture(200)
    hand_poster(town, box, theirs)
    told = 0
    for number in range(10):
        await put(town, collection, picture(number))
        run = await sync(town, collection)
        assert shown(box) == theirs
        assert run["status"] == "SUCCESS"
        told += "Somebody set its poster" in run["message"]
    assert told == 1
    assert (await there(town, collection))["poster"] == "theirs"
    run = await take_ours(town, collection, "poster")
    assert shown(box) == poster_of(picture(9)), run["message"]
    state = (await targets.load_targets(_services(town).db, [collection["id"]]))[0].poster
    assert await _services(town).outside.pictures.load(state["replaced"]) == theirs
    hand_poster(town, box, theirs)
    await sync(town, collection)
    assert shown(box) == theirs


def _services(town: Town) -> Services:
    return services_of(town.client)


async def test_a_first_sync_with_a_whole_look_makes_three_writes(town: Town) -> None:
    await town.add_server()
    wish = {
        "name": "{name} ({count} of {total})", "overview": "What to see.", "sort_name": "!films",
        "display_order": "SortName", "tags": ["Collectarr"], "poster": "mosaic",
    }  # fmt: skip
    collection = await town.add_collection(look=wish)
    town_requests = await town.ended(collection["last_run_id"])
    assert town_requests["status"] == "SUCCESS", town_requests["message"]
    assert town_requests["requests"]["1"]["writes"] == 3
    box = box_of(town, "Films (7 of 10)")
    assert (box.detail("Overview"), box.detail("DisplayOrder")) == ("What to see.", "SortName")
    assert box.sort_name == "!films"
    assert "Collectarr" in box.provider_ids
    first = shown(box)
    quiet = await sync(town, collection)
    assert (writes(town), len(town.emby.requests)) == ([], 2), quiet["message"]
    own(town.emby, film(8))
    town.emby.settle()
    run = await sync(town, collection)
    assert run["status"] == "SUCCESS", run["message"]
    assert box_of(town, "Films (8 of 10)") is box
    # Seven and eight titles show the same four posters.
    assert shown(box) == first
    town.mdblist.set_items("demo", "films", [film(n) for n in (8, 7, 6, 5, 4, 3, 2, 1)])
    await sync(town, collection)
    refreshed = await town.anna.post(f"/collections/{collection['id']}/refresh", {}, status=202)
    await town.ended(refreshed["run_id"])
    assert shown(box) not in (None, first)


async def test_taking_ours_back_leaves_it_to_emby_and_never_takes_a_persons(town: Town) -> None:
    collection = await town.synced()
    box = box_of(town)
    await put(town, collection, picture())
    await sync(town, collection)
    path = f"/collections/{collection['id']}/poster"
    assert (await town.anna.call("DELETE", path)).status == 204
    run = await sync(town, collection)
    assert writes(town) == [f"DELETE /emby/Items/{box.id}/Images/Primary"], run["message"]
    assert (await there(town, collection))["poster"] == "emby"
    # Over what Emby drew since, ours goes again without a question; over a person's it does not.
    await put(town, collection, picture())
    await sync(town, collection)
    assert shown(box) == poster_of(picture())
    theirs = picture(200)
    hand_poster(town, box, theirs)
    await town.anna.call("DELETE", path)
    await sync(town, collection)
    assert (shown(box), writes(town)) == (theirs, [])


async def test_an_upload_that_fails_is_said_and_tried_again_with_the_next_run(town: Town) -> None:
    collection = await town.synced()
    await put(town, collection, picture())
    town.emby.fail("/Images/Primary", method="POST", status=400)
    run = await sync(town, collection)
    assert run["status"] == "PARTIAL"
    assert "Its poster was not put there" in run["message"]
    town.emby.clear_faults()
    run = await sync(town, collection)
    assert (run["status"], shown(box_of(town))) == ("SUCCESS", poster_of(picture()))


async def test_a_kill_before_it_settled_neither_sends_it_twice_nor_over_a_persons(
    town: Town,
) -> None:
    collection = await town.synced()
    box, db = box_of(town), _services(town).db
    await put(town, collection, picture())
    await sync(town, collection)

    async def as_after_a_kill() -> None:
        target = (await targets.load_targets(db, [collection["id"]]))[0]
        known = target.poster
        left = {"sending": known.get("sent") or known["sending"], "over": "old", "emby": "old"}
        await targets.set_poster(db, target.id, left)
        await targets.touch_target(db, target.id)
        await targets.plan_anew(db, target.id)

    await as_after_a_kill()
    run = await sync(town, collection)
    assert (writes(town), run["status"]) == ([], "SUCCESS")
    assert (await there(town, collection))["poster"] == "ours"
    await as_after_a_kill()
    hand_poster(town, box, picture(200))
    await sync(town, collection)
    assert (writes(town), shown(box)) == ([], picture(200))
    assert (await there(town, collection))["poster"] == "theirs"


async def test_what_a_person_wrote_in_emby_stays_until_ours_is_wanted_again(town: Town) -> None:
    collection = await town.synced(look={"overview": "Ours"})
    box = box_of(town)
    assert box.detail("Overview") == "Ours"
    box.details = {**(box.details or {}), "Overview": "Theirs"}
    town.emby.core.box_sets.changed(box)
    run = await sync(town, collection)
    assert "Somebody changed its overview" in run["message"]
    await look(town, collection, overview="Ours, and better", tags=["New"])
    run = await sync(town, collection)
    assert box.detail("Overview") == "Theirs"
    assert run["status"] == "SUCCESS"
    assert (await there(town, collection))["kept"] == ["overview"]
    assert (await sync(town, collection))["message"] == "Nothing to change."
    await take_ours(town, collection, "overview")
    assert box.detail("Overview") == "Ours, and better"
    await look(town, collection)
    await sync(town, collection)
    assert box.detail("Overview") != "Ours, and better"
    assert box.detail("TagItems", []) == []


async def test_a_box_set_that_was_taken_over_keeps_all_that_nobody_asked_to_change(
    town: Town,
) -> None:
    await town.add_server()
    ids = [item.id for item in town.emby.items[:2]]
    theirs = town.emby.hand_create("Films", ids)
    box = box_of(town)
    box.details = {"Overview": "Theirs"}
    hand_poster(town, box, picture(200))
    town.emby.settle()
    collection = await town.add_collection()
    held = await town.ended(collection["last_run_id"])
    begun = await town.anna.post(f"/runs/{held['id']}/approve", {"choice": "adopt"}, status=202)
    await town.ended(begun["run_id"])
    assert (box.id, box.name, box.detail("Overview")) == (theirs, "Films", "Theirs")
    assert "Collectarr" in box.provider_ids
    await look(town, collection, name="Best of {name}", poster="mosaic")
    run = await sync(town, collection)
    assert (box.name, box.detail("Overview")) == ("Best of Films", "Theirs"), run["message"]
    assert shown(box) == picture(200)
    assert (await there(town, collection))["poster"] == "theirs"


async def test_hostile_files_are_refused_at_their_field(town: Town) -> None:
    collection = await town.add_collection(servers=[])
    answer = await put(town, collection, b"GIF89a" + b"\0" * 50, status=400)
    assert list(answer["error"]["details"]["fields"]) == ["poster"]
    await put(town, collection, io.BytesIO(b"\0" * (11 << 20)), status=400)
    response = await town.anna.call(
        "PATCH", f"/collections/{collection['id']}", {"look": {"poster": "upload"}}
    )
    assert response.status == 400
    state = await put(town, collection, picture())
    assert (state["look"]["poster"], state["look"]["uploaded"]) == ("upload", True)
    for path in ("poster", "poster?source=mosaic", "poster?source=upload"):
        got = await town.anna.call("GET", f"/collections/{collection['id']}/{path}")
        assert (got.status, got.content_type) == (200, "image/jpeg"), path
