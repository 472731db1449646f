"""Ids of which nobody could tell yet what they are."""

from collectarr.store.known_titles import TitleKey, save_known_titles
from collectarr.store.users import User
from tests.pages.beside import trakt_beside
from tests.pages.conftest import MakeSite
from tests.pages.site import MDBLIST_KEY, Site
from tests.pages.test_collection_editor import edit, made

ASKS, IN_VAIN = "Not known yet; the next sync asks", "No source knows this id"


async def test_an_id_is_asked_for_once_and_then_known_to_nobody(site: Site, anna: User) -> None:
    await site.post("/settings/sources/mdblist", {"key": MDBLIST_KEY})
    collection = await made(site, anna, "tt0000001\ntmdb:99")
    page = await site.get(edit(collection))
    assert (page.text.count(ASKS), page.text.count(IN_VAIN)) == (2, 0)
    assert ASKS in (await site.get(f"{edit(collection)}?q=tt0000001")).text
    keys = [TitleKey("unknown", "imdb", "tt0000001")]
    await save_known_titles(site.services.db, dict.fromkeys(keys))
    page = await site.get(edit(collection))
    assert (page.text.count(ASKS), page.text.count(IN_VAIN)) == (1, 1)
    assert page.text.count("Missing") == 0
    found = await site.get(f"{edit(collection)}?q=tt0000001")
    assert found.text.count(IN_VAIN) == 2


async def test_where_nobody_can_be_asked_nobody_knows(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tt0000001")
    page = await site.get(edit(collection))
    assert (page.text.count(ASKS), page.text.count(IN_VAIN)) == (0, 1)


async def test_a_source_that_needs_no_account_may_still_know(make_site: MakeSite) -> None:
    async with trakt_beside(make_site) as (site, _):
        collection = await made(site, await site.sign_up("anna"), "tt0000001")
        page = await site.get(edit(collection))
        assert (page.text.count(ASKS), page.text.count(IN_VAIN)) == (1, 0)
        # Nobody knows what it is, so no picture is asked for either: the tile is drawn.
        assert "/images/titles/" not in page.html
