"""Rows as Emby writes them, as our words."""

from typing import Any

import pytest

from collectarr.emby.client import library_of, title_ids
from collectarr.emby.rows import box_set_of, item_of, library_from, member_of
from collectarr.models import Ids, Kind, Library

MOVIES = Library("1", "Movies", "movies", ("/media/Movies",))
KIDS = Library("2", "Kids", "movies", ("/media/Movies/Kids/", "D:\\Kids"))
TWO = Library("3", "Movies Two", "movies", ("/media/Movies2",))


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ({"Imdb": "tt0133093", "Tmdb": "603"}, Ids("tt0133093", 603)),
        ({"IMDB": "0133093", "tmdb": " 603 ", "TVDB": "81189"}, Ids("tt0133093", 603, 81189)),
        ({"Imdb": "", "IMDB": "tt0133093"}, Ids("tt0133093")),
        ({"TmdbCollection": "10", "Tvdb": "", "TvRage": "5", "Tmdb": "x"}, Ids()),
        ({}, Ids()),
        (None, Ids()),
    ],
)
def test_ids_are_read_whatever_their_key_looks_like(written: Any, ids: Ids) -> None:
    assert title_ids(written) == ids


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("/media/Movies/Heat/Heat.mkv", "1"),
        ("/media/Movies2/Heat/Heat.mkv", "3"),
        ("/media/Movies/Kids/Up/Up.mkv", "2"),
        ("D:\\Kids\\Up\\Up.mkv", "2"),
        ("/media/Movies", "1"),
        ("/media/movies/Heat.mkv", None),
        ("/media/Movies3/Heat.mkv", None),
        ("/media/TV/Lost", None),
        (None, None),
    ],
)
def test_the_library_is_the_longest_location_that_holds_the_path(
    path: str | None, library: str | None
) -> None:
    assert library_of(path, [MOVIES, KIDS, TWO]) == library
    assert library_of(path, [TWO, KIDS, MOVIES]) == library


def test_a_library_at_the_root_holds_everything_and_one_without_a_place_nothing() -> None:
    root, nowhere = Library("9", "All", "mixed", ("/",)), Library("8", "Empty", "mixed", ("",))
    assert library_of("/a/b.mkv", [nowhere, root]) == "9"


def row(**changes: Any) -> dict[str, Any]:
    base = {
        "Id": "77",
        "Name": "Heat",
        "Type": "Movie",
        "Path": "/media/Movies/Heat/Heat.mkv",
        "ProductionYear": 1995,
        "ProviderIds": {"Imdb": "tt0113277"},
    }
    return {**base, **changes}


def test_a_row_becomes_an_item_of_its_library() -> None:
    item = item_of(row(OriginalTitle="Heat", PresentationUniqueKey="p-1"), [MOVIES])
    assert item is not None
    assert (item.id, item.library_id, item.versions) == ("77", "1", "p-1")
    assert (item.title.kind, item.title.title, item.title.year) == (Kind.MOVIE, "Heat", 1995)
    assert item.title.ids == Ids("tt0113277")
    assert item.title.original_title is None


def test_an_original_title_is_kept_where_it_differs() -> None:
    item = item_of(row(Name="Spirited Away", OriginalTitle="千と千尋の神隠し"), [])
    assert item is not None
    assert item.title.original_title == "千と千尋の神隠し"
    assert item.library_id is None


@pytest.mark.parametrize(
    "changes",
    [{"Type": "BoxSet"}, {"Type": "Episode"}, {"LocationType": "Virtual"}, {"Path": None}],
)
def test_what_is_no_film_or_show_on_a_disk_is_no_item(changes: dict[str, Any]) -> None:
    assert item_of(row(**changes), [MOVIES]) is None


def test_a_member_that_is_neither_film_nor_show_has_no_kind() -> None:
    assert member_of(row(Type="Series")).kind is Kind.SHOW
    assert member_of(row(Type="Episode")).kind is None


def test_a_box_set_carries_its_marker_whatever_its_case() -> None:
    box_set = box_set_of(
        {
            "Id": "5",
            "Name": "Beta",
            "Type": "BoxSet",
            "Path": "/data/collections/Alpha [boxset]",
            "Etag": "e1",
            "ChildCount": 0,
            "ProviderIds": {"collectarr": "inst.7", "Tmdb": "10"},
            "ImageTags": {"Primary": "t1"},
        }
    )
    assert box_set is not None
    assert (box_set.folder, box_set.marker, box_set.image_tag) == ("Alpha", "inst.7", "t1")
    assert (box_set.etag, box_set.child_count, box_set.overview) == ("e1", 0, None)
    assert box_set_of(row()) is None


def test_a_library_without_a_type_is_mixed_and_one_without_an_id_is_none_yet() -> None:
    library = library_from({"Name": "All", "ItemId": "4", "Locations": ["/a"]})
    assert library == Library("4", "All", "mixed", ("/a",))
    assert library_from({"Name": "Coming"}) is None
