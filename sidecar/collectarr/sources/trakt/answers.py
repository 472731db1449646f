"""What Trakt's answers mean: data, or one of the three errors in words for people.

Trakt says "no" by status, mostly with an empty body. A web page with 403 comes from the guard in
front of it and says nothing of us.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.http import Answer, redact
from collectarr.sources.contract import RECONNECT

NAME = "Trakt"
_BY_STATUS = {404: "not_found", 420: "limit", 423: "locked", 426: "vip"}
_GUARD_PAUSE = 300.0
NOT_SET_UP = (
    f"{NAME} is not set up here. An administrator has to make an application at"
    " trakt.tv/oauth/applications and give its client id as TRAKT_CLIENT_ID."
)
_WORDS = {
    "not_set_up": NOT_SET_UP,
    "client": f"{NAME} refuses this installation's application. An administrator has to check at"
    " trakt.tv/oauth/applications that it still exists and is approved, and that"
    " TRAKT_CLIENT_ID (and TRAKT_CLIENT_SECRET, if it has one) are its values.",
    RECONNECT: f"{NAME} does not accept this connection any more. Connect your {NAME} account"
    " again in the settings.",
    "key_needed": f"{NAME} shows {{about}} only to somebody signed in. Connect your {NAME} account"
    " in the settings.",
    "not_found": f"{NAME} does not show {{about}}. It may have been renamed, deleted or made"
    " private.",
    "private": f"{NAME} shows {{about}} only to their owner.",
    "limit": f"{NAME} says that this account has reached its size limit, and does not show"
    " {about}. Make room there, or ask Trakt about VIP.",
    "locked": f"{NAME} has locked or deactivated this account. Write to Trakt's support; until"
    " that is settled the account is of no use here.",
    "vip": f"{NAME} shows {{about}} only to VIP accounts.",
    "expired": f"This sign-in at {NAME} has run out. Start again.",
    "denied": f"The sign-in was refused at {NAME}. Start again if that was a mistake.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """Data from Trakt, without an error in it."""

    data: Any
    headers: Mapping[str, str]


def rejected(code: str, about: str = "") -> RejectedError:
    return RejectedError(_WORDS[code].replace("{about}", about), upstream=NAME, code=code)


def unexpected(what: str, status: int | None = None) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(f"{NAME} {what}", upstream=NAME, http_status=status)


def reply_of(answer: Answer, about: str, *, signed_in: bool) -> Reply:
    """The data in an answer to a GET. `about` names what was asked for."""
    if not answer.ok:
        raise refusal(answer, about, signed_in=signed_in)
    data = data_of(answer)
    if data is None:
        raise unexpected(
            f"sent no data when asked for {about}. Try again later; if it stays so, check the"
            " address in TRAKT_URL.",
            answer.status,
        )
    return Reply(data, answer.headers)


def refusal(answer: Answer, about: str, *, signed_in: bool) -> UpstreamError:
    """What an answer that is no success means."""
    if answer.status == 401:
        return rejected(RECONNECT if signed_in else "key_needed", about)
    if answer.status == 403:
        return guarded() if is_web_page(answer) else rejected("client")
    if answer.status in _BY_STATUS:
        return rejected(_BY_STATUS[answer.status], about)
    return unexpected(f"answered HTTP {answer.status} when asked for {about}.", answer.status)


def guarded() -> UnavailableError:
    return UnavailableError(
        f"The guard in front of {NAME} does not let us through just now. It is asked again later.",
        upstream=NAME,
        code="down",
        http_status=403,
        retry_after=_GUARD_PAUSE,
    )


def unavailable(error: UnavailableError, secret: str | None = None) -> UnavailableError:
    """The same in Trakt's words, without anything that an answer may have repeated."""
    status, wait = error.http_status, error.retry_after
    if status is None:
        # Never reached: these words are about the connection.
        code, words = "down", redact(error.message, (secret or "",))
    elif status == 429:
        code, words = "rate", _slower(wait)
    else:
        code, words = "down", f"{NAME} is out of order (HTTP {status}). It is asked again later."
    return UnavailableError(words, upstream=NAME, code=code, http_status=status, retry_after=wait)


def _slower(seconds: float | None) -> str:
    wait = f"{seconds:.0f} seconds" if seconds is not None else "some minutes"
    return f"{NAME} asks us to wait {wait}: too many requests in a short time."


def is_web_page(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "")
    return "html" in kind or answer.body.lstrip()[:1] == b"<"


def data_of(answer: Answer) -> Any:
    """The body as JSON; None where it is empty or something else."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
