"""The form of a collection: its lists, which of their titles, what is pinned or left out."""

import re

import pytest

from collectarr.models import Ids, Kind, Merge, Order, Rules, Title
from collectarr.store.collections import Collection, CollectionList, get_collection
from collectarr.store.users import User
from collectarr.sync.contents import title_key
from collectarr.sync.define import Definition, redefine_collection
from tests.flows.world import film
from tests.pages.site import Seen, Site

RULES = {
    "which": "yes",
    "kinds": "movie",
    "year_from": "1980",
    "year_to": "2010",
    "rating_from": "60",
    "genres": "Comedy, science fiction,",
    "without_genres": "War",
    "episodes": "skip",
    "in_library": "yes",
    "order": "rating",
    "direction": "down",
    "limit": "25",
}
PLAIN = {**dict.fromkeys(RULES, ""), "which": "yes", "episodes": "show", "order": "rank"}


async def furnished(site: Site, user: User) -> tuple[Collection, dict[str, str]]:
    """A synced collection, and the fields of its form that it cannot be without."""
    collection = await site.furnish(user)
    (server,) = await site.servers(user)
    return collection, {
        "name": "Films",
        "interval_hours": "24",
        "mode": "keep",
        "servers": str(server.id),
    }


async def again(site: Site, collection: Collection) -> Collection:
    return await get_collection(site.services.db, collection.user_id, collection.id)


def selected(seen: Seen, name: str) -> str:
    """What the select of that name shows."""
    shown = re.search(rf'<select[^>]*name="{name}".*?</select>', seen.html, re.DOTALL)
    assert shown, name
    found = re.search(r'<option value="([^"]*)" selected', shown[0])
    return found[1] if found else ""


def order_of(seen: Seen) -> list[str]:
    return re.findall(r'name="lists" value="(\d+)"', seen.html)


async def test_rules_are_kept_shown_and_taken_away_again(site: Site, anna: User) -> None:
    collection, usual = await furnished(site, anna)
    path = f"/collections/{collection.id}"
    seen = await site.follow(f"{path}/settings", {**usual, **RULES})
    assert "Saved." in seen.notes
    assert (await again(site, collection)).rules == Rules(
        kinds=(Kind.MOVIE,), year_from=1980, year_to=2010, rating_from=60,
        genres=("comedy", "science-fiction"), without_genres=("war",), episodes="skip",
        in_library=True, order=Order.RATING, descending=True, limit=25,
    )  # fmt: skip
    assert (seen.value("year_from"), seen.value("limit")) == ("1980", "25")
    assert seen.value("genres") == "comedy, science-fiction"
    assert (selected(seen, "order"), selected(seen, "direction")) == ("rating", "down")
    assert (selected(seen, "kinds"), selected(seen, "episodes")) == ("movie", "skip")
    assert "cannot keep an order" in seen.text
    await site.follow(f"{path}/settings", {**usual, **PLAIN})
    assert (await again(site, collection)).rules == Rules()


async def test_a_form_without_rules_leaves_them_alone(site: Site, anna: User) -> None:
    collection, usual = await furnished(site, anna)
    path = f"/collections/{collection.id}/settings"
    await site.follow(path, {**usual, **RULES})
    kept = (await again(site, collection)).rules
    await site.follow(path, usual)
    assert (await again(site, collection)).rules == kept
    await site.post(f"/collections/{collection.id}/pause")
    assert (await again(site, collection)).rules == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year_from", "1700"),
        ("year_to", "1979"),
        ("rating_from", "101"),
        ("rating_from", "x"),
        ("limit", "0"),
        ("limit", "9" * 400),
        ("order", "length"),
        ("without_genres", "comedy"),
    ],
)
async def test_a_wrong_rule_is_named_and_everything_typed_stays(
    site: Site, anna: User, field: str, value: str
) -> None:
    collection, usual = await furnished(site, anna)
    typed = {**usual, **RULES, field: value}
    seen = await site.post(f"/collections/{collection.id}/settings", typed)
    assert seen.status == 422
    assert seen.error(field)
    for name in ("year_from", "year_to", "rating_from", "genres", "without_genres", "limit"):
        assert seen.value(name) == typed[name], name
    assert selected(seen, "direction") == "down"
    assert (await again(site, collection)).rules == Rules()


