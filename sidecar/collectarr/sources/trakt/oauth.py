"""Trakt's OAuth host: device codes, authorization codes, and pairs of tokens.

The client secret is optional there by now and left out when there is none. A refresh token is
good for one use, so nothing here is ever sent twice by itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from yarl import URL

from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.http import Answer, Upstream
from collectarr.models import number_id, utc_now
from collectarr.sources.contract import RECONNECT, DeviceCode, Tokens
from collectarr.sources.trakt.answers import (
    data_of,
    guarded,
    is_web_page,
    rejected,
    unavailable,
    unexpected,
)

# What a refresh names when nobody was ever sent back to an address of ours.
NOWHERE = "urn:ietf:wg:oauth:2.0:oob"
_PENDING, _DENIED, _SLOWER = 400, 418, 429
_OVER = frozenset({404, 409, 410})
_SLOW_DOWN = 5.0
_LONGEST = timedelta(days=3650)


class OAuth:
    """One application at Trakt. `client_id` None: it is not set up."""

    def __init__(
        self,
        auth: Upstream,
        client_id: str | None,
        client_secret: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        self._auth = auth
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri

    async def device_code(self) -> DeviceCode:
        answer = await self._post("/oauth/device/code", secret=False)
        if not answer.ok:
            raise _refused(answer)
        return _device_code(data_of(answer))

    async def device_tokens(self, code: DeviceCode) -> Tokens | None:
        answer = await self._post("/oauth/device/token", {"code": code.device_code})
        if answer.ok:
            return _tokens(data_of(answer))
        if answer.status in _OVER:
            raise rejected("expired")
        if answer.status == _DENIED:
            raise rejected("denied")
        if answer.status == _PENDING and _error_in(answer) in {"", "authorization_pending"}:
            return None
        raise _refused(answer, over="expired")

    def authorize_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        url = URL(f"{self._auth.base_url}/oauth/authorize").with_query(
            response_type="code",
            client_id=self._known(),
            redirect_uri=redirect_uri,
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
        )
        return str(url)

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        return await self._pair(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )

    async def refresh(self, tokens: Tokens) -> Tokens:
        return await self._pair(
            {
                "grant_type": "refresh_token",
                "refresh_token": tokens.refresh,
                "redirect_uri": self._redirect_uri or NOWHERE,
            }
        )

    async def revoke(self, tokens: Tokens) -> None:
        answer = await self._post("/oauth/revoke", {"token": tokens.access})
        if not answer.ok and not _is_gone(answer):
            raise _refused(answer)

    async def _pair(self, body: Mapping[str, str]) -> Tokens:
        answer = await self._post("/oauth/token", body)
        if not answer.ok:
            raise _refused(answer)
        return _tokens(data_of(answer))

    async def _post(
        self, path: str, body: Mapping[str, str] | None = None, *, secret: bool = True
    ) -> Answer:
        """Any answer but 429 and 5xx, which raise UnavailableError."""
        asks = {**(body or {}), "client_id": self._known()}
        if secret and self._client_secret:
            asks["client_secret"] = self._client_secret
        try:
            answer = await self._auth.request("POST", path, json=asks)
        except UnavailableError as error:
            raise _later(error) from None
        if answer.status >= 500:
            raise _later(UnavailableError("", http_status=answer.status))
        return answer

    def _known(self) -> str:
        if not self._client_id:
            raise rejected("not_set_up")
        return self._client_id


def _later(error: UnavailableError) -> UnavailableError:
    if error.http_status == _SLOWER and error.retry_after is None:
        error.retry_after = _SLOW_DOWN
    return unavailable(error)


def _refused(answer: Answer, over: str = RECONNECT) -> UpstreamError:
    """Why there are no tokens. `over`: what it means that a code or token is not good any more."""
    error = _error_in(answer)
    if error in {"invalid_grant", "expired_token"}:
        return rejected(over)
    if error == "access_denied":
        return rejected("denied")
    if answer.status == 403 and is_web_page(answer):
        return guarded()
    if answer.status in {401, 403} or error in {"invalid_client", "unauthorized_client"}:
        return rejected("client")
    return unexpected(f"did not let us sign in (HTTP {answer.status}).", answer.status)


def _is_gone(answer: Answer) -> bool:
    """Whether what was to be revoked was not good any more anyway."""
    refused = _refused(answer)
    return isinstance(refused, RejectedError) and refused.code == RECONNECT


def _error_in(answer: Answer) -> str:
    data = data_of(answer)
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, str) else ""


def _device_code(data: Any) -> DeviceCode:
    body = data if isinstance(data, dict) else {}
    device, user, url = (body.get(key) for key in ("device_code", "user_code", "verification_url"))
    words = (device, user, url)
    if not all(isinstance(word, str) and word for word in words) or not _is_web(str(url)):
        raise unexpected("sent no code to sign in with.")
    return DeviceCode(
        device_code=str(device),
        user_code=str(user),
        verification_url=str(url),
        expires_in=number_id(body.get("expires_in")) or 600,
        interval=number_id(body.get("interval")) or 5,
    )


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _tokens(data: Any) -> Tokens:
    """It says itself how long it is good; Trakt changed that more than once."""
    body = data if isinstance(data, dict) else {}
    access, refresh = body.get("access_token"), body.get("refresh_token")
    words = isinstance(access, str) and isinstance(refresh, str) and access and refresh
    if not words or "expires_in" not in body:
        raise unexpected("sent no tokens although it agreed to the sign-in.")
    seconds = number_id(body["expires_in"]) or 0
    lifetime = min(timedelta(seconds=min(seconds, 10**9)), _LONGEST)
    # Its `created_at` is of another clock than the one that the end is compared with.
    issued = utc_now()
    return Tokens(str(access), str(refresh), issued_at=issued, expires_at=issued + lifetime)
