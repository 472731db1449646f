"""The titles of a collection: what is decided about one of them, and what is left out."""

import re
from html import unescape

import pytest

from collectarr.demo.mdblist.state import row_of
from collectarr.models import Kind, Rules
from collectarr.store.collections import Collection, get_collection
from collectarr.store.users import User
from collectarr.sync.define import Definition, redefine_collection
from tests.flows.world import film
from tests.pages.site import Seen, Site


async def again(site: Site, collection: Collection) -> Collection:
    return await get_collection(site.services.db, collection.user_id, collection.id)


def names(seen: Seen) -> list[str]:
    return re.findall(r'<span class="card-name">(.*?)</span>', seen.html)


def card(seen: Seen, name: str) -> str:
    cards = re.findall(r'<li class="title-card.*?</div>\s*</li>', seen.html, re.DOTALL)
    return next(str(one) for one in cards if f'<span class="card-name">{name}</span>' in one)


async def press(site: Site, seen: Seen, name: str, label: str) -> Seen:
    """Send the form of a title's sheet that has this button, as a browser does."""
    (form,) = re.findall(r"<form.*?</form>", card(seen, name), re.DOTALL)
    buttons = re.findall(r"<button.*?</button>", form, re.DOTALL)
    button = next(one for one in buttons if f"{label}<span" in one)
    found = re.search(r'formaction="([^"]*)"', button)
    assert found
    pairs = re.findall(r'name="([^"]*)" value="([^"]*)"', form)
    fields = {name: unescape(value) for name, value in pairs}
    assert fields["csrf"]
    return await site.follow(found[1], fields)


async def test_a_title_is_pinned_and_let_go_from_its_sheet(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    seen = await site.get(path)
    last = names(seen)[-1]
    assert "pinned-mark" not in seen.html
    assert "is pinned" in (await press(site, seen, last, "Always in")).notes
    seen = await site.get(path)
    assert names(seen)[0] == last
    assert [name for name in names(seen) if "pinned-mark" in card(seen, name)] == [last]
    assert "not pinned any more" in (await press(site, seen, last, "Not always in any more")).notes
    assert (await again(site, collection)).pins == ()
    assert "pinned-mark" not in (await site.get(path)).html


async def test_a_title_is_left_out_and_brought_back(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    seen = await site.get(path)
    before = names(seen)
    await press(site, seen, before[0], "Leave out")
    assert names(await site.get(path)) == before[1:]
    seen = await site.get(f"{path}?show=out")
    assert names(seen) == before[:1]
    assert "You left it out." in seen.text
    assert "Missing" not in Seen(0, card(seen, before[0]), seen.response).text
    await press(site, seen, before[0], "Bring back")
    assert (await again(site, collection)).exclusions == ()
    assert names(await site.get(path)) == before
    assert "None of them" in (await site.get(f"{path}?show=out")).text


async def test_what_a_rule_keeps_out_is_told_and_can_be_pinned(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path, services = f"/collections/{collection.id}", site.services
    before = names(await site.get(path))
    definition = Definition(None, (), rules=Rules(limit=2))
    await redefine_collection(services.db, services.outside, collection, definition)
    seen = await site.get(f"{path}?show=out")
    assert names(seen) == before[2:]
    assert "It comes after the first 2 that this collection takes." in seen.text
    await press(site, seen, before[-1], "Always in")
    assert names(await site.get(path)) == [before[-1], before[0]]


async def test_a_collection_that_takes_nothing_still_says_why(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path, services = f"/collections/{collection.id}", site.services
    definition = Definition(None, (), rules=Rules(kinds=(Kind.SHOW,)))
    await redefine_collection(services.db, services.outside, collection, definition)
    await site.sync(await again(site, collection))
    assert "?show=out" in (await site.get(path)).html
    seen = await site.get(f"{path}?show=out")
    assert "This collection takes only shows." in seen.text


async def test_of_a_collection_of_owned_titles_the_others_are_left_out(
    site: Site, anna: User
) -> None:
    collection = await site.furnish(anna)
    path, services = f"/collections/{collection.id}", site.services
    missing = names(await site.get(f"{path}?show=missing"))
    assert missing
    definition = Definition(None, (), rules=Rules(in_library=True))
    await redefine_collection(services.db, services.outside, collection, definition)
    seen = await site.get(f"{path}?show=out")
    assert names(seen) == missing
    assert "Only what your library holds is taken." in seen.text


@pytest.mark.parametrize("path", ["/browse/mdblist/demo/films", "/collections"])
async def test_without_a_server_nothing_is_missing(site: Site, anna: User, path: str) -> None:
    site.mdblist.add_list("demo", "films", "Films", [row_of(film(5))])
    await site.post("/settings/sources/mdblist", {"key": "demo-mdblist-key"})
    collection = await site.define(anna)
    await site.sync(collection)
    for page in (path, f"/collections/{collection.id}"):
        seen = await site.get(page)
        assert seen.status == 200
        assert "missing-word" not in seen.html
        assert 'class="title-card missing"' not in seen.html
    assert "No server yet" in (await site.get("/collections")).text
    assert "No server yet" in (await site.get(f"/collections/{collection.id}")).text
    await site.add_server(anna)
    assert "No server yet" not in (await site.get("/collections")).text


async def test_a_new_collection_asks_for_a_server_first(site: Site, anna: User) -> None:
    seen = await site.get("/collections/new")
    assert 'href="/settings/servers">Add your Emby server first</a>' in seen.html
    assert "<legend>On which servers" not in seen.html
    await site.add_server(anna)
    seen = await site.get("/collections/new")
    assert "Add your Emby server first" not in seen.text
    assert "<legend>On which servers" in seen.html
