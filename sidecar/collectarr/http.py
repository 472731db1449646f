"""The one way out: every request to another program goes through `Upstream`.

Timeouts, a User-Agent, a rate and a concurrency limit per upstream, retries of safe requests
with jitter, `Retry-After`, a limit on the size of an answer, and no secret in any message.
"""

import asyncio
import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiolimiter import AsyncLimiter
from multidict import CIMultiDictProxy
from yarl import URL

from collectarr import __version__
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError

USER_AGENT = f"Collectarr/{__version__}"
MAX_BODY = 64 * 1024 * 1024
LONGEST_WAIT = 20.0
RETRIED = frozenset({429, 500, 502, 503, 504, 520, 521, 522})
_SECRET_PARAMETER = re.compile(
    r"(?i)\b(api_?key|apikey|token|access_token|refresh_token|x-emby-token|client_secret|pw"
    r"|password)=[^&\s\"']+"
)
_TAGS = re.compile(r"<[^>]+>")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without the values of parameters that hold one."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    return _SECRET_PARAMETER.sub(r"\1=•••", text)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of `upstream`."""

    upstream: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def text(self, limit: int = 200) -> str:
        """The beginning of the body as one line without markup, for messages."""
        raw = self.body[: limit * 20].decode("utf-8", "replace")
        return " ".join(_TAGS.sub(" ", raw).split())[:limit]

    def json(self) -> Any:
        """The body as JSON. Raises UnexpectedAnswerError for HTML or anything else."""
        try:
            return json.loads(self.body)
        except ValueError:
            kind = self.headers.get("Content-Type", "something").partition(";")[0]
            raise UnexpectedAnswerError(
                f"{self.upstream} answered {kind} where data was expected"
                f" (HTTP {self.status}: {self.text(80)!r}). Is the address right?",
                upstream=self.upstream,
                http_status=self.status,
            ) from None


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
    ) -> Answer:
        """The answer, whatever its status, unless it stays 429 or (for reads) 5xx.

        Reads are tried again; writes never: whoever writes must look before writing again.
        `count` is called with the method once per request sent.
        Raises UnavailableError when the upstream cannot be reached or keeps failing,
        RejectedError when its TLS certificate is not trusted.
        """
        safe = method in ("GET", "HEAD")
        tries = self._tries if safe else 1
        for attempt in range(1, tries + 1):
            last = attempt == tries
            try:
                answer = await self._send(method, path, params, headers, json, data, timeout, count)
            except UnavailableError:
                if last:
                    raise
                await asyncio.sleep(self._backoff(attempt))
                continue
            if answer.status not in RETRIED or not (safe or answer.status == 429):
                return answer
            wait = _retry_after(answer.headers)
            if last or (wait or 0) > LONGEST_WAIT:
                raise self._unavailable(answer, wait)
            await asyncio.sleep(self._backoff(attempt) if wait is None else wait)
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        json: Any,
        data: str | bytes | None,
        timeout: float | None,
        count: Callable[[str], None] | None,
    ) -> Answer:
        url = URL(self.base_url + path)
        clean = {k: _text(v) for k, v in (params or {}).items() if v is not None}
        async with self._slots, self._limiter:
            if count is not None:
                count(method)
            try:
                async with self._session.request(
                    method,
                    url,
                    params=clean,
                    headers={**self._headers, **(headers or {})},
                    json=json,
                    data=data,
                    timeout=aiohttp.ClientTimeout(total=timeout or self._timeout, connect=10),
                    # Our key rides in a header: it must not follow to another host.
                    allow_redirects=False,
                ) as response:
                    body = await self._read(response)
                    return Answer(self.name, response.status, response.headers, body)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                raise self._unreachable(error) from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(1 << 16):
            size += len(chunk)
            if size > MAX_BODY:
                raise UnexpectedAnswerError(
                    f"{self.name} sent more than {MAX_BODY >> 20} MB in one answer.",
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
            said = redact(answer.text(120), self._secrets)
            message = f"{self.name} failed (HTTP {answer.status}: {said or 'no words'})."
        return UnavailableError(
            message, upstream=self.name, http_status=answer.status, retry_after=wait
        )

    def _unreachable(self, error: Exception) -> UnavailableError | RejectedError:
        host = URL(self.base_url).host or self.base_url
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return RejectedError(
                f"The TLS certificate of {host} is not trusted, or it does not speak TLS there."
                " Use http:// on a home network, or give it a valid certificate.",
                upstream=self.name,
                code="tls",
            )
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            code, what = "dns", f"The name {host!r} is not known. Check the spelling"
        elif isinstance(error, TimeoutError):
            code, what = "timeout", f"{self.name} did not answer in time. Is it running"
        elif isinstance(error, aiohttp.ClientConnectorError):
            port = URL(self.base_url).port
            code, what = "refused", f"Nothing answers at {host}:{port}. Is {self.name} running"
        else:
            said = redact(f"{type(error).__name__}: {error}", self._secrets)[:160]
            code, what = "cut", f"The connection to {self.name} broke ({said}). Is it healthy"
        return UnavailableError(
            f"{what}{'?' if 'Is ' in what else '.'}", upstream=self.name, code=code
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds; its date form and nonsense count as not given."""
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None
