"""What MDBList's answers mean: data, or one of the three errors in words for people.

It says "no" in many ways: by status, as `{"error": …}` or `[{"error": …}]` with status 200,
as `{"response": false, …}`, or as a web page of the guard in front of it.
"""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from yarl import URL

from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.http import Answer, Upstream, redact, requests_left
from collectarr.models import utc_now
from collectarr.sources.statuses import guarded, is_guard, rare

NAME = "MDBList"
# MDBList counts requests per five minutes and per day. A wait longer than that window can only
# mean the day.
_WINDOW_SECONDS = 900
_BY_STATUS = {401: "key", 403: "key", 404: "not_found", 429: "rate"}
# In the order in which they are looked for in what MDBList said.
_BY_WORDS = (
    ("rate limit", "rate"),
    ("api limit", "quota"),
    ("private", "private"),
    ("api key", "key"),
    ("not found", "not_found"),
)
_NOT_JSON = object()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """Data from MDBList, without an error in it."""

    data: Any
    headers: Mapping[str, str]


async def ask(
    upstream: Upstream,
    path: str,
    *,
    about: str,
    secret: str | None = None,
    params: Mapping[str, Any] | None = None,
    body: Any = None,
) -> Reply:
    """GET `path`, as the account whose key is `secret`. `about` names what is asked for.

    With a `body` it is a POST, which is not tried again.

    Raises UnavailableError (codes `quota`, `rate`, `down`), RejectedError (`key`, `private`,
    `not_found`, `tls`) or UnexpectedAnswerError. No message holds the key.
    """
    if not URL(upstream.base_url + path).path.endswith(path):
        raise rejected("not_found", about)
    method = "GET" if body is None else "POST"
    keyed = {**(params or {}), "apikey": secret}
    try:
        answer = await upstream.request(method, path, params=keyed, json=body, final=_is_daily)
    except UnavailableError as error:
        raise _unavailable(error, secret) from None
    return _reply(answer, about, secret)


def rejected(code: str, about: str) -> RejectedError:
    words = {
        "key": f"{NAME} does not accept this API key. Copy it again from mdblist.com,"
        " Preferences, API Access.",
        "key_needed": f"{NAME} shows {about} only with an API key. Add yours in the settings.",
        "private": f"{NAME} calls {about} empty or private. Make it public there, or connect"
        " the account that owns it.",
        "not_found": f"{NAME} does not know {about}. It may have been renamed, deleted or made"
        " private.",
    }
    return RejectedError(words[code], upstream=NAME, code=code)


def concerns_all(error: UpstreamError) -> bool:
    """Whether asking for the next thing would meet the same trouble."""
    if isinstance(error, UnavailableError):
        return error.http_status is None or error.code in {"quota", "rate"}
    return isinstance(error, RejectedError) and error.code in {"key", "tls", "certificate"}


async def or_nothing(asked: Awaitable[Sequence[T]]) -> Sequence[T]:
    """Nothing where only this one thing is in trouble: it will tell so when it is read."""
    try:
        return await asked
    except UpstreamError as error:
        if concerns_all(error):
            raise
        return ()


def unexpected(what: str, status: int | None = None) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(f"{NAME} {what}", upstream=NAME, http_status=status)


def _reply(answer: Answer, about: str, secret: str | None) -> Reply:
    if is_guard(answer):
        raise guarded(NAME)
    data = _data(answer)
    said = redact(_said(data), (secret or "",))
    code = _code(answer.status, said)
    if code == "quota":
        raise _quota(_seconds_left(answer.headers), answer.status)
    if code == "rate":
        raise _rate(None, answer.status)
    if code is not None:
        # Without a key there is no key to be wrong: the list is simply not for everybody.
        raise rejected("private" if code == "key" and secret is None else code, about)
    if answer.status >= 500:
        raise _down(answer, secret)
    if said:
        raise unexpected(f"answered “{said}” when asked for {about}.", answer.status)
    words = rare(answer.status, about)
    if words is not None:
        raise unexpected(words, answer.status)
    if data is _NOT_JSON:
        raise _no_data(answer, secret)
    if not answer.ok:
        raise unexpected(f"answered HTTP {answer.status} when asked for {about}.", answer.status)
    return Reply(data, answer.headers)


def _data(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _said(data: Any) -> str:
    """The error in the body, in MDBList's words; empty if there is none."""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return ""
    error = data.get("error")
    if error is None and data.get("response") is False:
        error = "no data"
    return " ".join(str(error).split())[:200] if error else ""


def _code(status: int, said: str) -> str | None:
    low = said.lower()
    for words, code in _BY_WORDS:
        if words in low:
            return code
    return _BY_STATUS.get(status)


def _no_data(answer: Answer, secret: str | None) -> UnexpectedAnswerError:
    kind = answer.headers.get("Content-Type", "something").partition(";")[0]
    words = redact(answer.text(80), (secret or "",))
    if kind == "text/html":
        kind = "a web page"
    return unexpected(
        f"answered {kind} where data was expected (HTTP {answer.status}: {words!r})."
        " Try again later; if it stays so, check the address in MDBLIST_URL.",
        answer.status,
    )


def _unavailable(error: UnavailableError, secret: str | None) -> UnavailableError:
    wait = error.retry_after
    if error.http_status != 429:
        return UnavailableError(
            redact(error.message, (secret or "",)),
            upstream=NAME,
            code="down",
            http_status=error.http_status,
            retry_after=wait,
        )
    if wait is not None and wait > _WINDOW_SECONDS:
        return _quota(wait, 429)
    if error.requests_left == 0 or _code(0, error.said) == "quota":
        # A short wait there is that of the window: the day is not over after it.
        return _quota(_seconds_left({}), 429)
    return _rate(wait, 429)


def _is_daily(answer: Answer) -> bool:
    """Whether today's requests are used up: no wait that is worth waiting for."""
    if answer.status != 429:
        return False
    return requests_left(answer.headers) == 0 or _code(0, _said(_data(answer))) == "quota"


def _down(answer: Answer, secret: str | None) -> UnavailableError:
    said = redact(answer.text(120), (secret or "",))
    return UnavailableError(
        f"{NAME} failed (HTTP {answer.status}: {said or 'no words'}).",
        upstream=NAME,
        code="down",
        http_status=answer.status,
    )


def _quota(seconds: float, status: int) -> UnavailableError:
    until = utc_now() + timedelta(seconds=seconds + 30)
    return UnavailableError(
        f"Today's {NAME} quota of this API key is used up until {until:%H:%M} UTC."
        " Until then everything stays as it is.",
        upstream=NAME,
        code="quota",
        http_status=status,
        retry_after=seconds,
    )


def _rate(seconds: float | None, status: int) -> UnavailableError:
    wait = f"{seconds:.0f} seconds" if seconds is not None else "some minutes"
    return UnavailableError(
        f"{NAME} asks us to wait {wait}: too many requests in a short time.",
        upstream=NAME,
        code="rate",
        http_status=status,
        retry_after=seconds,
    )


def _seconds_left(headers: Mapping[str, str]) -> float:
    """Until the quota starts anew: what `X-RateLimit-Reset` says, else 00:00 UTC."""
    now = utc_now()
    text = headers.get("X-RateLimit-Reset", "")
    if text.isdigit() and 0 < int(text) - now.timestamp() <= 86_400:
        return int(text) - now.timestamp()
    return (next_midnight(now) - now).total_seconds()


def next_midnight(now: datetime) -> datetime:
    """When MDBList counts anew: 00:00 UTC."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
