"""The audit trail in words for people: what was done, to what, by whom, and how."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from collectarr.pages.lines import source_word
from collectarr.pages.words import count
from collectarr.store.audit import Action, Entry

GROUPS: tuple[tuple[str, Mapping[Action, str]], ...] = (
    (
        "Signing in",
        {
            "set_up": "Set Collectarr up",
            "sign_in": "Signed in",
            "sign_in_refused": "Sign-in refused",
            "sign_in_throttled": "Sign-in tried too often",
            "password_refused": "Wrong password of somebody signed in",
            "set_up_refused": "Set-up refused",
            "sign_out": "Signed out",
            "session_revoked": "Signed out elsewhere",
            "refresh_reused": "A used-up token came again",
        },
    ),
    (
        "Accounts",
        {
            "registered": "Registered",
            "user_created": "Added a user",
            "user_changed": "Changed a user",
            "role_changed": "Changed a role",
            "user_deleted": "Removed a user",
            "invite_created": "Made an invitation",
            "invite_used": "Joined by invitation",
            "invite_revoked": "Revoked an invitation",
            "profile_changed": "Changed their name or address",
            "password_changed": "Changed their password",
            "password_reset": "Set a new password",
        },
    ),
    (
        "Keys, servers and sources",
        {
            "api_key_created": "Made an API key",
            "api_key_revoked": "Revoked an API key",
            "server_added": "Added a server",
            "server_changed": "Changed a server",
            "server_change_refused": "Change of a server's address refused",
            "server_removed": "Removed a server",
            "server_signed_in": "Signed in to a server",
            "server_signed_out": "Signed out of a server",
            "bridge_installed": "Set up a webhook in a server",
            "bridge_removed": "Took a webhook out of a server",
            "source_key_set": "Connected a source",
            "source_key_removed": "Disconnected a source",
        },
    ),
    (
        "Collections",
        {
            "collection_deleted": "Deleted a collection",
            "box_set_adopted": "Took over a collection in Emby",
            "question_answered": "Answered what a sync asked",
            "removals_approved": "Approved removals",
            "removals_rejected": "Turned removals down",
            "run_undone": "Took a run back",
            "correction_made": "Corrected a match",
            "correction_removed": "Took a correction back",
        },
    ),
    (
        "Everybody",
        {
            "settings_changed": "Changed what holds for everybody",
            "key_rotated": "Sealed all keys anew",
        },
    ),
)
_ACTIONS: dict[str, str] = {name: text for _, actions in GROUPS for name, text in actions.items()}
_THEIRS = frozenset({*GROUPS[0][1], *GROUPS[1][1], "api_key_revoked"})
"""What people do to themselves as well, and then need not be named twice for."""
ALARMING = frozenset(
    {
        "sign_in_refused",
        "sign_in_throttled",
        "password_refused",
        "set_up_refused",
        "server_change_refused",
        "refresh_reused",
    }
)
_HOW = {
    "cookie": "in a browser",
    "browser": "in a browser",
    "bearer": "through the API",
    "api": "through the API",
    "api_key": "with an API key",
    "local_key": "on the machine itself",
    "proxy": "through the proxy that signs people in",
    "command": "on the command line",
}
_ROLES = {"user": "user", "administrator": "administrator"}
_SCOPES = {"read": "may only read", "run": "may read and sync", "admin": "may do everything"}
_CHOICES = {
    "rename": "gave it another name",
    "leave": "left it alone",
    "recreate": "had it made again",
    "stop": "stopped keeping it there",
}
_ACTS = {
    "pin": "said which item it is",
    "map": "said that it means another title",
    "exclude": "never matched",
}
_FIELDS = {
    "name": "name",
    "url": "address",
    "api_key": "key",
    "libraries": "libraries",
    "webhook": "address for its events",
    "allowed_networks": "networks for users' servers",
}


def action_word(entry: Entry) -> str:
    """What is not known here, from a newer version perhaps, is said in its own words."""
    if entry.action == "api_key_revoked" and "count" in entry.details:
        return "Revoked all API keys"
    return _ACTIONS.get(entry.action) or _plain(entry.action).capitalize()


def subject_word(entry: Entry) -> str:
    """What it was done to, "" for nothing in particular."""
    if entry.action in ("source_key_set", "source_key_removed"):
        return source_word(entry.subject)
    # A server may be called as somebody is.
    themselves = entry.subject == entry.actor and entry.action in _THEIRS
    return "" if themselves else entry.subject


def actor_word(entry: Entry) -> str:
    if entry.actor is not None:
        return entry.actor
    return "Command line" if _by_command(entry) else "Not signed in"


def place_word(entry: Entry) -> str:
    """The address that it came from."""
    return entry.client or ("This machine" if _by_command(entry) else "Not known")


def _by_command(entry: Entry) -> bool:
    return entry.details.get("how") == "command"


def detail_words(entry: Entry) -> str:
    """All that is known beside, as one line: `As administrator, in a browser`."""
    known = {name: value for name, value in entry.details.items() if name != "how"}
    how = entry.details.get("how")
    words = [_detail(entry, name, value) for name, value in known.items()]
    words.append(_HOW.get(str(how), _plain(str(how))) if how is not None else "")
    line = ", ".join(word for word in words if word)
    return line[:1].upper() + line[1:]


def _detail(entry: Entry, name: str, value: Any) -> str:
    words = _DETAILS.get(name)
    return f"{_plain(name)}: {value}" if words is None else words(entry, value)


def _role(entry: Entry, value: Any) -> str:
    role = _ROLES.get(value, str(value))
    return f"now {role}" if entry.action == "role_changed" else f"as {role}"


def _before(entry: Entry, value: Any) -> str:
    """Who kept the name has another address."""
    return f"was called {value}" if value != entry.subject else "another e-mail address"


def _changed(entry: Entry, value: Any) -> str:
    """What a change was of; with the new networks beside, they say it themselves."""
    if "allowed_networks" in entry.details:
        return ""
    names = [_FIELDS.get(name, _plain(str(name))) for name in _listed(value)]
    return "its " + " and ".join(names) if names else ""


def _networks(_entry: Entry, value: Any) -> str:
    names = ", ".join(str(network) for network in _listed(value))
    return f"users may have servers in {names}" if names else "only administrators add servers"


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _plain(name: str) -> str:
    return name.replace("_", " ")


_DETAILS: Mapping[str, Callable[[Entry, Any], str]] = {
    "role": _role,
    "before": _before,
    "changed": _changed,
    "allowed_networks": _networks,
    "invite": lambda _, value: f"number {value}",
    "ended": lambda _, value: f"in {count(value, 'place')}",
    "url": lambda _, value: f"at {value}",
    "emby": lambda _, value: "in Emby too" if value else "Emby keeps it",
    "choice": lambda _, value: _CHOICES.get(value, _plain(str(value))),
    "act": lambda _, value: _ACTS.get(value, _plain(str(value))),
    "prefix": lambda _, value: f"begins with {value}",
    "scope": lambda _, value: _SCOPES.get(value, _plain(str(value))),
    "count": lambda _, value: count(value, "key"),
    "run": lambda _, value: f"run {value}",
    "user": lambda _, value: f"as {value}",
}
