"""The Emby stand-in: what moves the Etag of a box set, and what its refresh does later."""

from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)


@pytest.fixture
async def settled(open_emby: Any) -> Any:
    """A server with one settled box set of two films, and a third film outside it."""

    async def opened(profile: Any = PROFILE_49, **options: Any) -> Any:
        wire = await open_emby(profile, **options)
        ids = [wire.emby.add_item("movie", f"Film {number}") for number in range(3)]
        box = await wire.create("A", *ids[:2])
        wire.emby.settle()
        return wire, box, ids

    return opened


@BOTH
async def test_a_change_moves_the_etag_now_and_once_more_when_it_settles(
    settled: Any, profile: Any
) -> None:
    wire, box, ids = await settled(profile)
    before = await wire.etag()
    await wire.add(box, ids[2])
    now = await wire.etag()
    wire.emby.settle()
    later = await wire.etag()
    wire.emby.settle()
    assert len({before, now, later}) == 3
    assert await wire.etag() == later


async def test_a_removal_moves_the_etag(settled: Any) -> None:
    wire, box, ids = await settled()
    before = await wire.etag()
    await wire.remove(box, ids[0])
    assert await wire.etag() != before


@BOTH
async def test_repeats_reading_and_a_scan_leave_the_etag_alone(settled: Any, profile: Any) -> None:
    wire, box, ids = await settled(profile)
    before = await wire.etag()
    await wire.add(box, ids[0])
    await wire.remove(box, ids[2])
    await wire.get("/Items", ParentId=box, UserId=wire.emby.admin_id)
    wire.emby.scan()
    wire.emby.core.agenda.run_all()
    assert await wire.etag() == before


@BOTH
async def test_a_film_that_leaves_lowers_the_count_and_leaves_the_etag(
    settled: Any, profile: Any
) -> None:
    wire, _, ids = await settled(profile)
    [before] = await wire.box_sets()
    wire.emby.remove_item(ids[0])
    [after] = await wire.box_sets()
    assert (before["ChildCount"], after["ChildCount"]) == (2, 1)
    assert before["Etag"] == after["Etag"]


async def test_what_a_person_does_moves_the_etag_too(settled: Any) -> None:
    wire, box, ids = await settled()
    seen = [await wire.etag()]
    acts: tuple[Any, ...] = (
        lambda: wire.emby.hand_add(box, ids[2]),
        lambda: wire.emby.hand_remove(box, ids[0]),
        lambda: wire.emby.hand_rename(box, "B"),
        lambda: wire.emby.hand_edit(box, Overview="Mine"),
        lambda: wire.emby.hand_poster(box, b"picture"),
    )
    for act in acts:
        act()
        seen.append(await wire.etag())
    assert len(set(seen)) == 6


async def test_a_box_set_made_anew_has_another_etag(settled: Any) -> None:
    wire, box, ids = await settled(PROFILE_32)
    before = await wire.etag()
    wire.emby.hand_delete(box)
    assert await wire.create("A", *ids[:2]) == box
    wire.emby.settle()
    assert await wire.etag() != before


@pytest.mark.parametrize(("profile", "moves"), [(PROFILE_32, False), (PROFILE_49, True)])
async def test_on_the_older_server_the_etag_means_nothing_without_the_date(
    settled: Any, profile: Any, moves: bool
) -> None:
    wire, box, ids = await settled(profile)

    async def etag() -> Any:
        reply = await wire.get(
            "/Items",
            Recursive=True,
            IncludeItemTypes="BoxSet",
            UserId=wire.emby.admin_id,
            Fields="Etag",
        )
        return reply.json["Items"][0]["Etag"]

    before = await etag()
    await wire.add(box, ids[2])
    assert (await etag() != before) is moves


async def test_on_the_older_server_a_key_alone_gets_no_count(settled: Any) -> None:
    for profile, there in ((PROFILE_32, False), (PROFILE_49, True)):
        wire, _, _ = await settled(profile)
        reply = await wire.get(
            "/Items", Recursive=True, IncludeItemTypes="BoxSet", Fields="ChildCount"
        )
        assert ("ChildCount" in reply.json["Items"][0]) is there


async def test_emby_draws_its_own_poster_when_a_box_set_settles(settled: Any) -> None:
    wire, box, _ = await settled()
    [row] = await wire.box_sets()
    assert "Primary" in row["ImageTags"]
    reply = await wire.get(f"/Items/{box}/Images/Primary", token=None)
    assert (reply.status, reply.content_type) == (200, "image/jpeg")


async def test_an_uploaded_poster_survives_and_a_deleted_one_is_drawn_anew(settled: Any) -> None:
    wire, box, _ = await settled()
    own = wire.emby.box_set("A").image().tag
    wire.emby.hand_poster(box, b"picture")
    mine = wire.emby.box_set("A").image().tag
    wire.emby.settle()
    assert wire.emby.box_set("A").image().tag == mine
    await wire.call("DELETE", f"/Items/{box}/Images/Primary")
    assert wire.emby.box_set("A").image() is None
    wire.emby.settle()
    assert wire.emby.box_set("A").image().tag not in (own, mine)


async def test_a_server_can_be_told_to_draw_nothing(settled: Any) -> None:
    wire, _, _ = await settled(collage_seconds=None)
    assert wire.emby.box_set("A").image() is None


async def test_settling_happens_by_itself_after_its_time(open_emby: Any, until: Any) -> None:
    wire = await open_emby(settle_seconds=0.02)
    film = wire.emby.add_item("movie", "Film")
    await wire.create("A", film)
    fresh = wire.emby.box_set("A")
    await until(lambda: not fresh.fresh and fresh.image() is not None)
