"""The Emby stand-in: box sets are made from folders, and members are links."""

from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49

BOTH = pytest.mark.parametrize("profile", [PROFILE_32, PROFILE_49], ids=lambda one: one.name)
UNKNOWN = {PROFILE_32.name: "0" * 32, PROFILE_49.name: "999999"}


@pytest.fixture
async def shelved(open_emby: Any) -> Any:
    """A server with four films, and their ids."""

    async def opened(profile: Any = PROFILE_49, **options: Any) -> Any:
        wire = await open_emby(profile, **options)
        return wire, [wire.emby.add_item("movie", f"Film {number}") for number in range(4)]

    return opened


async def test_the_older_server_gives_a_box_set_the_id_of_its_folder(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    alpha = await wire.create("Alpha", *ids)
    assert alpha == "9f2d9718b9b71fd75fcdba4466b47e05"
    assert await wire.create("alpha") == "7e2035b81c7518a8f6b20896e047da1b"
    wire.emby.hand_delete(alpha)
    assert await wire.create("Alpha") == alpha


async def test_the_folder_is_the_name_made_clean(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    assert await wire.create("Many/Slash:?", *ids) == "6fc2999a81d6834a4fd2b7df8dd2ec3d"
    [row] = await wire.box_sets()
    assert row["Name"] == "Many/Slash:?"
    assert row["Path"].endswith("/Many Slash   [boxset]")


async def test_only_the_newer_server_names_what_it_made(shelved: Any) -> None:
    for profile, keys in ((PROFILE_32, {"Id"}), (PROFILE_49, {"Id", "Name"})):
        wire, ids = await shelved(profile)
        reply = await wire.call("POST", "/Collections", Name="A", Ids=ids[0])
        assert reply.json.keys() == keys


async def test_creating_over_a_name_is_refused_by_the_older_server(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    await wire.create("Alpha", *ids[:2])
    reply = await wire.call("POST", "/Collections", Name="Alpha", Ids=ids[3])
    text = "A child with the Id 9f2d9718-b9b7-1fd7-5fcd-ba4466b47e05 already exists."
    assert (reply.status, reply.text) == (400, text)
    assert wire.emby.members(wire.emby.box_set("Alpha").id) == ids[:2]


async def test_creating_over_a_renamed_box_set_names_it_back_on_the_older_server(
    shelved: Any,
) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("Alpha", *ids[:2])
    wire.emby.hand_rename(box, "Beta")
    assert (await wire.call("POST", "/Collections", Name="Alpha", Ids=ids[3])).status == 400
    assert [one.name for one in wire.emby.box_sets] == ["Alpha"]


async def test_creating_over_a_name_gives_the_existing_one_on_the_newer_server(
    shelved: Any,
) -> None:
    wire, ids = await shelved(PROFILE_49)
    box = await wire.create("Alpha", *ids[:2])
    wire.emby.hand_rename(box, "Beta")
    assert await wire.create("Alpha", ids[3]) == box
    assert wire.emby.members(box) == ids[:2]


@BOTH
async def test_a_create_with_an_unknown_id_fails_and_leaves_an_empty_box_set(
    shelved: Any, profile: Any
) -> None:
    wire, ids = await shelved(profile)
    reply = await wire.call(
        "POST", "/Collections", Name="Bad", Ids=f"{ids[0]},{UNKNOWN[profile.name]}"
    )
    assert (reply.status, reply.text) == (400, "Value cannot be null.\nParameter name: id")
    assert wire.emby.members(wire.emby.box_set("Bad").id) == []


@pytest.mark.parametrize(
    ("profile", "status", "left"), [(PROFILE_32, 200, 1), (PROFILE_49, 500, 0)]
)
async def test_an_empty_create_works_on_the_older_server_only(
    shelved: Any, profile: Any, status: Any, left: Any
) -> None:
    wire, _ = await shelved(profile)
    assert (await wire.call("POST", "/Collections", Name="Empty")).status == status
    assert len(wire.emby.box_sets) == left


@BOTH
async def test_a_create_without_a_name_is_refused(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    reply = await wire.call("POST", "/Collections", Ids=ids[0])
    assert (reply.status, reply.text) == (400, "Value cannot be null.\nParameter name: filename")


@BOTH
async def test_a_name_of_300_characters_fails(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    reply = await wire.call("POST", "/Collections", Name="x" * 300, Ids=ids[0])
    assert reply.status == 500
    assert "too long" in reply.text
    assert wire.emby.box_sets == []


@BOTH
async def test_a_create_can_come_in_a_json_body(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    reply = await wire.call("POST", "/Collections", json={"Name": "Body", "Ids": ids[0]})
    assert wire.emby.members(reply.json["Id"]) == ids[:1]


@BOTH
async def test_one_unknown_id_fails_the_whole_batch(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    box = await wire.create("A", ids[0])
    assert (await wire.add(box, ids[1], UNKNOWN[profile.name])).status == 400
    assert (await wire.remove(box, ids[0], UNKNOWN[profile.name])).status == 400
    assert wire.emby.members(box) == ids[:1]


@BOTH
async def test_adding_again_and_removing_a_stranger_answer_204(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    box = await wire.create("A", ids[0])
    assert (await wire.add(box, ids[0])).status == 204
    assert (await wire.remove(box, ids[1])).status == 204
    assert wire.emby.members(box) == ids[:1]


@BOTH
async def test_a_film_is_no_box_set(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    reply = await wire.add(ids[0], ids[1])
    assert (reply.status, reply.text) == (400, "No collection exists with the supplied Id")


@BOTH
async def test_adding_to_a_box_set_that_never_was_is_refused(shelved: Any, profile: Any) -> None:
    wire, ids = await shelved(profile)
    assert (await wire.add(UNKNOWN[profile.name], ids[0])).status == 400


@pytest.mark.parametrize(("profile", "status"), [(PROFILE_32, 204), (PROFILE_49, 400)])
async def test_adding_to_a_deleted_box_set_is_swallowed_or_refused(
    shelved: Any, profile: Any, status: Any
) -> None:
    wire, ids = await shelved(profile)
    box = await wire.create("A", ids[0])
    wire.emby.hand_delete(box)
    assert (await wire.add(box, ids[1])).status == status
    assert wire.emby.box_sets == []


async def test_the_older_server_shows_a_removed_member_once_more(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("A", *ids[:2])
    await wire.remove(box, ids[0])
    first = await wire.get("/Items", ParentId=box, UserId=wire.emby.admin_id)
    second = await wire.get("/Items", ParentId=box, UserId=wire.emby.admin_id)
    assert (sorted(first.ids), second.ids) == (sorted(ids[:2]), [ids[1]])


async def test_the_newer_server_shows_a_removed_member_no_more(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_49)
    box = await wire.create("A", *ids[:2])
    await wire.remove(box, ids[0])
    assert (await wire.get("/Items", ParentId=box)).ids == [ids[1]]


async def test_removing_by_post_is_there_on_the_newer_server_only(shelved: Any) -> None:
    for profile, status in ((PROFILE_32, 404), (PROFILE_49, 204)):
        wire, ids = await shelved(profile)
        box = await wire.create("A", *ids[:2])
        reply = await wire.call("POST", f"/Collections/{box}/Items/Delete", Ids=ids[0])
        assert reply.status == status


async def test_members_look_gone_to_a_key_alone_on_the_older_server(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("A", *ids[:2])
    user = wire.emby.admin_id
    assert (await wire.get("/Items", ParentId=box)).total == 0
    assert (await wire.get("/Items", ParentId=box, Recursive=True)).total == 2
    assert (await wire.get("/Items", ParentId=box, UserId=user)).total == 2
    assert (await wire.get(f"/Users/{user}/Items", ParentId=box)).total == 2


async def test_the_newer_server_shows_members_to_a_key_alone(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_49)
    box = await wire.create("A", *ids[:2])
    assert (await wire.get("/Items", ParentId=box)).ids == ids[:2]


@BOTH
async def test_the_members_of_a_lost_box_set_are_everything_to_a_key_and_nothing_to_a_user(
    shelved: Any, profile: Any
) -> None:
    wire, ids = await shelved(profile)
    box = await wire.create("A", *ids[:2])
    wire.emby.hand_delete(box)
    alone = await wire.get("/Items", ParentId=box, Recursive=True)
    with_user = await wire.get("/Items", ParentId=box, Recursive=True, UserId=wire.emby.admin_id)
    assert (alone.total, with_user.total) == (4, 0)


async def test_digging_opens_the_shows_among_the_members(shelved: Any) -> None:
    wire, _ = await shelved()
    show = wire.emby.add_item("show", "Show", episodes=2)
    box = await wire.create("A", show)
    assert (await wire.get("/Items", ParentId=box)).names == ["Show"]
    assert (await wire.get("/Items", ParentId=box, Recursive=True)).total == 3


async def test_an_add_right_after_a_create_can_vanish(shelved: Any) -> None:
    wire, ids = await shelved(adds_vanish_after_create=True)
    box = await wire.create("A", ids[0])
    assert (await wire.add(box, ids[1])).status == 204
    assert wire.emby.members(box) == ids[:1]
    wire.emby.settle()
    await wire.add(box, ids[1])
    assert wire.emby.members(box) == ids[:2]


@pytest.mark.parametrize(("profile", "status"), [(PROFILE_32, 204), (PROFILE_49, 414)])
async def test_a_url_beyond_8192_characters_is_too_long_for_the_newer_server(
    shelved: Any, profile: Any, status: Any
) -> None:
    wire, ids = await shelved(profile)
    box = await wire.create("A", ids[0])
    long = ids[1] + "," * 9000
    assert (await wire.add(box, long)).status == status


async def test_a_key_cannot_delete_on_the_older_server_but_a_user_can(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("A", *ids)
    refused = await wire.call("DELETE", f"/Items/{box}")
    assert (refused.status, refused.text) == (400, "Value cannot be null.\nParameter name: g")
    assert (await wire.call("DELETE", f"/Items/{box}", token=wire.emby.token())).status == 204
    assert wire.emby.box_sets == []


async def test_a_key_deletes_on_the_newer_server_and_once_is_enough(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_49)
    box = await wire.create("A", *ids)
    assert (await wire.call("DELETE", f"/Items/{box}")).status == 204
    assert (await wire.call("DELETE", f"/Items/{box}")).status == 404


async def test_deleting_a_film_deletes_the_film(shelved: Any) -> None:
    wire, ids = await shelved()
    await wire.call("POST", f"/Items/{ids[0]}/Delete")
    assert ids[0] not in [item.id for item in wire.emby.items]


async def test_a_film_that_left_and_came_back_is_no_member(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("A", *ids[:2])
    wire.emby.remove_item(ids[0])
    assert wire.emby.add_item("movie", "Film 0") == ids[0]
    assert wire.emby.members(box) == [ids[1]]


async def test_a_film_that_came_back_and_was_added_again_needs_two_removals(shelved: Any) -> None:
    wire, ids = await shelved(PROFILE_32)
    box = await wire.create("A", ids[0])
    wire.emby.remove_item(ids[0])
    wire.emby.add_item("movie", "Film 0")
    await wire.add(box, ids[0])
    await wire.remove(box, ids[0])
    assert wire.emby.members(box) == ids[:1]
    await wire.remove(box, ids[0])
    assert wire.emby.members(box) == []


async def test_a_name_can_be_spoilt_by_deleting_before_it_settled(shelved: Any) -> None:
    wire, ids = await shelved(recreate_trap=True)
    wire.emby.hand_delete(await wire.create("A", ids[0]))
    assert (await wire.call("POST", "/Collections", Name="A", Ids=ids[0])).status == 500


async def test_a_restricted_user_sees_only_box_sets_with_something_for_them(shelved: Any) -> None:
    wire, ids = await shelved()
    tv = list(wire.emby.core.state.libraries)[1]
    child = wire.emby.add_user("child", "", libraries=[tv])
    show = wire.emby.add_item("show", "Show")
    await wire.create("Films", *ids)
    await wire.create("Mixed", ids[0], show)
    reply = await wire.get(
        "/Items", Recursive=True, IncludeItemTypes="BoxSet", UserId=child, Fields="ChildCount"
    )
    assert [(row["Name"], row["ChildCount"]) for row in reply.json["Items"]] == [("Mixed", 1)]
