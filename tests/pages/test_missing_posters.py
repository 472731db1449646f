"""Titles that no library holds and that came without a poster: the page knows where to ask."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from collectarr.demo.mdblist.state import row_of
from collectarr.demo.tmdb import DEMO_KEY, TmdbStandIn
from collectarr.models import Ids, Kind, Title
from collectarr.pages.posters import title_poster_url
from tests.flows.world import film, served

from .conftest import MakeSite
from .site import Site

ALIEN = Title(Kind.MOVIE, "Alien", 1979, Ids("tt0078748", 348))


def _under(path: str) -> str:
    return f"/base{path}"


@pytest.mark.parametrize(
    ("title", "path"),
    [
        (ALIEN, "/base/api/v1/images/titles/movie/348?missing=tile"),
        (
            Title(Kind.SHOW, "Dark", ids=Ids(tmdb=348)),
            "/base/api/v1/images/titles/show/348?missing=tile",
        ),
        (
            Title(Kind.MOVIE, "?", ids=Ids("tt0000001")),
            "/base/api/v1/images/titles/movie/tt0000001?missing=tile",
        ),
        (Title(Kind.UNKNOWN, "?", ids=Ids("tt0000001", 5)), None),
        (Title(Kind.MOVIE, "?", ids=Ids(tvdb=7)), None),
        (Title(Kind.UNKNOWN, "?", ids=Ids(tmdb=7)), None),
    ],
)
def test_a_title_has_one_address_for_its_poster(title: Title, path: str | None) -> None:
    assert title_poster_url(_under, title) == path


@pytest.fixture
def stand_in() -> TmdbStandIn:
    return TmdbStandIn(titles=[film(3)])


@pytest.fixture
async def found_site(
    make_site: MakeSite, stand_in: TmdbStandIn, found: bool
) -> AsyncIterator[Site]:
    """An installation beside TMDb, with its key or without."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(stand_in.app))
        key = SecretStr(DEMO_KEY) if found else None
        yield await make_site(tmdb_api_key=key, tmdb_url=url, tmdb_image_url=url)


async def furnish(site: Site) -> str:
    """A synced collection of two titles without posters; gives its page."""
    user = await site.sign_up("anna")
    rows = [{**row_of(film(number)), "poster": None} for number in (3, 4)]
    site.mdblist.add_list("demo", "films", "Films", rows)
    await site.add_server(user)
    collection = await site.define(user)
    await site.sync(collection)
    return f"/collections/{collection.id}"


@pytest.mark.parametrize("found", [True])
async def test_a_missing_title_is_shown_with_a_poster_by_its_ids(
    found_site: Site, stand_in: TmdbStandIn
) -> None:
    page = await furnish(found_site)
    first, second = (f"/api/v1/images/titles/movie/{n}" for n in (3, 4))
    shown = (await found_site.get(page)).html
    assert first in shown
    assert second in shown
    assert DEMO_KEY not in shown
    picture = await found_site.client.get(first)
    assert (picture.status, picture.content_type) == (200, "image/webp")
    assert (await found_site.client.get(second)).status == 404
    tile = await found_site.client.get(f"{second}?missing=tile")
    assert (tile.status, tile.content_type) == (200, "image/svg+xml")
    assert tile.headers["Cache-Control"] == "no-store"
    # Of what has none TMDb is asked once, and the page draws it from then on.
    later = (await found_site.get(page)).html
    assert first in later
    assert second not in later
    found_site.client.session.cookie_jar.clear()
    assert (await found_site.client.get(first)).status == 401


@pytest.mark.parametrize("found", [False])
async def test_without_a_key_such_a_title_is_drawn(found_site: Site, stand_in: TmdbStandIn) -> None:
    shown = (await found_site.get(await furnish(found_site))).html
    assert "/images/titles/" not in shown
    for path in ("movie/3", "movie/x", "person/3", "show/0"):
        picture = await found_site.client.get(f"/api/v1/images/titles/{path}")
        assert picture.status == 404
    assert not stand_in.requests
