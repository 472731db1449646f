"""The OAuth host of the Trakt stand-in: device codes, authorization codes, tokens."""

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web
from yarl import URL

from collectarr.demo.control import CONTROL
from collectarr.demo.trakt.pages import activate_page, allow_page, page
from collectarr.demo.trakt.tokens import Device, Sessions

_KEPT = ("client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")
_DECISIONS = ("approve", "deny")


class SignInRoutes:
    """`client_secret` None: this application has none, and any that is sent is refused."""

    def __init__(
        self,
        sessions: Sessions,
        users: Callable[[], Iterable[str]],
        client_id: str,
        client_secret: str | None,
    ) -> None:
        self._sessions = sessions
        self._users = users
        self._client_id = client_id
        self._client_secret = client_secret

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth/device/code", self._device_code),
            web.post("/oauth/device/token", self._device_token),
            web.get("/activate", self._activate),
            web.post("/activate", self._decide),
            web.post(f"{CONTROL}device", self._decide_by_control),
            web.get("/oauth/authorize", self._authorize),
            web.post("/oauth/authorize", self._allow),
            web.post("/oauth/token", self._token),
            web.post("/oauth/revoke", self._revoke),
        ]

    async def _device_code(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if body.get("client_id") != self._client_id:
            return _error(403, "invalid_client")
        device = self._sessions.wait()
        return web.json_response(
            {
                "device_code": device.device_code,
                "user_code": device.user_code,
                "verification_url": f"{request.url.origin()}/activate",
                "expires_in": self._sessions.expires_in,
                "interval": int(self._sessions.interval),
            }
        )

    async def _device_token(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if not self._is_known(body):
            return _error(403, "invalid_client")
        found = self._sessions.poll(str(body.get("code")))
        if isinstance(found, int):
            return _empty(found)
        found.used = True
        return web.json_response(self._sessions.issue(str(found.user)))

    async def _activate(self, request: web.Request) -> web.Response:
        return activate_page(self._users(), request.query.get("code", ""))

    async def _decide(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self._decided(form) is None:
            problem = "There is no such code, or it is not good any more."
            return activate_page(self._users(), form.get("user_code", ""), problem)
        return page("Thank you", "<p>Go back to the other screen.</p>")

    async def _decide_by_control(self, request: web.Request) -> web.Response:
        device = self._decided(await _body(request))
        if device is None:
            return web.json_response({"error": "no such code, decision or user"}, status=400)
        return web.json_response({"user_code": device.user_code, "decision": device.decision})

    def _decided(self, order: dict[str, Any]) -> Device | None:
        users = list(self._users())
        user = order.get("user") or next(iter(users), None)
        device = self._sessions.find(str(order.get("user_code", "")))
        if device is None or order.get("decision") not in _DECISIONS or user not in users:
            return None
        device.decision, device.user = str(order["decision"]), str(user)
        return device

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        wrong = asked.get("client_id") != self._client_id or asked.get("response_type") != "code"
        if wrong or not asked.get("redirect_uri"):
            return page("Something is wrong", "<p>The application asked wrongly.</p>", 400)
        return allow_page(self._users(), {name: asked[name] for name in _KEPT if name in asked})

    async def _allow(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        back, user = form.get("redirect_uri", ""), form.get("user", "")
        if form.get("client_id") != self._client_id or not back or user not in self._users():
            return page("Something is wrong", "<p>The application asked wrongly.</p>", 400)
        answer = {"error": "access_denied"}
        if form.get("decision") == "approve":
            answer = {"code": self._sessions.grant(user, back, form.get("code_challenge"))}
        if "state" in form:
            answer["state"] = form["state"]
        return web.Response(status=302, headers={"Location": str(URL(back).update_query(answer))})

    async def _token(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if not self._is_known(body):
            return _error(401, "invalid_client")
        match body.get("grant_type"):
            case "authorization_code":
                said = [str(body.get(key, "")) for key in ("code", "redirect_uri", "code_verifier")]
                tokens = self._sessions.exchange(*said)
            case "refresh_token":
                tokens = self._sessions.refresh(str(body.get("refresh_token", "")))
            case _:
                return _error(400, "unsupported_grant_type")
        return web.json_response(tokens) if tokens else _error(400, "invalid_grant")

    async def _revoke(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if not self._is_known(body):
            return _error(401, "invalid_client")
        self._sessions.revoke(str(body.get("token")))
        return web.json_response({})

    def _is_known(self, body: dict[str, Any]) -> bool:
        """The secret may be left out: Trakt asks for it no more."""
        secret = body.get("client_secret", self._client_secret)
        return body.get("client_id") == self._client_id and secret == self._client_secret


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = {}
    return body if isinstance(body, dict) else {}


def _empty(status: int) -> web.Response:
    return web.Response(status=status, content_type="application/json")


def _error(status: int, error: str) -> web.Response:
    words = "session not found" if error == "invalid_grant" else "unknown"
    return web.json_response({"error": error, "error_description": words}, status=status)
