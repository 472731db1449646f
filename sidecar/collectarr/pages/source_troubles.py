"""What is said in the place of lists that cannot be shown, and what helps."""

from collectarr.errors import CollectarrError, InvalidError
from collectarr.pages.source_cards import PATH
from collectarr.pages.source_views import Trouble
from collectarr.sources import RECONNECT, Source

_TITLES = {
    "private": "This list is private",
    "not_found": "There is no such list",
    "quota": "No requests are left for now",
    "rate": "That was too fast",
    "changing": "This list is changing right now",
}


def trouble_of(source: Source, error: CollectarrError | TimeoutError, here: str) -> Trouble:
    """`here` is the page itself, to try again."""
    if isinstance(error, TimeoutError):
        return still_reading(source, here)
    settings = f"{PATH}#{source.name}"
    match error.code:
        case "not_set_up":
            return not_set_up(source, error.message)
        case "key_needed":
            return connect_first(source, error.message)
        case "key":
            title = f"{source.label} refused your key"
            return Trouble(title, error.message, settings, "Open Sources")
        case code if code == RECONNECT:
            return connect_again(source, error.message)
    if error.code in ("private", "not_found") or isinstance(error, InvalidError):
        title = _TITLES.get(error.code, "This is no list")
        return Trouble(
            title, error.message, f"/browse/{source.name}", f"Browse {source.label}", art="search"
        )
    title = _TITLES.get(error.code, f"{source.label} does not answer as it should")
    return Trouble(title, error.message, here, "Try again")


def still_reading(source: Source, here: str) -> Trouble:
    text = "What it sends is kept meanwhile. Look again in a moment."
    return Trouble(f"{source.label} takes its time", text, here, "Look again", wait=True)


def not_set_up(source: Source, text: str) -> Trouble:
    return Trouble(f"{source.label} is not set up", text, f"{PATH}#{source.name}", "Open Sources")


def connect_again(source: Source, text: str | None = None) -> Trouble:
    """For an account that only its owner can bring back."""
    words = text or f"Your account at {source.label} is not connected any more."
    title = f"{source.label} wants you to connect again"
    return Trouble(title, words, f"{PATH}#{source.name}", "Open Sources")


def connect_first(source: Source, text: str = "") -> Trouble:
    words = text or f"What is yours at {source.label} shows up here once your account is connected."
    title = f"Connect {source.label} first"
    return Trouble(title, words, f"{PATH}#{source.name}", f"Connect {source.label}")
