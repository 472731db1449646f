"""TMDb as a source: what it is asked, and what its refusals mean."""
# ruff: noqa: ARG002  (sources are asked on somebody's behalf; here there are no accounts)

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from yarl import URL

from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.http import Answer, Upstream
from collectarr.models import Ids, Kind, ListInfo, ListItem, Snapshot, Title, number_id
from collectarr.settings import Settings
from collectarr.sources.contract import Account, Credential, OnPage, Shelf, SignIn
from collectarr.sources.pages import Confirmed
from collectarr.sources.statuses import guarded, is_guard, rare
from collectarr.sources.tmdb.references import HOSTS, Place, place_of
from collectarr.sources.tmdb.rows import (
    NAME,
    SOURCE,
    Row,
    Walk,
    found_rows,
    genre_words,
    items_of,
    known_as,
    list_info,
    poster_file,
    rows_of,
    unexpected,
)

NEEDS = (
    "TMDb is not set up here. An administrator has to set TMDB_API_KEY to a key or a read access"
    " token from themoviedb.org, Settings, API."
)
_V3_KEY = re.compile(r"[0-9a-fA-F]{32}")
_GENRES = ("movie", "tv")
_MORE_WALKS = 2
GENRES_GOOD_FOR = 86_400.0
# "This resource is private", among the ways to be refused with 401.
_PRIVATE = 39


def connect(session: aiohttp.ClientSession, settings: Settings) -> "Tmdb":
    """TMDb at the address in TMDB_URL. A v4 token goes into a header, a v3 key beside it."""
    key = settings.tmdb_api_key.get_secret_value().strip() if settings.tmdb_api_key else ""
    is_v3 = _V3_KEY.fullmatch(key) is not None
    headers = {"Authorization": f"Bearer {key}"} if key and not is_v3 else {}
    api = Upstream(session, NAME, settings.tmdb_url, headers=headers, secrets=[key])
    return Tmdb(api, {"api_key": key} if is_v3 else {}, needs=None if key else NEEDS)


