"""What waits for a person, and the answers that can be given."""

from collectarr.models import RunStatus
from collectarr.store import collections, runs
from collectarr.store.collections import Collection
from collectarr.store.users import User
from tests.flows.world import film, own
from tests.pages.site import Site


async def shrunk(site: Site, user: User) -> Collection:
    """A collection of 12 owned titles whose list lost all but two."""
    films = [film(number) for number in range(1, 13)]
    own(site.emby, *films)
    site.mdblist.add_list("demo", "films", "Films", films)
    await site.add_server(user, "Living room")
    collection = await site.define(user)
    await site.sync(collection)
    site.mdblist.set_items("demo", "films", films[:2])
    run = await site.sync(collection)
    assert (await runs.get_run(site.services.db, user.id, run)).status is RunStatus.HELD
    return collection


async def taken(site: Site, user: User) -> Collection:
    """A collection whose name somebody else's box set has."""
    ids = own(site.emby, film(1), film(2))
    site.emby.hand_create("Films", ids[:1])
    site.mdblist.add_list("demo", "films", "Films", [film(1), film(2)])
    await site.add_server(user, "Living room")
    collection = await site.define(user)
    await site.sync(collection)
    return collection


def members(site: Site, name: str) -> set[str]:
    box_set = site.emby.box_set(name)
    assert box_set is not None, f"no box set {name!r}"
    return {site.emby.item(key).name for key in site.emby.members(box_set.id)}


async def held_run(site: Site, user: User) -> int:
    found, _ = await runs.list_runs(site.services.db, user.id, status=RunStatus.HELD)
    return found[0].id


async def test_removals_wait_on_the_page_with_every_title(site: Site, anna: User) -> None:
    collection = await shrunk(site, anna)
    seen = await site.get(f"/collections/{collection.id}")
    assert "10 removals wait for you" in seen.text
    assert "Film 12" in seen.text
    assert "2 others stay" in seen.text
    assert "Waiting for you" in (await site.get("/collections?status=waiting")).text
    home = await site.get("/")
    assert "Needs you" in home.text
    assert "1 needs you" in home.text
    run = await site.get(f"/runs/{await held_run(site, anna)}")
    assert "Decide what happens" in run.text


async def test_approved_removals_are_carried_out(site: Site, anna: User) -> None:
    collection = await shrunk(site, anna)
    sent = await site.post(f"/runs/{await held_run(site, anna)}/approve")
    assert (sent.status, sent.location) == (303, f"/collections/{collection.id}")
    await site.wait_for_runs(anna)
    assert members(site, "Films") == {"Film 1", "Film 2"}
    seen = await site.get(f"/collections/{collection.id}")
    assert "wait for you" not in seen.text
    assert "You approved the changes" in (await site.get("/runs")).text


async def test_rejected_removals_stay_and_nothing_waits_any_more(site: Site, anna: User) -> None:
    collection = await shrunk(site, anna)
    seen = await site.follow(f"/runs/{await held_run(site, anna)}/reject")
    assert "The 10 titles stay" in seen.notes
    assert "wait for you" not in seen.text
    assert "1 needs you" not in (await site.get("/")).text
    await site.sync(collection)
    assert len(members(site, "Films")) == 12


async def test_an_answer_that_comes_too_late_is_told_so(site: Site, anna: User) -> None:
    await shrunk(site, anna)
    run = await held_run(site, anna)
    await site.post(f"/runs/{run}/approve")
    await site.wait_for_runs(anna)
    for path in (f"/runs/{run}/approve", f"/runs/{run}/reject"):
        seen = await site.follow(path)
        assert "newer run" in seen.notes, path


async def test_a_name_that_is_taken_can_be_another_name(site: Site, anna: User) -> None:
    collection = await taken(site, anna)
    path = f"/collections/{collection.id}"
    seen = await site.get(path)
    assert "Living room already has a collection with this name" in seen.text
    server = (await site.servers(anna))[0]
    fields = {"server_id": str(server.id), "choice": "rename", "name": "!!!"}
    seen = await site.post(f"{path}/box-set", fields)
    assert seen.status == 422
    assert "letter or digit" in (seen.error(f"name-{server.id}") or "")
    assert 'value="!!!"' in seen.html
    sent = await site.post(f"{path}/box-set", {**fields, "name": "Our films"})
    assert (sent.status, sent.location) == (303, path)
    await site.wait_for_runs(anna)
    assert members(site, "Our films") == {"Film 1", "Film 2"}
    assert members(site, "Films") == {"Film 1"}


async def test_a_name_that_is_taken_can_be_taken_over(site: Site, anna: User) -> None:
    collection = await taken(site, anna)
    server = (await site.servers(anna))[0]
    fields = {"server_id": str(server.id), "choice": "adopt"}
    await site.post(f"/collections/{collection.id}/box-set", fields)
    await site.wait_for_runs(anna)
    assert members(site, "Films") == {"Film 1", "Film 2"}
    settings = await site.get(f"/collections/{collection.id}?tab=settings")
    assert "Type the name" in settings.text
    fields = {"where": "everywhere", "confirm": "Film"}
    seen = await site.post(f"/collections/{collection.id}/delete", fields)
    assert (seen.status, seen.value("confirm")) == (422, "Film")
    assert seen.error("confirm")
    seen = await site.follow(f"/collections/{collection.id}/delete", {**fields, "confirm": "Films"})
    assert "stays in Living room" in seen.notes
    assert members(site, "Films") == {"Film 1"}


async def test_a_box_set_that_is_gone_can_be_made_again(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    box_set = site.emby.box_set("Films")
    assert box_set is not None
    site.emby.hand_delete(box_set.id)
    await site.sync(collection)
    path = f"/collections/{collection.id}"
    assert "gone from Living room" in (await site.get(path)).text
    server = (await site.servers(anna))[0]
    fields = {"server_id": str(server.id), "choice": "recreate"}
    await site.post(f"{path}/box-set", fields)
    await site.wait_for_runs(anna)
    assert len(members(site, "Films")) == 4
    seen = await site.follow(f"{path}/box-set", fields)
    assert "answered already" in seen.notes


async def test_a_failed_sync_says_what_to_do(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    site.emby.fail("/", status=401, times=None)
    await site.sync(collection)
    seen = await site.get(f"/collections/{collection.id}")
    assert "The last sync failed" in seen.text
    assert "key is not accepted by Living room" in seen.text
    assert "Look at the servers" in seen.text
    home = await site.get("/")
    assert "Not working" in home.text
    assert "Test the connection" in home.text


async def test_a_held_question_after_a_failed_run_asks_for_a_sync(site: Site, anna: User) -> None:
    collection = await taken(site, anna)
    site.emby.fail("/", status=500, times=None)
    await site.sync(collection)
    seen = await site.get(f"/collections/{collection.id}")
    assert "Sync now, then decide" in seen.text
    (kept,) = await collections.list_collections(site.services.db, anna.id)
    assert kept.id == collection.id
