"""The Emby stand-in's routes for notifications: how a program registers its own webhook."""

from typing import Any

from aiohttp import web

from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.profile import EmbyProfile
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.webhooks import EVENTS
from collectarr.demo.emby.wire import Ask, Refusal, answer, done

_NO_USER = "Object reference not set to an instance of an object."


async def types(_core: EmbyCore, _ask: Ask) -> web.Response:
    return answer([_category(name, events) for name, events in EVENTS.items()])


def _category(name: str, events: tuple[str, ...]) -> dict[str, Any]:
    rows = [
        {"Name": event, "Id": event, "CategoryName": name.title(), "CategoryId": name}
        for event in events
    ]
    return {"Name": name.title(), "Id": name, "Events": rows}


async def defaults(_core: EmbyCore, ask: Ask) -> web.Response:
    if not ask.text("NotifierKey") or not ask.text("UserId"):
        raise Refusal(500, _NO_USER)
    return answer(
        {
            "NotifierKey": ask.text("NotifierKey"),
            "ServiceName": "Webhooks",
            "FriendlyName": "Webhooks",
            "Enabled": True,
            "UserIds": [],
            "DeviceIds": [],
            "LibraryIds": [],
            "EventIds": [],
            "UserId": ask.text("UserId"),
            "GroupItems": False,
            "Options": {},
        }
    )


async def configured(core: EmbyCore, ask: Ask) -> web.Response:
    """Without a user the real server falls over."""
    user_id = _user_id(ask)
    rows = [row for row in core.webhooks.configured.values() if row.get("UserId") == user_id]
    return answer(rows)


async def configure(core: EmbyCore, ask: Ask) -> web.Response:
    user_id = _user_id(ask)
    body = await ask.json()
    if not isinstance(body, dict):
        raise Refusal(400, "Value cannot be null.\nParameter name: info")
    core.webhooks.configure({**body, "UserId": user_id})
    return done()


async def forget(core: EmbyCore, ask: Ask) -> web.Response:
    _user_id(ask)
    core.webhooks.configured.pop(ask.text("Id"), None)
    return done()


async def test(core: EmbyCore, ask: Ask) -> web.Response:
    body = await ask.json()
    if not isinstance(body, dict):
        raise Refusal(400, "Value cannot be null.\nParameter name: info")
    reader = ask.reader or next(iter(core.state.users.values()))
    core.webhooks.test(body, {"Name": reader.name, "Id": reader.id})
    return done()


def _user_id(ask: Ask) -> str:
    if not ask.text("UserId"):
        raise Refusal(500, _NO_USER)
    return ask.text("UserId")


def _there(profile: EmbyProfile) -> bool:
    return profile.notifications


ROUTES = (
    Route("GET", "/Notifications/Types", types, there=_there),
    Route("GET", "/Notifications/Services/Defaults", defaults, there=_there),
    Route("GET", "/Notifications/Services/Configured", configured, there=_there),
    Route("POST", "/Notifications/Services/Configured", configure, there=_there),
    Route("DELETE", "/Notifications/Services/Configured", forget, there=_there),
    Route("POST", "/Notifications/Services/Test", test, there=_there),
)