class Tmdb:
    """`keyed` goes with each request; `needs` says why there is no asking at all.

    `genres_good_for`: seconds after which the names of the genres are asked for again.
    """

    name = SOURCE
    label = NAME
    sign_in: SignIn = "none"
    shelves = (
        Shelf("trending", "Trending", references=("trending/movie/week", "trending/tv/week")),
        Shelf("popular", "Popular", references=("movie/popular", "tv/popular")),
        Shelf("top-rated", "Top rated", references=("movie/top_rated", "tv/top_rated")),
        Shelf("now-playing", "In cinemas now", references=("movie/now_playing",)),
        Shelf("upcoming", "Upcoming", references=("movie/upcoming",)),
        Shelf("on-the-air", "On the air", references=("tv/on_the_air", "tv/airing_today")),
    )

    def __init__(
        self,
        api: Upstream,
        keyed: Mapping[str, str],
        *,
        needs: str | None,
        genres_good_for: float = GENRES_GOOD_FOR,
    ) -> None:
        self.needs = needs
        self._api = api
        self._keyed = keyed
        self._hosts = HOSTS | {URL(api.base_url).authority}
        self._confirmed = Confirmed()
        self._genres: dict[int, str] = {}
        self._genres_good_for = genres_good_for
        self._genres_good_until = 0.0
        self._genres_asked = asyncio.Lock()

    def parse(self, text: str) -> str | None:
        place = place_of(text, self._hosts)
        return place.reference if place else None

    async def account(self, credential: Credential) -> Account:
        """There are no accounts: tells only that the key of the installation is good."""
        await self._ask("authentication", "its word on the key")
        return Account("this installation")

    async def shelf(self, name: str, credential: Credential) -> tuple[ListInfo, ...]:
        shelves = [shelf for shelf in self.shelves if shelf.name == name]
        if not shelves:
            raise _rejected("not_found", f"a shelf called “{name}”")
        return tuple([await self.describe(one, credential) for one in shelves[0].references])

    async def search(self, query: str, credential: Credential) -> tuple[ListInfo, ...]:
        """Film series by the words in their name: there is no search for people's lists."""
        rows = rows_of(await self._ask("search/collection", "film series", query=query))
        places = [(place_of(f"collection/{row.get('id')}"), row) for row in rows]
        return tuple(list_info(place, row) for place, row in places if place is not None)

    async def search_titles(self, query: str, credential: Credential) -> tuple[ListItem, ...]:
        genres = await self._genre_words()
        rows = rows_of(await self._ask("search/multi", "titles", query=query))
        return tuple(items_of(rows, None, genres))

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        walk = Walk(self._place(reference))
        walk.take(await self._page(walk.place, 1))
        return walk.info()

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        """A list whose pages do not fit together is read once more."""
        place = self._place(info.reference if info else reference)
        genres = await self._genre_words()
        walk = await self._walk(place, on_page)
        if place.most is None:
            walk = await self._still(walk, on_page)
        elif not walk.fits:
            walk = await self._walk(place, on_page)
        return Snapshot(walk.info(), walk.items(genres), walk.short_by)

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        """Nothing here tells when it last changed."""
        return dict.fromkeys(references)

    async def resolve(self, titles: Sequence[Title], credential: Credential) -> list[Title | None]:
        """A request for each title; two for one that is found by another database's id."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._resolved(title)) for title in titles]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def poster_of(self, title: Title) -> str | None:
        """The name of its poster's file at TMDb; None where it has none."""
        found = await self._found(title)
        return poster_file(found[1]) if found else None

    def _place(self, reference: str) -> Place:
        place = place_of(reference, self._hosts)
        if place is None:
            raise _rejected("not_found", f"the list “{reference[:100]}”")
        return place

    async def _walk(self, place: Place, on_page: OnPage | None) -> Walk:
        walk = Walk(place)
        while not walk.is_over:
            walk.take(await self._page(place, walk.pages + 1))
            if on_page is not None:
                on_page(walk.rows, walk.promised)
        return walk

    async def _still(self, walk: Walk, on_page: OnPage | None) -> Walk:
        """A walk that brought the same as one before it. A single page needs no second look.

        Nothing here tells when a list changed: a row that leaves one page while another comes to
        the end changes no count, and the row between two pages would be missed.
        """
        for _ in range(_MORE_WALKS):
            known = not walk.grew and self._confirmed.has(walk.place.reference, walk.marks)
            if known or (walk.pages == 1 and walk.fits):
                return walk
            again = await self._walk(walk.place, None if walk.fits else on_page)
            if again.marks == walk.marks and not again.grew:
                self._confirmed.keep(walk.place.reference, again.marks)
                return again
            walk = again
        raise UnavailableError(
            f"{NAME} keeps changing {_list(walk.place)} while it is read. Trying again later.",
            upstream=NAME,
            code="changing",
        )

    async def _page(self, place: Place, number: int) -> Row:
        return await self._ask(place.path, _list(place), page=number, **dict(place.filters))

    async def _resolved(self, title: Title) -> Title | None:
        found = await self._found(title)
        if found is None:
            return None
        kind, row = found
        if "external_ids" not in row:
            number = number_id(row.get("id"))
            details = await self._details(Title(kind, title.title, ids=Ids(tmdb=number)))
            row = details or row
        return known_as(title, kind, row)

    async def _found(self, title: Title) -> tuple[Kind, Row] | None:
        """What TMDb has under the first id of the title that it knows."""
        details = await self._details(title)
        if details is not None:
            return title.kind, details
        ways = [(title.ids.imdb, "imdb_id")]
        if title.kind is not Kind.UNKNOWN:
            ways.append((str(title.ids.tvdb or ""), "tvdb_id"))
        for number, name in ways:
            if number:
                body = await self._ask_or_none(f"find/{number}", title, external_source=name)
                found = found_rows(body or {}, title.kind)
                if len(found) == 1:
                    return found[0]
        return None

    async def _details(self, title: Title) -> Row | None:
        word = {Kind.MOVIE: "movie", Kind.SHOW: "tv"}.get(title.kind)
        if word is None or title.ids.tmdb is None:
            return None
        path = f"{word}/{title.ids.tmdb}"
        return await self._ask_or_none(path, title, append_to_response="external_ids")

    async def _ask_or_none(self, path: str, title: Title, **params: str) -> Row | None:
        try:
            return await self._ask(path, f"“{title.title}”", **params)
        except RejectedError as error:
            if error.code != "not_found":
                raise
            return None

    async def _genre_words(self) -> Mapping[int, str]:
        """Asked for once a day. Old ones will do where new ones cannot be had."""
        async with self._genres_asked:
            if time.monotonic() >= self._genres_good_until:
                try:
                    bodies = [await self._ask(f"genre/{word}/list", "genres") for word in _GENRES]
                except UpstreamError:
                    if not self._genres:
                        raise
                    return self._genres
                self._genres = {k: word for body in bodies for k, word in genre_words(body).items()}
                self._genres_good_until = time.monotonic() + self._genres_good_for
        return self._genres

    async def _ask(self, path: str, about: str, **params: Any) -> Row:
        """GET `path`. `about` names what is asked for.

        Raises RejectedError (`not_set_up`, `client`, `private`, `not_found`, `tls`),
        UnavailableError (`rate`, `down`) or UnexpectedAnswerError. No message holds the key.
        """
        if self.needs is not None:
            raise RejectedError(self.needs, upstream=NAME, code="not_set_up")
        try:
            answer = await self._api.request("GET", f"/3/{path}", params={**self._keyed, **params})
        except UnavailableError as error:
            raise UnavailableError(
                error.message,
                upstream=NAME,
                code="rate" if error.http_status == 429 else "down",
                http_status=error.http_status,
                retry_after=error.retry_after,
            ) from None
        return _data(answer, about)


def _data(answer: Answer, about: str) -> Row:
    if is_guard(answer):
        raise guarded(NAME)
    words = rare(answer.status, about)
    if words is not None:
        raise unexpected(words, answer.status)
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    said = data.get("status_code") if isinstance(data, dict) else None
    if answer.status == 404 and said is not None:
        raise _rejected("not_found", about)
    if answer.status == 401:
        raise _rejected("private" if said == _PRIVATE else "client", about)
    if not isinstance(data, dict):
        kind = answer.headers.get("Content-Type", "something").partition(";")[0]
        raise unexpected(
            f"answered {kind} where data was expected (HTTP {answer.status}:"
            f" {answer.text(80)!r}). Try again later; if it stays so, check TMDB_URL.",
            answer.status,
        )
    if not answer.ok or data.get("success") is False:
        words = answer.text(160)
        raise unexpected(f"answered {words!r} when asked for {about}.", answer.status)
    return data


def _rejected(code: str, about: str) -> RejectedError:
    words = {
        "client": f"{NAME} does not accept the key of this installation. An administrator has to"
        " set TMDB_API_KEY to a good one.",
        "private": f"{NAME} says that {about} is private. Make it public there.",
        "not_found": f"{NAME} does not know {about}. It may have been deleted or made private.",
    }
    return RejectedError(words[code], upstream=NAME, code=code)


def _list(place: Place) -> str:
    return f"the list “{place.reference}”"
