"""What was read before and did not change since is not sent again."""

from hashlib import sha256

from aiohttp import web

CHANGING = "private, no-cache"
"""Kept by whoever asked, and asked for again each time."""


def unless_known(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """304 without a body where the request names the ETag that `response` would have."""
    if not isinstance(response, web.Response) or response.status != 200:
        return response
    body = response.body
    if not isinstance(body, bytes | bytearray):
        return response
    etag = sha256(body).hexdigest()[:32]
    headers = {
        "ETag": f'"{etag}"',
        "Cache-Control": response.headers.get("Cache-Control", CHANGING),
        "Vary": "Authorization, Cookie, X-Api-Key",
    }
    if any(known.value in (etag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    response.headers.update(headers)
    return response
