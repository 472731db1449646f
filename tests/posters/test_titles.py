"""Where pictures come from: a host of TMDb and an Emby, both over real sockets."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from collectarr.emby.client import EmbyClient
from collectarr.errors import NotFoundError
from collectarr.http import Upstream
from collectarr.posters.cache import PosterCache
from collectarr.posters.picture import BACKDROP
from collectarr.posters.titles import WIDTHS, Posters, nearest_width
from collectarr.store import collections
from collectarr.store.collections import Collection, StoredMatch
from collectarr.store.db import Database
from collectarr.store.servers import Server
from tests.stored import collection_of, opened, person, server_of


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (500, 750), (90, 60, 30)).save(out, "JPEG")
    return out.getvalue()


def size(raw: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(raw)).size


@dataclass
class Gallery:
    """A host that has a picture of everything but what is `missing`, and what it was asked."""

    posters: Posters
    client: EmbyClient
    asked: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


@pytest.fixture
async def gallery(aiohttp_server: Any, tmp_path: Path) -> AsyncIterator[Gallery]:
    kept: list[Gallery] = []

    async def show(request: web.Request) -> web.Response:
        kept[0].asked.append(request.path)
        if any(part in request.path.split("/") for part in kept[0].missing):
            raise web.HTTPNotFound
        return web.Response(body=picture(), content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/{rest:.*}", show)
    url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    async with aiohttp.ClientSession() as session:
        images, emby = (
            Upstream(session, name, url, per_second=1000, pause=0.001) for name in ("TMDb", "Den")
        )
        client = EmbyClient(emby, api_key="0123456789", uid="machine")
        kept.append(Gallery(Posters(PosterCache(tmp_path / "cache"), images), client))
        yield kept[0]


@pytest.fixture
async def db(data_dir: Path) -> AsyncIterator[Database]:
    async with opened(data_dir) as database:
        yield database


async def shelf(db: Database, *item_ids: str) -> tuple[Server, Collection]:
    """A collection with these items on one server; "" is a title that is not there."""
    user = await person(db)
    server = await server_of(db, user)
    films = await collection_of(db, user, servers=[server])
    rows = [
        StoredMatch(rank, server.id, (key,) if key else (), "imdb", "by its id")
        for rank, key in enumerate(item_ids, start=1)
    ]
    await collections.save_matches(db, films.id, server.id, rows)
    return server, films


@pytest.mark.parametrize(
    ("asked", "given"), [(1, 160), (160, 160), (161, 240), (500, 500), (9999, 500), (-5, 160)]
)
def test_only_a_few_widths_are_ever_made(asked: int, given: int) -> None:
    assert nearest_width(asked) == given
    assert given in WIDTHS


async def test_a_picture_of_tmdb_is_fetched_once_by_its_name(gallery: Gallery) -> None:
    for _ in range(2):
        made = await gallery.posters.from_tmdb("aB_-9.jpg", 160)

    assert size(made) == (160, 240)
    assert gallery.asked == ["/t/p/w500/aB_-9.jpg"]


@pytest.mark.parametrize(
    "file",
    [
        "",
        "a",
        "a.svg",
        "../a.jpg",
        "a/b.jpg",
        "a.jpg\n",
        "a.jpg?x",
        "%2e.jpg",
        "ä.jpg",
        "a" * 99 + ".jpg",
    ],
)
async def test_nothing_but_the_plain_name_of_a_picture_is_asked_for(
    gallery: Gallery, file: str
) -> None:
    with pytest.raises(NotFoundError):
        await gallery.posters.from_tmdb(file, 160)

    assert gallery.asked == []


async def test_a_picture_that_tmdb_does_not_have_is_not_found(gallery: Gallery) -> None:
    gallery.missing = {"gone.jpg"}
    for _ in range(2):
        with pytest.raises(NotFoundError):
            await gallery.posters.from_tmdb("gone.jpg", 160)

    assert len(gallery.asked) == 1


async def test_two_users_of_one_machine_share_its_pictures(gallery: Gallery, db: Database) -> None:
    hers = await server_of(db, await person(db, "anna"))
    his = await server_of(db, await person(db, "ben"))
    other = await server_of(db, await person(db, "carl"), uid="elsewhere")

    for server in (hers, his, other):
        assert size(await gallery.posters.of_item(server, gallery.client, "7", 160)) == (160, 240)

    assert len(gallery.asked) == 2


async def test_a_backdrop_is_made_once_of_the_first_titles_that_are_there(
    gallery: Gallery, db: Database
) -> None:
    server, films = await shelf(db, "", "1", "", "2", "3", "4", "5", "6", "7")
    gallery.missing = {"2"}
    for _ in range(2):
        made = await gallery.posters.of_collection(db, server, gallery.client, films)

    assert size(made) == BACKDROP
    asked = sorted(path.split("/")[-3] for path in gallery.asked)
    assert asked == ["1", "2", "3", "4", "5", "6"]


async def test_a_collection_without_pictures_has_no_backdrop(
    gallery: Gallery, db: Database
) -> None:
    server, films = await shelf(db, "1", "2")
    gallery.missing = {"1", "2"}

    with pytest.raises(NotFoundError):
        await gallery.posters.of_collection(db, server, gallery.client, films)


async def test_a_collection_of_which_nothing_is_there_has_none_either(
    gallery: Gallery, db: Database
) -> None:
    server, films = await shelf(db, "", "")

    with pytest.raises(NotFoundError, match="Nothing of this collection"):
        await gallery.posters.of_collection(db, server, gallery.client, films)
    assert gallery.asked == []


async def test_a_server_that_repeats_an_id_shows_nobody_its_pictures(
    gallery: Gallery, db: Database
) -> None:
    server, _ = await shelf(db, "1")
    await gallery.posters.of_item(replace(server, url="http://fake:8096"), gallery.client, "1", 160)
    await gallery.posters.of_item(server, gallery.client, "1", 160)
    assert len(gallery.asked) == 2
