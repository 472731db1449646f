"""What people paste to name a list at TMDb, and its one canonical form.

`list/8`, `collection/10`, a chart such as `movie/top_rated` or `trending/tv/week`, a search such
as `discover/movie?with_genres=27`. A chart or a search is its first hundred titles; `/250` behind
its path makes that another number.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from collectarr.models import Kind

SITE = "https://www.themoviedb.org"
HOSTS = frozenset({"themoviedb.org", "www.themoviedb.org", "api.themoviedb.org"})
MOST, MOST_ASKED = 100, 500
_LONGEST = 2000
_WHOLE = re.compile(r"(list|collection)/0*([1-9][0-9]{0,11})(?:-[^/]*)?")
_CHART = re.compile(r"([a-z/_]*[a-z])(?:/0*([1-9][0-9]{0,3}))?")
_KINDS = {"movie": Kind.MOVIE, "tv": Kind.SHOW}
_CHARTS = {
    "trending/movie/day": "Films trending today",
    "trending/movie/week": "Films trending this week",
    "trending/tv/day": "Shows trending today",
    "trending/tv/week": "Shows trending this week",
    "movie/popular": "Popular films",
    "movie/top_rated": "Top rated films",
    "movie/now_playing": "Films in cinemas now",
    "movie/upcoming": "Upcoming films",
    "tv/popular": "Popular shows",
    "tv/top_rated": "Top rated shows",
    "tv/on_the_air": "Shows on the air",
    "tv/airing_today": "Shows on the air today",
    "discover/movie": "Films",
    "discover/tv": "Shows",
}
_RANGES = (
    *("air_date", "first_air_date", "primary_release_date", "release_date"),
    *("certification", "vote_average", "vote_count", "with_runtime"),
)
_FILTERS = frozenset(
    (
        *("certification", "certification_country", "first_air_date_year", "primary_release_year"),
        *("region", "sort_by", "watch_region", "with_cast", "with_companies", "with_crew"),
        *("with_genres", "with_keywords", "with_networks", "with_origin_country"),
        *("with_original_language", "with_people", "with_release_type", "with_status"),
        *("with_type", "with_watch_monetization_types", "with_watch_providers"),
        *("without_companies", "without_genres", "without_keywords", "year"),
        *(f"{name}.{end}" for name in _RANGES for end in ("gte", "lte")),
    )
)
_VALUE = re.compile(r"[\w.,|: -]{1,200}", re.ASCII)
# What a page of TMDb adds to its address without meaning another list.
_IGNORED = frozenset({"page", "language", "api_key", "append_to_response"})
_ENDS = {".gte": " from", ".lte": " to", "_": " "}
Filters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A reference taken apart. `most` is None for what is always read whole."""

    path: str
    most: int | None = None
    filters: Filters = ()

    @property
    def reference(self) -> str:
        most = f"/{self.most}" if self.most not in (None, MOST) else ""
        return f"{self.path}{most}{self._query}"

    @property
    def kind(self) -> Kind | None:
        """The kind of all its titles; None where each says its own."""
        if self.path.startswith("collection/"):
            return Kind.MOVIE
        words = [_KINDS[part] for part in self.path.split("/") if part in _KINDS]
        return next(iter(words), None)

    @property
    def url(self) -> str | None:
        """The page that shows it to people, where there is one."""
        if self.path.startswith("trending/"):
            return None
        page = self.path.removesuffix("/popular").replace("_", "-")
        return f"{SITE}/{page}{self._query}"

    @property
    def label(self) -> str:
        """Its name for people, where TMDb gives it none."""
        label = _CHARTS.get(self.path, self.path)
        return f"{label}: {', '.join(map(_said, self.filters))}" if self.filters else label

    @property
    def _query(self) -> str:
        return f"?{urlencode(self.filters, safe=',|:')}" if self.filters else ""


def place_of(text: str, hosts: Set[str] = HOSTS) -> Place | None:
    """What a reference or an address names; None where it is no list of TMDb. Never raises.

    `hosts` are the addresses (host, or host:port) whose pages are TMDb's.
    """
    parts = _parts(text.strip(), hosts)
    if parts is None:
        return None
    path, query, is_page = parts
    whole = _WHOLE.fullmatch(path)
    if whole is not None:
        return Place(f"{whole[1]}/{whole[2]}")
    filters = _filters(query)
    if filters is None:
        return None
    if is_page and path in _KINDS:
        path = f"discover/{path}" if filters else f"{path}/popular"
    chart = _CHART.fullmatch(path)
    # A chart with filters would be another list than the chart, and none that can be asked for.
    if chart is None or chart[1] not in _CHARTS or (filters and "discover/" not in path):
        return None
    return Place(chart[1], min(int(chart[2] or MOST), MOST_ASKED), filters)


def _parts(text: str, hosts: Set[str]) -> tuple[str, str, bool] | None:
    """Path and query of a reference or an address, and whether it is an address."""
    if len(text) > _LONGEST:
        return None
    if "://" not in text and text.partition("/")[0].lower() in hosts:
        text = f"https://{text}"
    is_page = "://" in text
    try:
        url = urlsplit(text)
        ours = url.netloc.lower() in hosts or url.hostname in HOSTS
    except ValueError:
        return None
    if is_page and not (ours and url.scheme in {"http", "https"}):
        return None
    path = re.sub(r"^[34]/", "", url.path.strip("/").lower())
    return path if _WHOLE.fullmatch(path) else path.replace("-", "_"), url.query, is_page


def _filters(query: str) -> Filters | None:
    """Those of a search, in one order; None where one of them is not known.

    Without it, the list would be another one than was meant.
    """
    named = {key: value for key, value in parse_qsl(query) if key not in _IGNORED}
    known = all(key in _FILTERS and _VALUE.fullmatch(value) for key, value in named.items())
    return tuple(sorted(named.items())) if known else None


def _said(entry: tuple[str, str]) -> str:
    words = entry[0].removeprefix("with_")
    for end, word in _ENDS.items():
        words = words.replace(end, word)
    return f"{words} {entry[1]}"
