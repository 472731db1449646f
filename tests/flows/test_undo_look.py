"""Taking a run back takes back the name, words and poster that it wrote; and they stay so."""

from typing import Any

from tests.conftest import MakeClient
from tests.flows.test_posters import box_of, look, picture, put, shown, sync, take_ours, there
from tests.town import Town, town_of


async def undone(town: Town, run_id: int) -> Any:
    begun = await town.anna.post(f"/runs/{run_id}/undo", status=202)
    run = await town.ended(begun["run_id"])
    assert run["status"] == "SUCCESS", run["message"]
    return run


async def test_name_words_and_poster_go_back_together_and_stay_until_asked_for(
    make_client: MakeClient,
) -> None:
    async with town_of(make_client) as town:
        collection = await town.synced()
        box = box_of(town)
        before = (box.name, box.detail("Overview"))
        await put(town, collection, picture())
        await look(town, collection, name="Best of {name}", overview="Ours", poster="upload")
        ours = ("Best of Films", "Ours")
        run = await sync(town, collection)
        sent = shown(box)
        assert (box.name, box.detail("Overview"), sent is None) == (*ours, False), run["message"]

        back = await undone(town, run["id"])
        assert (box.name, box.detail("Overview") or None) == before
        assert shown(box) != sent
        for _ in range(2):
            again = await sync(town, collection)
            assert again["status"] == "SUCCESS", again["message"]
            assert (box.name, box.detail("Overview") or None) == before, "it was written again"
            assert shown(box) != sent, "it was sent again"
        state = await there(town, collection)
        assert (state["undone"], state["poster"]) == (True, "emby")

        await take_ours(town, collection, "poster", "name", "overview")
        assert (box.name, box.detail("Overview"), shown(box)) == (*ours, sent)
        assert not (await there(town, collection))["undone"]
        assert back["undoes"] == run["id"]


async def test_an_undone_poster_gives_way_to_another_wish_and_to_undoing_that(
    make_client: MakeClient,
) -> None:
    async with town_of(make_client) as town:
        collection = await town.synced()
        box = box_of(town)
        await put(town, collection, picture())
        run = await sync(town, collection)
        first = shown(box)
        back = await undone(town, run["id"])
        assert shown(box) != first
        await undone(town, back["id"])
        assert shown(box) == first
        assert "poster" not in {one["op"] for one in (await sync(town, collection))["changes"]}

        await put(town, collection, picture(7))
        second = await sync(town, collection)
        assert shown(box) not in (None, first)
        await undone(town, second["id"])
        await sync(town, collection)
        assert shown(box) == first, "the wish that was taken back was fulfilled again"
        await put(town, collection, picture(200))
        await sync(town, collection)
        assert shown(box) not in (None, first)