async def two_lists(site: Site, user: User) -> tuple[Collection, dict[str, str], list[str]]:
    """The collection with another list that takes out, the form, and the ids of both lists."""
    collection, usual = await furnished(site, user)
    site.mdblist.add_list("demo", "seen", "Seen", [film(1)])
    path = f"/collections/{collection.id}/settings"
    seen = await site.follow(path, {**usual, "add_list": "demo/seen", "add_op": "minus"})
    assert "Saved." in seen.notes
    return await again(site, collection), usual, order_of(seen)


async def test_a_list_is_added_by_its_address(site: Site, anna: User) -> None:
    collection, _, ids = await two_lists(site, anna)
    assert [entry.op for entry in collection.lists] == ["union", "minus"]
    assert ids == [str(entry.list_id) for entry in collection.lists]
    await site.sync(collection)
    box = site.emby.box_set("Films")
    assert box is not None
    assert len(site.emby.members(box.id)) == 3


@pytest.mark.parametrize("address", ["what?", "demo/nothing", "demo/films"])
async def test_a_list_that_cannot_be_added_is_named(site: Site, anna: User, address: str) -> None:
    collection, usual = await furnished(site, anna)
    typed = {**usual, "add_list": address}
    seen = await site.post(f"/collections/{collection.id}/settings", typed)
    assert (seen.status, seen.value("add_list")) == (422, address)
    assert seen.error("add_list")
    assert (await again(site, collection)).lists == collection.lists


async def test_lists_are_moved_and_taken_off_without_a_script(site: Site, anna: User) -> None:
    collection, usual, (first, second) = await two_lists(site, anna)
    path = f"/collections/{collection.id}/settings"
    typed = {**usual, "name": "Better", f"op-{second}": "minus", "limit": "7", "which": "yes"}
    seen = await send_lists(site, path, {**typed, "act": f"up:{second}"}, (first, second))
    assert (seen.status, order_of(seen)) == (200, [second, first])
    assert "Not saved yet" in seen.text
    assert (seen.value("name"), seen.value("limit")) == ("Better", "7")
    assert await again(site, collection) == collection
    seen = await send_lists(site, path, {**typed, "act": f"remove:{first}"}, (second, first))
    assert order_of(seen) == [second]
    # Nothing else moved, so nothing was asked of the source either.
    site.mdblist.fail("/", status=500, times=None)
    saved = {**usual, f"op-{second}": "union", f"op-{first}": "minus", "merge": "turns"}
    assert (await send_lists(site, path, saved, (second, first))).status == 303
    kept = await again(site, collection)
    assert kept.merge is Merge.TURNS
    assert kept.lists == (CollectionList(int(second), "union"), CollectionList(int(first), "minus"))


async def send_lists(site: Site, path: str, fields: dict[str, str], lists: tuple[str, ...]) -> Seen:
    """As a browser sends fields of one name."""
    body = [("csrf", await site.csrf()), *fields.items(), *(("lists", key) for key in lists)]
    answer = await site.client.request("POST", path, data=body, allow_redirects=False)
    return Seen(answer.status, await answer.text(), answer)


