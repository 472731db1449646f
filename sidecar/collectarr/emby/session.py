"""Signing in to a server as one of its administrators, and out again.

Older Emby lets no API key delete a collection, and tells no key what changes in its libraries
(measured on Emby 3.2 and Jellyfin 10.8): a user's token may both.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from collectarr.emby.check import sees_everything
from collectarr.emby.names import plain_text
from collectarr.emby.wire import Wire
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError, UpstreamError
from collectarr.http import USER_AGENT, Answer

SECONDS = 30.0
GOODBYE_SECONDS = 8.0
"""Somebody waits, and a server that is down would take as long as it likes."""
_TOKEN = re.compile(r"[\w.~+/=-]{8,500}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """`token` works until somebody signs out or Emby forgets it."""

    token: str = field(repr=False)
    user_id: str
    user_name: str


async def open_session(wire: Wire, username: str, password: str, device_id: str) -> Session:
    """Sign an administrator in who sees all libraries.

    `device_id` is what Emby knows us by; the same one again replaces the session before. The
    password is sent only to the server that `wire` expects, and nothing that the answer says is
    repeated: it might hold it. Raises RejectedError (sign_in, administrator, server_changed) and
    UpstreamError as it comes.
    """
    await wire.prove()
    answer = await _post(
        wire,
        "/Users/AuthenticateByName",
        headers={"X-Emby-Authorization": _authorization(device_id)},
        json={"Username": username, "Pw": password},
        timeout=SECONDS,
    )
    data = _accepted(wire, answer)
    session = _session(wire, data)
    wire.same_server(data.get("ServerId"))
    if sees_everything(data["User"]):
        return session
    await close_session(wire, session.token)
    raise RejectedError(
        f"{session.user_name} is no administrator of {wire.name} who sees all libraries. Sign in"
        " as one who does.",
        upstream=wire.name,
        code="administrator",
    )


async def close_session(wire: Wire, token: str) -> bool:
    """Whether the server was told; what it does not hear of ends when it is told to forget."""
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await wire.prove()
            answer = await _post(wire, "/Sessions/Logout", headers={"X-Emby-Token": token})
    except (UpstreamError, TimeoutError):
        return False
    # 401: it had forgotten us already.
    return answer.ok or answer.status == 401


async def session_holds(wire: Wire, token: str) -> bool:
    """Whether the server still takes the token; also where it does not say."""
    answer = await wire.upstream.request(
        "GET", "/System/Info", headers={"X-Emby-Token": token}, count=wire.requests.count
    )
    return answer.status != 401


async def _post(wire: Wire, path: str, **options: Any) -> Answer:
    return await wire.upstream.request("POST", path, count=wire.requests.count, **options)


def _authorization(device_id: str) -> str:
    given = {
        "Client": "Collectarr",
        "Device": "Collectarr",
        "DeviceId": device_id,
        "Version": USER_AGENT.partition("/")[2],
    }
    return "MediaBrowser " + ", ".join(f'{name}="{value}"' for name, value in given.items())


def _accepted(wire: Wire, answer: Answer) -> Any:
    status = answer.status
    if answer.ok:
        try:
            return answer.json()
        except UnexpectedAnswerError:
            raise _strange(wire) from None
    if status in (400, 401, 403, 404):
        raise RejectedError(
            f"{wire.name} does not take this name and password (HTTP {status}).",
            upstream=wire.name,
            code="sign_in",
            http_status=status,
        )
    raise UnavailableError(
        f"{wire.name} could not sign anybody in (HTTP {status}). Try again later.",
        upstream=wire.name,
        http_status=status,
    )


def _session(wire: Wire, data: Any) -> Session:
    user = data.get("User") if isinstance(data, dict) else None
    token = data.get("AccessToken") if isinstance(data, dict) else None
    if not isinstance(user, dict) or not isinstance(token, str) or not _TOKEN.match(token):
        raise _strange(wire)
    name = plain_text(str(user.get("Name") or ""))[:80]
    return Session(token, str(user.get("Id") or ""), name or "The administrator")


def _strange(wire: Wire) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{wire.name} answered the sign-in with something other than a session.",
        upstream=wire.name,
    )
