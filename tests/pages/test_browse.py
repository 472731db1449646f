"""Looking into lists before they are brought."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from collectarr.demo.trakt import TraktStandIn
from collectarr.pages import browse, browse_list
from collectarr.store.source_accounts import mark_account
from collectarr.store.users import User
from collectarr.sync.holdings import Holdings
from tests.flows.world import film, own
from tests.pages.beside import connect_trakt, trakt_beside
from tests.pages.conftest import MakeSite
from tests.pages.site import MDBLIST_KEY, Site

WATCHLIST = "/browse/trakt/users/demo/watchlist"
FILMS = "/browse/mdblist/demo/films"


@pytest.fixture
async def both(make_site: MakeSite) -> AsyncIterator[tuple[Site, TraktStandIn]]:
    async with trakt_beside(make_site) as (site, trakt):
        await site.sign_up("anna")
        yield site, trakt


@pytest.fixture
async def stocked(site: Site, anna: User) -> Site:
    """Anna owns four of the eight films of a list at MDBList, where she has an account."""
    await site.furnish(anna)
    await site.post("/settings/sources/mdblist", {"key": MDBLIST_KEY})
    return site


async def test_every_source_has_a_tab_with_its_shelves(both: tuple[Site, TraktStandIn]) -> None:
    site, _ = both
    for source in site.services.outside.sources.values():
        seen = await site.get(f"/browse/{source.name}")
        assert seen.status == 200, source.name
        for shelf in source.shelves:
            assert shelf.label.removeprefix("Your ").casefold() in seen.text.casefold(), shelf
    assert (await site.get("/browse/nowhere")).status == 404
    assert (await site.get("/browse/trakt?shelf=nothing")).status == 404


async def test_a_shelf_shows_lists_with_owner_size_and_who_uses_them(stocked: Site) -> None:
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert f'href="{FILMS}"' in seen.html
    assert "8 titles" in seen.text
    assert "by demo" in seen.text
    assert "In use: Films" in seen.text
    assert "Read just now" in seen.text


async def test_a_card_says_how_much_of_its_list_is_there_if_somebody_has_read_it(
    stocked: Site,
) -> None:
    stocked.mdblist.add_list("demo", "more", "More", [film(1), film(20), film(21)])
    stocked.mdblist.requests.clear()
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "4 / 8 in Movies" in seen.text
    assert seen.text.count("Not read yet") == 1
    assert [one.path for one in stocked.mdblist.requests] == ["/lists/user"]
    await stocked.get("/browse/mdblist/demo/more")
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "1 / 3 in Movies" in seen.text
    assert "Not read yet" not in seen.text


async def test_where_names_were_not_looked_for_there_are_at_least_so_many(stocked: Site) -> None:
    services = stocked.services
    services.outside.holdings = Holdings(services.db, whole_below=1)
    assert "at least 4 / 8" in (await stocked.get(FILMS)).text
    assert "at least 4 / 8 in Movies" in (await stocked.get("/browse/mdblist?shelf=mine")).text
    path = "/api/v1/sources/mdblist/lists/demo/films?coverage=true"
    answer = json.loads((await stocked.get(path)).html)
    assert {one["at_least"] for one in answer["coverage"]} == {True}


async def test_a_followed_list_that_moved_on_says_of_when_its_coverage_is(stocked: Site) -> None:
    stocked.mdblist.set_items("demo", "films", [film(number) for number in range(1, 10)])
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "9 titles" in seen.text
    assert "4 / 8 in Movies at the last sync" in seen.text
    await stocked.get(FILMS)
    seen = await stocked.get("/browse/mdblist?shelf=mine")
    assert "4 / 9 in Movies" in seen.text
    assert "at the last sync" not in seen.text


async def test_a_chart_is_as_long_as_it_is_once_it_was_read(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, _ = both
    chosen = await site.get("/collections/new?source=trakt&list=movies/popular")
    assert "up to 250 films" in chosen.text
    for path in ("/browse/trakt?shelf=trending", "/browse/trakt/movies/trending"):
        seen = await site.get(path)
        assert "2 films" in seen.text, path
        assert "250" not in seen.text, path


async def test_a_chart_shows_its_lists_to_everybody(both: tuple[Site, TraktStandIn]) -> None:
    site, _ = both
    seen = await site.get("/browse/trakt?shelf=trending")
    assert 'href="/browse/trakt/movies/trending"' in seen.html
    assert 'href="/browse/trakt/shows/trending"' in seen.html


async def test_what_is_personal_asks_for_an_account(both: tuple[Site, TraktStandIn]) -> None:
    site, trakt = both
    for path in ("/browse/mdblist?shelf=mine", "/browse/trakt?shelf=lists"):
        seen = await site.get(path)
        assert (seen.status, "first" in seen.text) == (200, True)
        assert 'href="/settings/sources#' in seen.html
    assert "Connect Trakt" in (await site.get("/browse/trakt/users/me/watchlist")).text
    assert not [one for one in trakt.requests if one.path.startswith("/users/me")]


async def test_a_search_finds_lists_by_name(stocked: Site) -> None:
    seen = await stocked.get("/browse/mdblist?query=films")
    assert f'href="{FILMS}"' in seen.html
    assert "Nothing here" in (await stocked.get("/browse/mdblist?query=zzzz")).text


async def test_an_address_opens_its_list_whoevers_it_is(both: tuple[Site, TraktStandIn]) -> None:
    site, _ = both
    for address, path in (
        ("https://mdblist.com/lists/demo/films", FILMS),
        ("https://trakt.tv/users/demo/watchlist", WATCHLIST),
        ("https://trakt.tv/movies/trending", "/browse/trakt/movies/trending"),
    ):
        seen = await site.get(f"/browse?address={quote(address, safe='')}")
        assert (seen.status, seen.location) == (303, path)


async def test_an_address_that_is_none_is_named(both: tuple[Site, TraktStandIn]) -> None:
    site, _ = both
    seen = await site.get("/browse?address=https%3A%2F%2Fexample.org%2Fx")
    assert (seen.status, seen.value("address")) == (422, "https://example.org/x")
    assert "no list" in (seen.error("address") or "")


async def test_words_that_two_sources_know_are_asked_about(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, _ = both
    seen = await site.get("/browse?address=demo%2Fevening")
    assert seen.status == 200
    assert 'href="/browse/mdblist/demo/evening"' in seen.html
    assert 'href="/browse/trakt/users/demo/lists/evening"' in seen.html


async def test_a_list_shows_its_titles_and_how_much_of_them_is_there(stocked: Site) -> None:
    seen = await stocked.get(FILMS)
    assert seen.status == 200
    assert "4 / 8" in seen.text
    assert seen.html.count('class="in-library"') == 4
    assert seen.html.count(">Missing<") == 4
    assert "/api/v1/images/servers/1/items/" in seen.html
    assert "In use: Films" in seen.text
    assert "http" not in "".join(part.split('"')[0] for part in seen.html.split('src="')[1:])


async def test_a_film_and_a_show_of_one_number_are_not_mixed_up(
    both: tuple[Site, TraktStandIn],
) -> None:
    """Film 1 and show 1 have the same number at TMDb, and only the film is there."""
    site, _ = both
    own(site.emby, film(1))
    anna = site.users["anna"]
    site.mdblist.add_list("demo", "films", "Films", [film(1)])
    await site.add_server(anna)
    await site.sync(await site.define(anna))
    seen = await site.get(WATCHLIST)
    assert seen.html.count('class="in-library"') == 1


async def test_a_long_list_comes_in_pages(site: Site, anna: User) -> None:
    titles = [film(number) for number in range(1, browse_list.PER_PAGE + 3)]
    site.mdblist.add_list("demo", "long", "Long", titles)
    first = await site.get("/browse/mdblist/demo/long")
    assert f"Film {browse_list.PER_PAGE + 1}" not in first.text
    assert 'href="/browse/mdblist/demo/long?page=2"' in first.html
    second = await site.get("/browse/mdblist/demo/long?page=2")
    assert f"Film {browse_list.PER_PAGE + 2}" in second.text


async def test_looking_again_asks_nobody_until_one_wants_it(stocked: Site) -> None:
    def asked() -> int:
        return len(stocked.mdblist.requests)

    await stocked.get(FILMS)
    before = asked()
    await stocked.get(FILMS)
    assert asked() == before
    await stocked.follow(FILMS)
    assert asked() > before
    await stocked.get("/browse/mdblist?shelf=mine")
    before = asked()
    await stocked.follow("/browse/mdblist", {"shelf": "mine"})
    assert asked() > before


@pytest.mark.parametrize(
    ("status", "words"), [(500, "MDBList"), (404, "no such list"), (429, "requests")]
)
async def test_a_source_that_fails_is_said_in_its_place(
    both: tuple[Site, TraktStandIn], status: int, words: str
) -> None:
    site, _ = both
    await site.post("/settings/sources/mdblist", {"key": MDBLIST_KEY})
    site.mdblist.fail("/lists", status=status, times=None)
    for path in ("/browse/mdblist?shelf=top", FILMS):
        seen = await site.get(path)
        assert seen.status == 200
        assert "MDBList" in seen.text
    assert words in (await site.get(FILMS)).text
    assert "Trending" in (await site.get("/browse/trakt")).text
    assert "Evening" in (await site.get("/browse/trakt/users/demo/lists/evening")).text


async def test_a_source_that_is_slow_does_not_hold_up_the_page(
    stocked: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "PATIENCE", 0.05)
    stocked.mdblist.add_list("demo", "slow", "Slow", [film(1)])
    stocked.mdblist.fail(r"/lists/\d+/items", delay=0.4)
    seen = await stocked.get("/browse/mdblist/demo/slow")
    assert "takes its time" in seen.text
    assert "Look again" in seen.text
    monkeypatch.setattr(browse, "PATIENCE", 10)
    assert "Film 1" in (await stocked.get("/browse/mdblist/demo/slow")).text


async def test_a_source_that_is_not_set_up_says_so(site: Site, anna: User) -> None:
    for path in ("/browse/trakt", "/browse/trakt/movies/trending"):
        seen = await site.get(path)
        assert "TRAKT_CLIENT_ID" in seen.text


async def test_a_list_leads_to_a_form_that_knows_it(both: tuple[Site, TraktStandIn]) -> None:
    site, trakt = both
    await connect_trakt(site, trakt)
    own(site.emby, film(1), film(2))
    await site.add_server(site.users["anna"])
    seen = await site.get(WATCHLIST)
    path = "/collections/new?source=trakt&amp;list=users/demo/watchlist"
    assert f'href="{path}"' in seen.html
    seen = await site.get(path.replace("&amp;", "&"))
    assert "Watchlist of demo" in seen.text
    assert (seen.value("source"), seen.value("list")) == ("trakt", "users/demo/watchlist")
    fields = {"source": "trakt", "list": "users/demo/watchlist", "name": "Later"}
    fields |= {"interval_hours": "24", "mode": "keep", "servers": "1"}
    seen = await site.follow("/collections/new", fields)
    assert "“Later” was created" in seen.notes
    await site.wait_for_runs(site.users["anna"])
    assert "2 / 9" in (await site.get("/collections/1")).text


async def test_a_list_can_be_added_to_a_collection_that_is_there(stocked: Site) -> None:
    stocked.mdblist.add_list("demo", "more", "More", [film(20), film(21)])
    seen = await stocked.get("/browse/mdblist/demo/more")
    assert '<option value="1">Films</option>' in seen.html
    fields = {"source": "mdblist", "list": "demo/more", "collection": "1"}
    seen = await stocked.follow("/browse", fields)
    assert "added to “Films”" in seen.notes
    await stocked.wait_for_runs(stocked.users["anna"])
    assert "4 / 10" in (await stocked.get("/collections/1")).text
    (collection,) = await stocked.collections(stocked.users["anna"])
    assert [entry.op for entry in collection.lists] == ["union", "union"]
    assert "already" in (await stocked.follow("/browse", fields)).notes


async def test_nothing_is_added_to_what_is_anothers(stocked: Site) -> None:
    await stocked.sign_up("ben")
    for key in ("1", "99", "x", ""):
        fields = {"source": "mdblist", "list": "demo/films", "collection": key}
        assert (await stocked.post("/browse", fields)).status == 404
    (collection,) = await stocked.collections(stocked.users["anna"])
    assert len(collection.lists) == 1


async def test_what_one_looked_at_privately_is_not_shown_to_another(stocked: Site) -> None:
    stocked.mdblist.set_private("demo", "films")
    assert "Film 1" in (await stocked.get(FILMS)).text
    await stocked.sign_up("ben")
    seen = await stocked.get(FILMS)
    assert "Film 1" not in seen.text


@pytest.mark.parametrize("answer", [{"status": 400}, {"delay": 30.0}])
async def test_a_refresh_that_fails_leaves_what_was_there(
    stocked: Site, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    for here in (FILMS, "/browse/mdblist?shelf=mine"):
        assert "Could not be refreshed" not in (await stocked.get(here)).text
    stocked.mdblist.fail("/lists", **answer, times=None)
    monkeypatch.setattr(browse, "PATIENCE", 0.3 if "delay" in answer else 10)
    seen = await stocked.follow(FILMS)
    assert "Could not be refreshed: MDBList" in seen.text
    assert "was read just now" in seen.text
    assert "Film 1" in seen.text
    shelf = await stocked.follow("/browse/mdblist", {"shelf": "mine"})
    assert "Could not be refreshed: MDBList" in shelf.text
    assert f'href="{FILMS}"' in shelf.html


async def test_an_account_that_was_lost_is_to_be_connected_again(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    await connect_trakt(site, trakt)
    await mark_account(
        site.services.db, site.users["anna"].id, "trakt", "Trakt ended it.", lost=True
    )
    for path in ("/browse/trakt?shelf=lists", "/browse/trakt/users/me/watchlist"):
        seen = await site.get(path)
        assert "Trakt wants you to connect again" in seen.text, path
        assert "Trakt ended it." in seen.text
        assert 'href="/settings/sources#trakt"' in seen.html
    new = await site.get("/collections/new")
    assert "Trakt wants you to connect again. Trakt ended it." in new.text
    assert "Connect Trakt" not in new.text


async def test_a_key_that_is_refused_is_said_where_lists_would_be(stocked: Site) -> None:
    stocked.mdblist.fail("/lists", status=401, times=None)
    for path in ("/browse/mdblist?shelf=mine", "/collections/new"):
        seen = await stocked.get(path)
        assert "MDBList refused your key" in seen.text, path
        assert 'href="/settings/sources' in seen.html
        assert "did not tell" not in seen.text
