"""Making, changing, pausing and deleting collections; finding them again."""

import pytest

from collectarr.models import Mode, RunStatus
from collectarr.store import summaries
from collectarr.store.db import Database, Row, stamp
from collectarr.store.targets import load_targets
from collectarr.store.users import User
from collectarr.sync.connect import connect_source
from tests.flows.world import film, own
from tests.pages.site import MDBLIST_KEY, Site

NEW = {"list": "demo/films", "interval_hours": "12", "mode": "keep", "name": "My films"}


async def ready(site: Site, user: User) -> dict[str, str]:
    """A list, a server that owns half of it, and the fields of a form that would do."""
    own(site.emby, film(1), film(2))
    site.mdblist.add_list("demo", "films", "Films", [film(number) for number in range(1, 5)])
    server = await site.add_server(user)
    return {**NEW, "servers": str(server.id)}


async def test_a_pasted_address_becomes_a_collection_that_syncs_at_once(
    site: Site, anna: User
) -> None:
    fields = await ready(site, anna)
    seen = await site.follow("/collections/new", fields)
    assert "“My films” was created" in seen.notes
    await site.wait_for_runs(anna)
    (made,) = await site.collections(anna)
    assert (made.name, made.interval_hours, made.mode) == ("My films", 12, Mode.KEEP)
    seen = await site.get(f"/collections/{made.id}")
    assert "2 / 4" in seen.text
    assert site.emby.box_set("My films") is not None
    assert "The collection was new" in (await site.get("/runs")).text


