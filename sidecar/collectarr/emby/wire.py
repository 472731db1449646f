"""One server on the line: our key on every request, every refusal in words for people."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

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
PUBLIC_INFO = "/System/Info/Public"
PROOF_SECONDS = 300.0
"""For how long a server that said who it is may be written to without asking again."""
_REST_OF_URL = 300
# aiohttp would call an empty body application/octet-stream, and with that type Emby 3.2 was
# seen to answer 500 to a create that it did carry out.
_NO_BODY = {"Content-Type": "application/x-www-form-urlencoded"}
_NOT_THERE = frozenset({400, 404, 405, 500, 501})

Params = Mapping[str, Any]
Learn = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Takes what a server just showed that it can or cannot do, by the names of its abilities."""


@dataclass(slots=True)
class Proof:
    """When a server last proved to be the one that it should be; shared by all its clients."""

    at: float | None = None

    @property
    def holds(self) -> bool:
        return self.at is not None and time.monotonic() - self.at < PROOF_SECONDS


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
    `uid` is the id that the server must have; None takes any. With a `proof` nothing is written
    to a server that has not said who it is for a while: it is asked first.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        api_key: str,
        user_id: str | None = None,
        uid: str | None = None,
        requests: Requests | None = None,
        proof: Proof | None = None,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self.upstream = upstream
        self.user_id = user_id
        self.uid = uid
        self.requests = requests if requests is not None else Requests()
        self._key = api_key
        self._proof = proof
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds

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
            timeout=self._read_seconds,
            count=self.requests.count,
        )

    async def read(self, path: str, params: Params | None = None) -> Answer:
        return self.accepted(await self.ask(path, params))

    async def read_first(self, *paths: str) -> tuple[str, Any]:
        """The first path that this server has, and its JSON: versions differ in them."""
        for path in paths[:-1]:
            try:
                answer = await self.ask(path)
            except UnavailableError as error:
                if error.http_status != 500:
                    raise
                continue
            if answer.status not in _NOT_THERE:
                return path, self.accepted(answer).json()
        return paths[-1], (await self.read(paths[-1])).json()

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
            if self._proof is not None:
                self._proof.at = None
            raise RejectedError(
                f"Another Emby server answers at the address of {self.name}. Nothing was"
                " changed. Correct the address, or add this server as a new one.",
                upstream=self.name,
                code="server_changed",
            )
        if uid and self.uid and self._proof is not None:
            self._proof.at = time.monotonic()

    async def prove(self) -> None:
        """Raises RejectedError (server_changed) where another server answers, and
        UnexpectedAnswerError where nobody says who it is. Nobody gets our key for it.
        """
        answer = self.accepted(await self.ask(PUBLIC_INFO, with_key=False))
        info = answer.json()
        uid = info.get("Id") if isinstance(info, dict) else None
        if not uid:
            raise UnexpectedAnswerError(
                f"{self.name} does not say which server it is. Nothing was changed.",
                upstream=self.name,
                code="not_emby",
            )
        self.same_server(uid)

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: bytes | None = None,
        content_type: str | None = None,
        token: str | None = None,
    ) -> Answer:
        """A write, sent once. Raises for what no caller can mend; 4xx is theirs to judge.
        `token`: a signed-in user's, in place of the key; then 401 and 403 are theirs as well.

        Raises UnavailableError for 5xx: Emby may have carried it out, so look before repeating.
        """
        if self.uid and self._proof is not None and not self._proof.holds:
            await self.prove()
        bare = json is None and data is None
        typed = {"Content-Type": content_type} if content_type else _NO_BODY if bare else {}
        answer = await self.upstream.request(
            method,
            path,
            params=params,
            headers={"X-Emby-Token": token or self._key, **typed},
            json=json,
            data=data,
            timeout=self._write_seconds,
            count=self.requests.count,
        )
        if answer.status >= 500 or (answer.status in (401, 403) and token is None):
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
        where = _place(answer.headers.get("Location", ""))
        return RejectedError(
            words.format(name=self.name, status=status, said=said, where=where),
            upstream=self.name,
            code=code,
            http_status=status,
        )


_WORDS = {
    300: (
        "redirect",
        "{name} sends us on to {where} (HTTP {status}). Enter the address that this ends up at.",
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


def _place(location: str) -> str:
    """Where a redirect leads, as far as a person needs it."""
    try:
        parts = urlsplit(location)
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    except ValueError:
        shown = ""
    return shown[:100] if shown.isprintable() and shown else "another address"


def _plain(uid: str) -> str:
    return uid.replace("-", "").casefold()


def _server_time(answer: Answer) -> datetime:
    """The `Date` of an answer, in whole seconds; our own clock where it has none."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return utc_now()
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
