"""Where a page may send people, and where pictures are."""

from urllib.parse import urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from collectarr.pages.posters import poster_url
from collectarr.pages.visit import own_path

LIKELY = st.text(st.sampled_from("/\\.:@?#%09\t\r\n evilhttps"), max_size=30)


@given(st.one_of(st.text(max_size=40), LIKELY, LIKELY.map(lambda text: f"/{text}")))
def test_no_text_leads_to_another_site(text: str) -> None:
    path = own_path(text)
    if path is not None:
        assert urlsplit(urljoin("http://here.example/login", path)).netloc == "here.example"


def test_a_path_of_our_own_is_taken_as_it_is() -> None:
    for path in ("/", "/runs?status=HELD", "/collections/1?tab=items&page=2#x"):
        assert own_path(path) == path


def _under(path: str) -> str:
    return f"/base{path}"


def test_a_poster_is_always_asked_of_this_site() -> None:
    listed = "https://image.tmdb.org/t/p/w500/aB-1_x.jpg"
    assert poster_url(_under, (3, "abc"), listed) == "/base/api/v1/images/servers/3/items/abc"
    assert poster_url(_under, None, listed) == "/base/api/v1/images/tmdb/aB-1_x.jpg"


def test_a_poster_from_elsewhere_is_drawn_instead() -> None:
    for listed in (
        None,
        "",
        "https://evil.example/x.jpg",
        "/t/p/w500/../../x.jpg",
        "/t/p/w5/a.svg",
    ):
        assert poster_url(_under, None, listed) is None
