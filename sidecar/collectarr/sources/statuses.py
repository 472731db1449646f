"""Answers that mean the same wherever they come from: the guard in front, and rare statuses."""

from collectarr.errors import UnavailableError
from collectarr.http import Answer

GUARD_PAUSE = 300.0
_RARE = {
    202: "has not got {about} ready yet. Try again later.",
    204: "sent an empty answer when asked for {about}. Try again later.",
    420: "does not show {about}: an account there has reached its limit. Try again later.",
    423: "does not show {about}: the account there, or the list, is locked.",
    426: "shows {about} only to accounts with a paid plan.",
}


def rare(status: int, about: str) -> str | None:
    """What an unusual status says, to follow the name of the source; None for all others."""
    words = _RARE.get(status)
    return words and words.format(about=about)


def is_guard(answer: Answer) -> bool:
    """A web page with 403 comes from the guard in front of a source: it says nothing of us."""
    kind = answer.headers.get("Content-Type", "")
    page = "html" in kind or answer.body.lstrip()[:1] == b"<"
    return answer.status == 403 and page


def guarded(name: str) -> UnavailableError:
    return UnavailableError(
        f"The guard in front of {name} turned us away; try again later.",
        upstream=name,
        code="down",
        http_status=403,
        retry_after=GUARD_PAUSE,
    )
