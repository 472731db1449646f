"""The one way out: every request to another program goes through `Upstream`.

Timeouts, a User-Agent, a rate and a concurrency limit per upstream, retries of safe requests
with jitter, `Retry-After`, a limit on the size of an answer, and no secret in any message.
"""

import asyncio
import json
import math
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
from aiolimiter import AsyncLimiter
from multidict import CIMultiDictProxy
from yarl import URL

from collectarr import __version__
from collectarr.dial import Reach, dialling
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError

USER_AGENT = f"Collectarr/{__version__}"
MAX_BODY = 64 * 1024 * 1024
LONGEST_WAIT = 20.0
LONGEST_RETRY_AFTER = 86_400.0
SHORTEST_SECRET = 4
"""Blotting out less than that would blot out half of every message."""
RETRIED = frozenset({429, 500, 502, 503, 504, 520, 521, 522})
HIDDEN = "•••"
_NAMES_SECRET = re.compile(r"(?i)api[_-]?key|token|secret|password|authorization|cookie|^pw$")
_SECRET_VALUE = re.compile(
    r"""(?ix) \b( [\w-]{0,40}(?:api[_-]?key|token|secret|password) | pw )
        ( = | \\?["']\s*:\s* )
        (?: (\\?")[^"]* | (\\?')[^']* | [^&\s"']+ )"""
)
_SECRET_HEADER = re.compile(
    r"""(?ix) \b( x-emby-token | x-mediabrowser-token | x-api-key | trakt-api-key
        | authorization | x-emby-authorization | cookie | set-cookie ) :[^\r\n]*"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{16,}")
_SIGN_IN = re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]*@")
_WEBHOOK = re.compile(r"(/webhooks/emby/)[^/\s?\"']+")
_TAGS = re.compile(r"<[^>]+>")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without whatever looks like one by its name."""
    # The longest first: where one secret begins another, its rest would stay.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for form in dict.fromkeys((secret, quote(secret, safe=""), quote_plus(secret))):
                text = text.replace(form, HIDDEN)
    text = _SECRET_VALUE.sub(lambda m: f"{m[1]}{m[2]}{m[3] or m[4] or ''}{HIDDEN}", text)
    text = _SECRET_HEADER.sub(rf"\1: {HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _SIGN_IN.sub(f"{HIDDEN}@", text)
    return _WEBHOOK.sub(rf"\1{HIDDEN}", text)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of `upstream`; `secrets` are those that went out with the question."""

    upstream: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def text(self, limit: int = 200) -> str:
        """The beginning of the body as one line without markup or secrets, for messages."""
        cut = limit * 20
        raw = redact(self.body[:cut].decode("utf-8", "replace"), self.secrets)
        if len(self.body) > cut:
            # A secret that the cut went through is no longer recognised: leave that end out.
            raw = raw[: -max((len(quote(secret)) for secret in self.secrets), default=0) or None]
        line = " ".join(_TAGS.sub(" ", raw).split())
        # It ends up in logs and on terminals, which would obey some characters.
        return "".join(c for c in line if c.isprintable())[:limit]

    def json(self) -> Any:
        """The body as JSON. Raises UnexpectedAnswerError for HTML or anything else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("Content-Type", "something").partition(";")[0]
            raise UnexpectedAnswerError(
                f"{self.upstream} answered {kind} where data was expected"
                f" (HTTP {self.status}: {self.text(80)!r}). Is the address right?",
                upstream=self.upstream,
                http_status=self.status,
            ) from None


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request, to be sent as often as it takes."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    json: Any
    data: str | bytes | None
    timeout: float
    count: Callable[[str], None] | None
    secrets: tuple[str, ...]


class _BrokenError(aiohttp.ClientError):
    """Carries an error past aiohttp, which would send a GET, a PUT or a DELETE once more."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenError(error) from None


class Upstream:
    """One program that we call: its address, our credentials for it, and its limits.

    `secrets` never appear in a message. `per_second` and `concurrency` bound our load on it.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        per_second: float = 20,
        concurrency: int = 4,
        timeout: float = 30,
        tries: int = 3,
        pause: float = 0.5,
        max_body: int = MAX_BODY,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._session = session
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})}
        self._secrets = tuple(secrets)
        self._limiter = AsyncLimiter(max(per_second, 1), max(per_second, 1) / per_second)
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout = timeout
        self._tries = tries
        self._pause = pause
        self._max_body = max_body
        self._reach: Callable[[], Awaitable[Reach]] | None = None

    def for_person(self, reach: Callable[[], Awaitable[Reach]]) -> "Upstream":
        """The same upstream under the same limits, at the word of a person.

        `reach` is asked before each request, so that it always says what holds now. Requests
        beyond it raise RejectedError (address_refused).
        """
        other = copy(self)
        other._reach = reach
        return other

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: str | bytes | None = None,
        timeout: float | None = None,
        count: Callable[[str], None] | None = None,
        final: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """The answer, whatever its status, unless it stays 429 or (for reads) 5xx.

        Reads are tried again; writes never: whoever writes must look before writing again.
        `count` is called with the method once per request sent. `final` tells of a refusal that
        asking again is no use, however soon the headers allow it.
        Raises UnavailableError when the upstream cannot be reached or keeps failing,
        RejectedError when its TLS certificate is not trusted.
        """
        safe = method in ("GET", "HEAD")
        tries = self._tries if safe else 1
        asks = {**self._headers, **(headers or {})}
        values = {k: _text(v) for k, v in (params or {}).items() if v is not None}
        secrets = (*self._secrets, *_secrets_in(values), *_secrets_in(asks))
        ask = _Ask(method, path, values, asks, json, data, timeout or self._timeout, count, secrets)
        for attempt in range(1, tries + 1):
            last = attempt == tries
            try:
                answer = await self._send(ask)
            except UnavailableError:
                if last:
                    raise
                await asyncio.sleep(self._backoff(attempt))
                continue
            if answer.status not in RETRIED or not (safe or answer.status == 429):
                return answer
            wait = _retry_after(answer.headers)
            if last or (wait or 0) > LONGEST_WAIT or (final is not None and final(answer)):
                raise self._unavailable(answer, wait)
            await asyncio.sleep(self._backoff(attempt) if wait is None else wait)
        raise AssertionError("unreachable")

    async def _send(self, ask: _Ask) -> Answer:
        async with self._slots, self._limiter:
            if ask.count is not None:
                ask.count(ask.method)
            with dialling(await self._reach() if self._reach else None) as dial:
                try:
                    return await self._exchange(ask)
                except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                    if dial is not None and dial.refused is not None:
                        raise self._refused(dial.refused) from None
                    cause = error.error if isinstance(error, _BrokenError) else error
                    raise self._unreachable(cause) from None

    async def _exchange(self, ask: _Ask) -> Answer:
        async with self._session.request(
            ask.method,
            URL(self.base_url + ask.path),
            params=ask.params,
            headers=ask.headers,
            json=ask.json,
            data=ask.data,
            timeout=aiohttp.ClientTimeout(total=ask.timeout, connect=10),
            middlewares=(_once,),
            # Our key rides in a header: it must not follow to another host.
            allow_redirects=False,
        ) as response:
            body = await self._read(response)
            return Answer(self.name, response.status, response.headers, body, ask.secrets)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(1 << 16):
            size += len(chunk)
            if size > self._max_body:
                raise UnexpectedAnswerError(
                    f"{self.name} sent more than {self._max_body / (1 << 20):g} MB in one answer.",
                    upstream=self.name,
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _backoff(self, attempt: int) -> float:
        return self._pause * float(2 ** (attempt - 1)) * random.uniform(0.5, 1.5)  # noqa: S311

    def _unavailable(self, answer: Answer, wait: float | None) -> UnavailableError:
        if answer.status == 429:
            message = f"{self.name} asks us to slow down (HTTP 429). Trying again later."
        else:
            said = answer.text(120)
            message = f"{self.name} failed (HTTP {answer.status}: {said or 'no words'})."
        return UnavailableError(
            message,
            upstream=self.name,
            http_status=answer.status,
            retry_after=wait,
            said=answer.text(120),
            requests_left=requests_left(answer.headers),
        )

    def _refused(self, why: str) -> RejectedError:
        return RejectedError(
            f"{self.name} is not asked. {why}. Give the address that it has in your own network,"
            " or ask an administrator.",
            upstream=self.name,
            code="address_refused",
        )

    def _unreachable(self, error: Exception) -> UnavailableError | RejectedError:
        if isinstance(error, aiohttp.InvalidURL) or not isinstance(
            error, TimeoutError | aiohttp.ClientError | OSError
        ):
            return RejectedError(
                f"{self.name} cannot be asked: its address or its key has characters that may"
                " not be there.",
                upstream=self.name,
                code="address",
            )
        url = URL(self.base_url)
        host = url.host or self.base_url
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return RejectedError(
                f"The TLS certificate of {host} is not trusted, or is not its own. Use the name"
                " that it was made for, give it a valid one, or use http:// on a home network.",
                upstream=self.name,
                code="certificate",
            )
        if isinstance(error, aiohttp.ClientSSLError):
            return RejectedError(
                f"{host} does not speak TLS at port {url.port}. Begin the address with http://, or"
                " name its port for https.",
                upstream=self.name,
                code="tls",
            )
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            code, words = "dns", f"The name {host!r} is not known. Check the spelling."
        elif isinstance(error, TimeoutError):
            code, words = "timeout", f"{self.name} did not answer in time. Is it running?"
        elif isinstance(error, aiohttp.ClientConnectorError):
            code = "refused"
            words = f"Nothing answers at {host}:{url.port}. Is {self.name} running?"
        elif isinstance(error, aiohttp.ClientPayloadError):
            code, words = "cut", f"{self.name} broke off in the middle of an answer. Is it healthy?"
        elif isinstance(error, aiohttp.ClientResponseError):
            code, words = "cut", f"{self.name} answered something that is no HTTP. Is it healthy?"
        else:
            code, words = "cut", f"{self.name} broke off before it had answered. Is it healthy?"
        return UnavailableError(words, upstream=self.name, code=code)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _secrets_in(named: Mapping[str, str]) -> list[str]:
    """The values that are secret by their name; of `Bearer abc` also what follows the word."""
    values = [value for name, value in named.items() if _NAMES_SECRET.search(name)]
    return [form for value in values for form in (value, value.rpartition(" ")[2])]


def requests_left(headers: Mapping[str, str]) -> int | None:
    """What `X-RateLimit-Remaining` says; None where it is not there, or is no number."""
    text = headers.get("X-RateLimit-Remaining", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds; its date form and nonsense count as not given."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None
