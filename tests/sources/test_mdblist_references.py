"""What people paste, and what it names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from collectarr.sources.mdblist.references import HOSTS, items_path, owner_in, parse

LIST = "linaspurinis/top-watched-movies"


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        "LinasPurinis/Top-Watched-Movies",
        f"  {LIST}\n",
        f"lists/{LIST}",
        f"/lists/{LIST}/",
        f"https://mdblist.com/lists/{LIST}",
        f"https://mdblist.com/lists/{LIST}/",
        f"https://mdblist.com/lists/{LIST}/json",
        f"https://mdblist.com/lists/{LIST}/json/?limit=10&append_to_response=genre#top",
        f"http://www.mdblist.com/lists/{LIST}?sort=rank",
        f"HTTPS://MDBLIST.COM/lists/{LIST}",
        f"mdblist.com/lists/{LIST}",
        f"www.mdblist.com/lists/{LIST}/json",
        f"https://api.mdblist.com/lists/{LIST}/items?apikey=abc&unified=true",
        f"https://api.mdblist.com:443/lists/{LIST}/items/movie",
    ],
)
def test_every_way_to_write_a_list_names_the_same_list(text: str) -> None:
    assert parse(text) == LIST


@pytest.mark.parametrize(
    "text",
    [
        "1176",
        "01176",
        "https://mdblist.com/lists/1176",
        "https://api.mdblist.com/lists/1176/items?limit=3&apikey=abc",
        "api.mdblist.com/lists/1176",
    ],
)
def test_an_id_names_a_list_however_it_is_written(text: str) -> None:
    assert parse(text) == "1176"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "0",
        "horror",
        "tt0133093",
        "ann/..",
        "../ann",
        "./slug",
        "ann/sl ug",
        "ann/slug\x00",
        "ann/%2e%2e",
        "a/b/c",
        "1" * 30,
        "a/" + "b" * 400,
        "ann/slug?" + "b" * 3000,
        "ann/json",
        "https://api.mdblist.com/lists/ann/items",
        "https://mdblist.com/",
        "https://mdblist.com/movies/1176",
        "https://mdblist.com/lists/",
        "https://mdblist.com/lists/onlyauser",
        "https://mdblist.com/lists/ann/slug/../../top",
        "https://api.mdblist.com/lists/user/linaspurinis",
        "https://api.mdblist.com/lists/search?query=horror",
        "https://trakt.tv/users/donxy/lists/marvel",
        "https://evil.example/lists/ann/slug",
        "https://mdblist.com.evil.example/lists/ann/slug",
        "https://mdblist.com:pw@evil.example/lists/ann/slug",
        "ftp://mdblist.com/lists/ann/slug",
        "http://[/lists/ann/slug",
        "trakt.tv/shows",
        "javascript://mdblist.com/lists/ann/slug",
    ],
)
def test_what_is_no_list_of_mdblist_is_refused(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("1176+6365", "1176+6365"),
        ("6365+01176+1176", "1176+6365"),
        ("0+7", None),
        ("7+", None),
        ("external/124", "external/124"),
        ("External/0124", "external/124"),
        ("https://api.mdblist.com/external/lists/124/items?apikey=abc", "external/124"),
        ("external/0", None),
        ("external/mine", None),
        ("external/user", None),
        ("watchlist", "watchlist"),
        ("https://mdblist.com/watchlist", "watchlist"),
        ("https://mdblist.com/watchlist/?sort=rank", "watchlist"),
        ("https://api.mdblist.com/watchlist/items?apikey=abc", "watchlist"),
        ("users/Ann/watchlist", "users/ann/watchlist"),
        ("users/7/watchlist", "users/7/watchlist"),
        ("users/../watchlist", None),
        ("users//watchlist", "users/watchlist"),
        ("ann/watchlist", "ann/watchlist"),
        ("https://evil.example/watchlist", None),
    ],
)
def test_what_belongs_to_an_account_has_references_too(text: str, reference: str | None) -> None:
    assert parse(text) == reference
    assert reference is None or parse(reference) == reference


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("ann/best", "/lists/ann/best/items"),
        ("1176", "/lists/1176/items"),
        ("external/124", "/external/lists/124/items"),
        ("users/ann/watchlist", "/watchlist/items"),
        ("ann/watchlist", "/lists/ann/watchlist/items"),
    ],
)
def test_a_reference_says_where_its_rows_are(reference: str, path: str) -> None:
    assert items_path(reference) == path


@pytest.mark.parametrize(
    ("query", "owner"),
    [
        ("@ann", "ann"),
        ("Ann/", "ann"),
        ("ann", None),
        ("@", None),
        ("/", None),
        ("@a b", None),
        ("@..", None),
        ("heat/city", None),
    ],
)
def test_a_search_may_name_an_owner(query: str, owner: str | None) -> None:
    assert owner_in(query) == owner


def test_a_number_may_be_a_user_or_a_slug() -> None:
    assert parse("123/456") == "123/456"


def test_an_address_of_another_host_counts_only_if_it_is_ours() -> None:
    url = "http://127.0.0.1:7797/lists/demo/mix"
    assert parse(url) is None
    assert parse(url, HOSTS | {"127.0.0.1:7797"}) == "demo/mix"
    assert parse("127.0.0.1:7797/lists/demo/mix", HOSTS | {"127.0.0.1:7797"}) == "demo/mix"


@given(st.text() | st.from_regex(r"(https?://)?[a-z./%\[\]@:?#0-9-]*", fullmatch=True))
def test_no_text_makes_it_raise_and_no_reference_leaves_the_lists(text: str) -> None:
    reference = parse(text)
    if reference is not None:
        assert URL(f"https://x/lists/{reference}/items").path == f"/lists/{reference}/items"
        assert parse(reference) == reference