async def test_what_is_pinned_and_left_out_is_shown_and_taken_back(site: Site, anna: User) -> None:
    collection, usual = await furnished(site, anna)
    path = f"/collections/{collection.id}"
    alien = {"kind": "movie", "title": "Alien", "year": "1979", "imdb": "tt0078748"}
    seen = await site.follow(f"{path}/pin", alien)
    assert "“Alien” is pinned" in seen.notes
    assert (await site.follow(f"{path}/pin", alien)).notes.endswith("already.")
    assert "is left out" in (await site.follow(f"{path}/exclude", {**alien, "tmdb": "348"})).notes
    (left_out,) = (await again(site, collection)).exclusions
    assert left_out == Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348))
    assert (await again(site, collection)).pins == ()
    seen = await site.get(f"{path}?tab=settings")
    assert "Always left out" in seen.text
    typed = {**usual, **PLAIN, "unexclude": str(title_key(left_out))}
    assert "Always left out" not in (await site.follow(f"{path}/settings", typed)).text
    assert (await again(site, collection)).exclusions == ()


async def test_a_pin_is_taken_back_where_it_was_made(site: Site, anna: User) -> None:
    collection, _ = await furnished(site, anna)
    path = f"/collections/{collection.id}"
    show = {"kind": "show", "title": "", "tvdb": "5"}
    assert "“tvdb 5” is pinned" in (await site.follow(f"{path}/pin", show)).notes
    assert "not pinned any more" in (await site.follow(f"{path}/unpin", show)).notes
    await site.follow(f"{path}/exclude", show)
    assert "not left out any more" in (await site.follow(f"{path}/unexclude", show)).notes
    found = await again(site, collection)
    assert (found.pins, found.exclusions) == ((), ())


@pytest.mark.parametrize(
    "fields",
    [{}, {"kind": "movie", "title": "Alien"}, {"kind": "x", "imdb": "tt1"}, {"kind": "unknown"}],
)
async def test_what_names_no_title_pins_nothing(
    site: Site, anna: User, fields: dict[str, str]
) -> None:
    collection, _ = await furnished(site, anna)
    for verb in ("pin", "exclude", "unpin", "unexclude"):
        seen = await site.follow(f"/collections/{collection.id}/{verb}", fields)
        assert "says too little" in seen.notes, verb


async def test_nobody_pins_in_the_collection_of_another(site: Site, anna: User) -> None:
    collection, _ = await furnished(site, anna)
    await site.sign_up("ben")
    for verb in ("pin", "exclude", "unpin", "unexclude"):
        sent = await site.post(f"/collections/{collection.id}/{verb}", {"kind": "movie"})
        assert sent.status == 404, verb


async def test_the_items_say_how_they_are_sorted(site: Site, anna: User) -> None:
    collection, _ = await furnished(site, anna)
    seen = await site.get(f"/collections/{collection.id}")
    assert "In the order of the list. Emby sorts its collections by itself." in seen.text
    services = site.services
    definition = Definition(None, (), rules=Rules(order=Order.TITLE))
    await redefine_collection(services.db, services.outside, collection, definition)
    assert "By title. Emby sorts" in (await site.get(f"/collections/{collection.id}")).text


async def test_a_collection_that_nothing_fits_says_so(site: Site, anna: User) -> None:
    collection, usual = await furnished(site, anna)
    path = f"/collections/{collection.id}"
    typed = {**usual, **PLAIN, "year_from": "2100", "in_library": "yes"}
    await site.follow(f"{path}/settings", typed)
    await site.sync(await again(site, collection))
    assert "No title of its lists fits" in (await site.get(path)).text


async def test_a_new_collection_can_have_rules_at_once(site: Site, anna: User) -> None:
    other, usual = await furnished(site, anna)
    typed = {**usual, **RULES, "name": "New", "list": "demo/films", "not_in": str(other.id)}
    seen = await site.post("/collections/new", {**typed, "limit": "x"})
    assert seen.status == 422
    assert seen.error("limit")
    assert f'name="not_in" value="{other.id}" checked' in seen.html
    assert (await site.post("/collections/new", typed)).status == 303
    made = next(row for row in await site.collections(anna) if row.name == "New")
    assert (made.rules.limit, made.rules.not_in) == (25, (other.id,))
    await site.wait_for_runs(anna)
