"""One server on the line: our key on every request, every refusal in words for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from collectarr.emby.rows import Row
from collectarr.emby.walk import Page
from collectarr.errors import (
    InvalidError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
    UpstreamError,
)
from collectarr.http import Answer, Upstream, redact
from collectarr.models import ITEM_ID, Requests, utc_now

READ_SECONDS = 60.0
WRITE_SECONDS = 120.0
LONGEST_URL = 4000
_REST_OF_URL = 300
# aiohttp would call an empty body application/octet-stream, and with that type Emby 3.2 was
# seen to answer 500 to a create that it did carry out.
_NO_BODY = {"Content-Type": "application/x-www-form-urlencoded"}
_NOT_THERE = frozenset({400, 404, 405, 500, 501})

Params = Mapping[str, Any]


def batches(ids: Iterable[str], *, room: int = LONGEST_URL) -> Iterator[list[str]]:
    """`ids` in as few parts as fit: `room` is the length of a whole URL, of which 300
    characters are left to its address and name. One id at least goes into each part.
    """
    part: list[str] = []
    used = 0
    for item_id in ids:
        cost = len(quote(item_id)) + (1 if part else 0)
        if part and used + cost > room - _REST_OF_URL:
            yield part
            part, used, cost = [], 0, cost - 1
        part.append(item_id)
        used += cost
    if part:
        yield part


def is_item_id(item_id: str) -> bool:
    return item_id.isascii() and ITEM_ID.fullmatch(item_id) is not None


def valid_id(item_id: str) -> str:
    """`item_id` again. Emby drops a filter that it cannot read and answers with everything."""
    if not is_item_id(item_id):
        raise InvalidError(f"{item_id[:40]!r} is not an id of an item in Emby.", code="item_id")
    return item_id


class Wire:
    """`user_id` is the administrator that all reads are made as; found out if not given.
    `uid` is the id that the server must have; None takes any.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        api_key: str,
        user_id: str | None = None,
        uid: str | None = None,
        requests: Requests | None = None,
    ) -> None:
        self.upstream = upstream
        self.user_id = user_id
        self.uid = uid
        self.requests = requests if requests is not None else Requests()
        self._key = api_key

    @property
    def name(self) -> str:
        return self.upstream.name

    async def ask(
        self,
        path: str,
        params: Params | None = None,
        *,
        accept: str = "",
        with_key: bool = True,
    ) -> Answer:
        """A read, whatever its status."""
        key = {"X-Emby-Token": self._key} if with_key else {}
        headers = {**key, **({"Accept": accept} if accept else {})}
        return await self.upstream.request(
            "GET",
            path,
            params=params,
            headers=headers,
            timeout=READ_SECONDS,
            count=self.requests.count,
        )

    async def read(self, path: str, params: Params | None = None) -> Answer:
        return self.accepted(await self.ask(path, params))

    async def read_first(self, *paths: str) -> Any:
        """The JSON of the first path that this server has: versions differ in them."""
        for path in paths[:-1]:
            try:
                answer = await self.ask(path)
            except UnavailableError as error:
                if error.http_status != 500:
                    raise
                continue
            if answer.status not in _NOT_THERE:
                return self.accepted(answer).json()
        return (await self.read(paths[-1])).json()

    def accepted(self, answer: Answer) -> Answer:
        """`answer` again, or what its status means as an error."""
        if not answer.ok:
            raise self.refusal(answer)
        return answer

    async def page(self, params: Params, start: int, limit: int) -> Page:
        """A page of `/Items` as the administrator, checked to come from the right server."""
        answer = await self.read("/Items", {**params, "StartIndex": start, "Limit": limit})
        rows, total = self.rows(answer.json())
        return Page([row for row in rows if row.get("Id")], total, _server_time(answer))

    def rows(self, data: Any) -> tuple[Sequence[Row], int]:
        """Rows and their promised number, from an envelope or a bare array."""
        items = data.get("Items") if isinstance(data, dict) else data
        if not isinstance(items, list) or not all(isinstance(row, dict) for row in items):
            raise UnexpectedAnswerError(
                f"{self.name} answered something other than a list of items.", upstream=self.name
            )
        for row in items:
            self.same_server(row.get("ServerId"))
        total = data.get("TotalRecordCount") if isinstance(data, dict) else None
        return items, total if isinstance(total, int) else 0

    def same_server(self, uid: object) -> None:
        """Raises RejectedError (server_changed) if `uid` names a server other than ours."""
        if uid and self.uid and _plain(str(uid)) != _plain(self.uid):
            raise RejectedError(
                f"Another Emby server answers at the address of {self.name}. Nothing was"
                " changed. Correct the address, or add this server as a new one.",
                upstream=self.name,
                code="server_changed",
            )

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: bytes | None = None,
        content_type: str | None = None,
    ) -> Answer:
        """A write, sent once. Raises for what no caller can mend; 4xx is theirs to judge.

        Raises UnavailableError for 5xx: Emby may have carried it out, so look before repeating.
        """
        bare = json is None and data is None
        typed = {"Content-Type": content_type} if content_type else _NO_BODY if bare else {}
        answer = await self.upstream.request(
            method,
            path,
            params=params,
            headers={"X-Emby-Token": self._key, **typed},
            json=json,
            data=data,
            timeout=WRITE_SECONDS,
            count=self.requests.count,
        )
        if answer.status in (401, 403) or answer.status >= 500:
            raise self.refusal(answer)
        return answer

    def refusal(self, answer: Answer) -> UpstreamError:
        """What an answer that is not ok means, for people."""
        said = redact(answer.text(120), (self._key,)) or "no words"
        status = answer.status
        if status >= 500:
            return UnavailableError(
                f"{self.name} failed (HTTP {status}: {said}).",
                upstream=self.name,
                http_status=status,
            )
        code, words = _WORDS.get(
            300 if 300 <= status < 400 else status,
            ("rejected", "{name} refused this (HTTP {status}: {said})."),
        )
        return RejectedError(
            words.format(name=self.name, status=status, said=said),
            upstream=self.name,
            code=code,
            http_status=status,
        )


_WORDS = {
    300: (
        "redirect",
        "{name} sends us on to another address (HTTP {status}). Is it https:// by now?",
    ),
    401: (
        "key",
        "The API key is not accepted by {name}. Make a new one in Emby under Settings, API Keys.",
    ),
    403: (
        "forbidden",
        "{name} does not allow this with this API key (HTTP 403: {said}).",
    ),
    404: ("not_found", "{name} does not know what we asked for (HTTP 404: {said})."),
    414: (
        "too_long",
        "{name}, or a proxy before it, takes no address as long as this (HTTP 414).",
    ),
}


def _plain(uid: str) -> str:
    return uid.replace("-", "").casefold()


def _server_time(answer: Answer) -> datetime:
    """The `Date` of an answer, in whole seconds; our own clock where it has none."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return utc_now()
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
