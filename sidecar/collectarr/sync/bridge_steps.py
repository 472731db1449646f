"""What is left to a person where a webhook cannot be set up, or does not come through."""

from collectarr.store.servers import Server

NO_WEBHOOKS = 4
"""Emby had none before that version."""
PER_USER = (4, 8)
"""From here on they stand among the notifications, before that on a page of their own."""


def sends_webhooks(server: Server) -> bool:
    """Whether a person could set one up there; only Emby's own are understood."""
    return server.kind == "emby" and _version(server.version)[0] >= NO_WEBHOOKS


def steps_by_hand(address: str, version: str) -> tuple[str, ...]:
    if _version(version) >= PER_USER:
        place = "In Emby: Settings, Notifications, Add Notification, Webhooks."
    else:
        place = "In Emby: Dashboard, Plugins, Webhooks, and there add one."
    return (
        place,
        f"URL: {address} (treat it like a password).",
        "Choose application/json where it asks for a content type.",
        "Choose the events New Media Added and Media Removed, and no user, device or library.",
        "Save, then press Send Test Notification: the page of this server shows that it came.",
    )


def steps_to_sign_in(name: str) -> tuple[str, ...]:
    words = (
        f"In Collectarr: Settings, Servers, {name}, Sign in as an administrator. Its web socket"
        " then tells of changes at once."
    )
    return (words,)


def steps_to_remove(version: str) -> tuple[str, ...]:
    page = "Settings, Notifications" if _version(version) >= PER_USER else "Plugins, Webhooks"
    return (
        f"In Emby, under {page}, delete what has an address with /api/v1/webhooks/emby/ in it.",
    )


def steps_without_test(bridge_url: str) -> tuple[str, ...]:
    reached = (
        f"Does Collectarr run, and does Emby reach it at {bridge_url}? From inside a container,"
        " localhost is the container itself."
    )
    passed = (
        "If a proxy stands before Collectarr, it must let POST requests to /api/v1/webhooks pass"
        " without a sign-in."
    )
    return ("Emby sends webhooks only with Emby Premiere. Does it run?", reached, passed)


def _version(text: str) -> tuple[int, int]:
    parts = [int(part) if part.isdecimal() else 0 for part in text.split(".")]
    return (parts[0], parts[1] if len(parts) > 1 else 0)