async def test_without_a_name_the_lists_own_is_taken(site: Site, anna: User) -> None:
    fields = await ready(site, anna)
    await site.post("/collections/new", {**fields, "name": ""})
    assert [row.name for row in await site.collections(anna)] == ["Films"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("list", "", "Paste the address"),
        ("list", "https://example.org/lists/a/b", "is not a list"),
        ("list", "demo/nothing", "demo/nothing"),
        ("interval_hours", "900", "between 1 and 168"),
        ("interval_hours", "x", "between 1 and 168"),
        ("interval_hours", "9" * 5000, "between 1 and 168"),
        ("mode", "shred", "Choose one"),
        ("name", "!!!", "letter or digit"),
        ("name", "x" * 300, "At most 120"),
        ("servers", "99", "at least one server"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_kept(
    site: Site, anna: User, field: str, value: str, words: str
) -> None:
    fields = {**(await ready(site, anna)), field: value}
    seen = await site.post("/collections/new", fields)
    assert seen.status == 422
    assert words in (seen.error(field) or "")
    assert words in seen.summary
    for name in ("list", "name", "interval_hours"):
        assert seen.value(name) == fields[name]
    assert await site.collections(anna) == []


async def test_a_list_that_cannot_be_had_now_keeps_what_was_typed(site: Site, anna: User) -> None:
    fields = await ready(site, anna)
    site.mdblist.fail("/lists/", status=500, times=None)
    seen = await site.post("/collections/new", fields)
    assert (seen.status, seen.value("list")) == (422, "demo/films")
    assert "MDBList" in (seen.error("list") or "")


async def with_key(site: Site, user: User) -> None:
    services = site.services
    await connect_source(
        services.db, services.vault, services.outside, user.id, "mdblist", MDBLIST_KEY
    )


async def test_lists_of_the_account_can_be_picked(site: Site, anna: User) -> None:
    fields = await ready(site, anna)
    assert "Connect MDBList" in (await site.get("/collections/new")).text
    await with_key(site, anna)
    seen = await site.get("/collections/new")
    assert 'name="pick" value="mdblist:demo/films"' in seen.html
    await site.post("/collections/new", {**fields, "list": "", "pick": "mdblist:demo/films"})
    assert [row.name for row in await site.collections(anna)] == ["My films"]
    assert "In use: My films" in (await site.get("/collections/new")).text


async def test_when_mdblist_is_silent_the_page_still_shows(site: Site, anna: User) -> None:
    await with_key(site, anna)
    site.mdblist.fail("/lists/", status=503, times=None)
    seen = await site.get("/collections/new")
    assert (seen.status, "did not tell its lists" in seen.text) == (200, True)


async def test_a_wrong_pick_is_named_beside_the_picks(site: Site, anna: User) -> None:
    fields = await ready(site, anna)
    for pick in ("mdblist:demo/gone", "nowhere:demo/films", "demo/films", "mdblist:"):
        seen = await site.post("/collections/new", {**fields, "list": "", "pick": pick})
        assert seen.status == 422, pick
        assert seen.error("pick"), pick


async def test_settings_are_kept_or_refused_with_what_was_typed(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    server = (await site.servers(anna))[0]
    path = f"/collections/{collection.id}"
    good = {
        "name": "Better films",
        "interval_hours": "6",
        "mode": "add_only",
        "servers": str(server.id),
    }
    for field, value in (("name", ""), ("interval_hours", "0"), ("mode", "x"), ("servers", "")):
        seen = await site.post(f"{path}/settings", {**good, field: value})
        assert seen.status == 422, field
        assert seen.error(field), field
        kept = {name: seen.value(name) for name in ("name", "interval_hours")}
        typed = {**good, field: value}
        assert kept == {name: typed[name] for name in kept}
    seen = await site.follow(f"{path}/settings", good)
    assert "Saved." in seen.notes
    (saved,) = await site.collections(anna)
    assert (saved.name, saved.interval_hours, saved.mode) == ("Better films", 6, Mode.ADD_ONLY)
    assert saved.enabled


async def test_a_paused_collection_says_so_until_it_is_resumed(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    seen = await site.follow(f"{path}/pause")
    assert "Paused: nothing is checked" in seen.text
    assert "Paused" in (await site.get("/collections?status=paused")).text
    seen = await site.follow(f"{path}/resume")
    assert "Checked every day" in seen.text


async def test_a_form_leads_back_to_the_page_that_it_was_on(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}/pause"
    here = str(site.client.make_url("/collections?status=synced"))
    assert (await site.post(path, Referer=here)).location == "/collections?status=synced"
    for strange in ("https://evil.example/collections", "nonsense", "http://[", "//x/y"):
        sent = await site.post(path, Referer=strange)
        assert sent.location == f"/collections/{collection.id}", strange


async def test_deleting_here_leaves_emby_alone(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    seen = await site.post(f"{path}/delete", {"where": "here"})
    assert (seen.status, "Tick the box" in seen.summary) == (422, True)
    seen = await site.follow(f"{path}/delete", {"where": "here", "sure": "yes"})
    assert "in Emby it stays" in seen.notes
    assert await site.collections(anna) == []
    assert site.emby.box_set("Films") is not None


async def test_deleting_everywhere_takes_the_box_set_too(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    fields = {"where": "everywhere", "sure": "yes"}
    seen = await site.follow(f"/collections/{collection.id}/delete", fields)
    assert "was deleted." in seen.notes
    assert site.emby.box_set("Films") is None


async def test_a_run_under_way_is_stopped_before_its_collection_is_deleted(
    site: Site, anna: User
) -> None:
    await ready(site, anna)
    collection = await site.define(anna)
    site.mdblist.fail("/lists/demo/films/json", delay=30, times=None)
    await site.post(f"/collections/{collection.id}/sync")
    assert len(site.services.runner.states(anna.id)) == 1
    seen = await site.follow(
        f"/collections/{collection.id}/delete", {"where": "here", "sure": "yes"}
    )
    assert "was deleted here" in seen.notes
    assert site.services.runner.states(anna.id) == []


async def test_sync_everything_says_when_there_is_nothing(site: Site, anna: User) -> None:
    assert "nothing to sync" in (await site.follow("/sync")).notes
    collection = await site.furnish(anna)
    await site.post("/sync")
    await site.wait_for_runs(anna)
    runs, total = await summaries.collection_runs(site.services.db, collection.id, limit=9)
    assert (total, runs[0].status) == (2, RunStatus.SUCCESS)
    assert "All collections" not in (await site.get("/runs")).text


async def test_missing_and_owned_titles_can_be_told_apart(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    owned = await site.get(f"{path}?show=owned")
    missing = await site.get(f"{path}?show=missing")
    assert "Film 1" in owned.text
    assert "Film 8" not in owned.text
    assert "Film 8" in missing.text
    assert "Film 1 " not in missing.text
    assert "Same IMDb id (tt0000001)." in owned.text
    assert "Not in the library." in missing.text


async def test_a_title_is_not_called_missing_before_it_was_looked_for(
    site: Site, anna: User
) -> None:
    await ready(site, anna)
    collection = await site.define(anna)
    site.emby.fail("/", status=500, times=None)
    await site.sync(collection)
    seen = await site.get(f"/collections/{collection.id}")
    assert "4 titles. Not looked for yet." in seen.text
    assert "Film 1" in seen.text
    assert not any(word in seen.text for word in ("Missing", "missing", "0 / 4"))


async def test_the_preview_tells_what_would_change_and_changes_nothing(
    site: Site, anna: User
) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}?tab=preview"
    assert "Nothing to change. All 4 titles" in (await site.get(path)).text
    writes = [row for row in site.emby.requests if row["method"] != "GET"]
    await site.get(path)
    assert [row for row in site.emby.requests if row["method"] != "GET"] == writes


async def test_the_preview_says_what_is_wrong_with_a_dead_server(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    site.emby.fail("/Items", status=401, times=None)
    seen = await site.get(f"/collections/{collection.id}?tab=preview")
    assert (seen.status, "key is not accepted by Living room" in seen.text) == (200, True)


async def test_before_the_first_reading_there_is_no_preview(site: Site, anna: User) -> None:
    await ready(site, anna)
    collection = await site.define(anna)
    seen = await site.get(f"/collections/{collection.id}?tab=preview")
    assert "has not been read yet" in seen.text
    assert len(await load_targets(site.services.db, [collection.id])) == 1


async def stocked(site: Site, user: User, amount: int) -> None:
    """`amount` collections without a sync, in the store only."""
    async with site.services.db.write() as tx:
        await tx.many(
            "INSERT INTO collections (user_id, name, due_at, created_at, wanted, owned)"
            " VALUES (?, ?, ?, ?, 10, ?)",
            [
                (user.id, f"Number {n:04}", stamp(user.created_at), stamp(user.created_at), n % 11)
                for n in range(amount)
            ],
        )


class Counted:
    """How many queries a page makes."""

    def __init__(self, db: Database) -> None:
        self.queries = 0
        self._rows = db.rows
        db.rows = self.rows  # type: ignore[method-assign]

    async def rows(self, sql: str, *values: object) -> list[Row]:
        self.queries += 1
        return await self._rows(sql, *values)


@pytest.mark.parametrize("path", ["/", "/collections", "/runs"])
async def test_a_thousand_collections_cost_no_more_queries_than_ten(
    site: Site, anna: User, path: str
) -> None:
    counted = Counted(site.services.db)
    asked = []
    for more in (10, 990):
        await stocked(site, anna, more)
        counted.queries = 0
        assert (await site.get(path)).status == 200
        asked.append(counted.queries)
    assert asked[0] == asked[1] <= 10


async def test_collections_come_in_pages_sorted_and_filtered(site: Site, anna: User) -> None:
    await stocked(site, anna, 80)
    first = await site.get("/collections")
    assert (first.html.count('<article class="card"'), "36 of 80" in first.text) == (36, True)
    last = await site.get("/collections?page=3")
    assert last.html.count('<article class="card"') == 8
    found = await site.get("/collections?query=NUMBER+007&sort=coverage")
    assert found.html.count('<article class="card"') == 10
    assert "Nothing matches" in (await site.get("/collections?query=zzz")).text
    for strange in ("page=0", "page=-1", "page=x", "page=99999999999", "sort=x&status=y"):
        assert (await site.get(f"/collections?{strange}")).status == 200, strange
