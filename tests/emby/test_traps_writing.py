"""The traps of writing that were measured on real servers, on every kind of server."""

from typing import Any

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, PROFILE_JELLYFIN, EmbyProfile
from collectarr.emby.client import same_box_set_name
from collectarr.errors import NotFoundError, RejectedError, UnavailableError

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


async def test_a_box_set_is_created_whole_and_listed_under_its_folder(den: Any) -> None:
    films = den.films(100)
    box = await den.client.create_box_set("Top: 10/é & +", films)
    assert set(den.emby.members(box)) == set(films)
    assert len(den.writes) == 1
    [listed] = await den.client.box_sets()
    assert (listed.id, listed.name) == (box, "Top: 10/é & +")
    assert same_box_set_name("Top: 10/é & +", listed)
    assert not same_box_set_name("Top: 10", listed)


async def test_a_renamed_box_set_still_holds_its_old_name(den: Any) -> None:
    box = den.emby.hand_create("Alpha", den.films(1))
    den.emby.hand_rename(box, "Beta")
    [listed] = await den.client.box_sets()
    assert (listed.name, listed.folder) == ("Beta", "Alpha")
    assert same_box_set_name("Alpha", listed)
    assert same_box_set_name("Beta", listed)


async def test_emby_refuses_to_create_over_a_name_and_that_is_told(open_den: Any) -> None:
    den = await open_den(PROFILE_32)
    films = den.films(2)
    box = den.emby.hand_create("Alpha", films[:1])
    with pytest.raises(RejectedError) as refused:
        await den.client.create_box_set("Alpha", films)
    assert refused.value.code == "name_taken"
    assert den.emby.members(box) == films[:1]


async def test_a_create_that_happened_behind_a_500_is_not_sent_again(
    emby_profile: EmbyProfile, open_den: Any
) -> None:
    den = await open_den(emby_profile)
    films = den.films(2)
    den.emby.fail("/Collections$", method="POST", status=500, happens=True, times=None)
    with pytest.raises(UnavailableError):
        await den.client.create_box_set("Alpha", films)
    assert len(den.writes) == 1
    assert [box.name for box in await den.client.box_sets()] == ["Alpha"]


async def test_an_unknown_id_does_not_sink_an_add(den: Any) -> None:
    films = den.films(10)
    box = den.emby.hand_create("Box", films[:1])
    refused = await den.client.add(box, [*films[:5], den.unknown, *films[5:]])
    assert refused == (den.unknown,)
    assert set(den.emby.members(box)) == set(films)


async def test_a_known_version_is_added_though_emby_hides_it_behind_another(den: Any) -> None:
    versions = [den.emby.add_item("movie", "Heat", 1995, tmdb=949) for _ in range(3)]
    box = den.emby.hand_create("Box", den.films(1))
    assert await den.client.add(box, [*versions, den.unknown]) == (den.unknown,)
    assert set(versions) < set(den.emby.members(box))


async def test_adding_again_and_removing_what_is_not_in_do_nothing(den: Any) -> None:
    films = den.films(3)
    box = den.emby.hand_create("Box", films[:2])
    assert await den.client.add(box, films[:2]) == ()
    await den.client.remove(box, [films[2], den.unknown, films[0]])
    assert den.emby.members(box) == [films[1]]


async def test_a_thousand_ids_go_out_in_addresses_that_every_server_takes(den: Any) -> None:
    films = den.films(1000, announce=False)
    box = den.emby.hand_create("Box", films[:1])
    assert await den.client.add(box, films) == ()
    assert len(den.emby.members(box)) == 1000
    assert len(den.writes) <= (2 if den.emby.profile.numeric_ids else 9)
    await den.client.remove(box, films)
    assert den.emby.members(box) == []


async def test_adding_to_a_deleted_box_set_says_that_it_is_gone(open_den: Any) -> None:
    for profile in (PROFILE_49, PROFILE_JELLYFIN):
        den = await open_den(profile)
        films = den.films(2)
        box = den.emby.hand_create("Box", films[:1])
        den.emby.hand_delete(box)
        with pytest.raises(RejectedError) as refused:
            await den.client.add(box, films)
        assert refused.value.code == "gone"


async def test_a_film_in_place_of_a_box_set_is_neither_filled_changed_nor_deleted(
    den: Any,
) -> None:
    films = den.films(2)
    for write in (
        den.client.add(films[0], [films[1]]),
        den.client.update_box_set(films[0], lambda box: box.update(Name="No")),
        den.as_user.delete_box_set(films[0]),
    ):
        with pytest.raises(RejectedError) as refused:
            await write
        assert refused.value.code == "not_a_box_set"
    assert {item.name for item in den.emby.items} == {"Film 1", "Film 2"}


async def test_metadata_and_marker_are_written_without_harm_to_the_rest(den: Any) -> None:
    films = den.films(2)
    box = den.emby.hand_create("Box", films)
    den.emby.hand_edit(box, Genres=["Drama"])

    def change(whole: dict[str, Any]) -> None:
        whole["Overview"] = "Kept by a list."
        whole["ProviderIds"] = {**whole["ProviderIds"], "Collectarr": "house.1"}

    await den.client.update_box_set(box, change)
    [listed] = await den.client.box_sets()
    assert (listed.marker, listed.overview) == ("house.1", "Kept by a list.")
    assert (await den.client.box_set_object(box))["Genres"] == ["Drama"]
    assert den.emby.members(box) == films


async def test_a_key_that_may_not_delete_leaves_it_to_a_signed_in_administrator(
    open_den: Any,
) -> None:
    den = await open_den(PROFILE_32)
    box = den.emby.hand_create("Box", den.films(1))
    with pytest.raises(RejectedError) as refused:
        await den.client.delete_box_set(box)
    assert refused.value.code == "delete_refused"
    assert [one.id for one in den.emby.box_sets] == [box]
    await den.as_user.delete_box_set(box)
    assert den.emby.box_sets == []


async def test_a_box_set_is_deleted_once_and_gone_after_that(den: Any) -> None:
    box = den.emby.hand_create("Box", den.films(1))
    await den.as_user.delete_box_set(box)
    with pytest.raises(RejectedError) as refused:
        await den.as_user.delete_box_set(box)
    assert refused.value.code == "gone"
    assert len(den.emby.items) == 1


async def test_a_poster_arrives_as_the_image_that_it_is(den: Any) -> None:
    box = den.emby.hand_create("Box", den.films(1))
    with pytest.raises(NotFoundError):
        await den.client.image(box, 300)
    await den.client.upload_poster(box, PNG, "image/png")
    assert await den.client.image(box, 300) == (PNG, "image/png")
    [listed] = await den.client.box_sets()
    assert listed.image_tag


async def test_embys_own_collage_shows_as_a_tag_that_is_not_ours(den: Any) -> None:
    box = den.emby.hand_create("Box", den.films(4))
    [bare] = await den.client.box_sets()
    den.emby.settle()
    [drawn] = await den.client.box_sets()
    await den.client.upload_poster(box, PNG, "image/png")
    [ours] = await den.client.box_sets()
    assert bare.image_tag is None
    assert drawn.image_tag not in (None, ours.image_tag)
