"""What an operation may answer: each status that can occur, its headers, and where it leads."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from collectarr.api.endpoint import PREFIX, Endpoint
from collectarr.api.examples import example_of
from collectarr.api.shapes import Accepted, Error

Schema = dict[str, Any]
References = Mapping[Any, Schema]
SAFE = frozenset({"GET", "HEAD"})
MEANING: Mapping[int, str] = {
    200: "Done",
    201: "Made",
    202: "It goes on in the background, as a run",
    303: "On to another page",
    204: "Done; there is nothing to say",
    304: "Nothing changed since the ETag of If-None-Match",
    400: "The request cannot be understood; `details.fields` says what is wrong where",
    401: "Nobody is signed in, or the credentials are not valid (any more)",
    403: "Signed in, but not allowed: wrong role or scope, or a request from another site",
    404: "There is no such thing, or it is somebody else's",
    408: "The body came too slowly",
    409: "It clashes with what is there",
    413: "The request is too large",
    415: "The body is not JSON",
    422: "Another program refuses what was given: address, credentials, permission, private",
    429: "Too many requests; `Retry-After` says when to come back",
    500: "Something went wrong inside; the log has the details under the request's number",
    502: "Another program answered something that cannot be understood",
    503: "Another program, or this one, is not available now; try again later",
}
_CODES = {
    400: "invalid",
    401: "sign_in",
    403: "forbidden",
    404: "not_found",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    415: "content_type",
    422: "rejected",
    429: "throttled",
    500: "bug",
    502: "unexpected_answer",
    503: "unavailable",
}
_TEXT: Schema = {"type": "string"}
_MEDIA: Mapping[str, Schema] = {
    "text/event-stream": {"schema": _TEXT, "example": 'event: runs\ndata: {"runs":[]}\n\n'},
    "application/json": {"schema": {"type": "object"}, "example": {"openapi": "3.1.0"}},
}
_WAIT = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "string"}}}
_REALM = {"WWW-Authenticate": {"description": "How to sign in", "schema": _TEXT}}
_ETAG = {"ETag": {"description": "Send it back as If-None-Match", "schema": _TEXT}}
_HEADERS: Mapping[int, Schema] = {401: _REALM, 429: _WAIT, 503: _WAIT, 304: _ETAG}


def error_statuses(endpoint: Endpoint) -> set[int]:
    """The statuses of all that can go wrong."""
    found = {400, 500, *endpoint.options.get("errors", ())}
    if endpoint.path.startswith(PREFIX):
        found.add(429)
    if endpoint.access != "public":
        found.add(401)
    if endpoint.method not in SAFE:
        found |= {403, 408, 413}
    if endpoint.access == "admin" or endpoint.scope != "read":
        found.add(403)
    if endpoint.parameters:
        found.add(404)
    if endpoint.body is not None:
        found.add(415)
    if endpoint.options.get("replays"):
        found.add(409)
    return found


def responses(
    endpoint: Endpoint, references: References, schemas: Schema, links: Schema
) -> dict[str, Schema]:
    """By status. `links` are those from what the operation makes."""
    found = {}
    for answer in endpoint.answers:
        status, response = _answer(endpoint, answer, references, schemas)
        if status in (201, 202) and links:
            response["links"] = links
        found[status] = response
    if endpoint.options.get("etag"):
        found[200]["headers"] = _ETAG
        found[304] = {"description": MEANING[304], "headers": _ETAG}
    for status in error_statuses(endpoint):
        found[status] = _error(status, references)
    return {str(status): found[status] for status in sorted(found)}


def _answer(
    endpoint: Endpoint, answer: type | None, references: References, schemas: Schema
) -> tuple[int, Schema]:
    if answer is not None and issubclass(answer, BaseModel):
        status = endpoint.status_of(answer)
        schema = references[answer, "serialization"]
        content = {"schema": schema, "example": example_of(schema, schemas)}
        return status, {
            "description": MEANING[status],
            "content": {"application/json": content},
        }
    if (
        answer is not None
        and issubclass(answer, web.StreamResponse)
        and "media" in endpoint.options
    ):
        media = endpoint.options["media"]
        shape = _MEDIA.get(media, {"schema": _TEXT})
        return 200, {"description": MEANING[200], "content": {media: shape}}
    status = endpoint.options.get("status", 204)
    return status, {"description": MEANING[status]}


def _error(status: int, references: References) -> Schema:
    inside = {"code": _CODES[status], "message": f"{MEANING[status]}.", "details": {}}
    content = {"schema": references[Error, "serialization"], "example": {"error": inside}}
    response: Schema = {
        "description": MEANING.get(status, HTTPStatus(status).phrase),
        "content": {"application/json": content},
    }
    return {**response, "headers": _HEADERS[status]} if status in _HEADERS else response


def operation_id(endpoint: Endpoint) -> str:
    return f"{endpoint.tag}.{endpoint.function.__name__}"


def links_from(endpoint: Endpoint, endpoints: Iterable[Endpoint]) -> Schema:
    """To what can be done next with what was made, or with the run that began."""
    runs = Accepted in endpoint.answers
    if not runs and endpoint.options.get("status") != 201:
        return {}
    begins = f"{PREFIX}/runs/{{" if runs else f"{endpoint.path}/{{"
    field = "run_id" if runs else "id"
    return {
        operation_id(other).replace(".", "_"): {
            "operationId": operation_id(other),
            "parameters": {next(iter(other.parameters)): f"$response.body#/{field}"},
        }
        for other in endpoints
        if other.path.startswith(begins) and len(other.parameters) == 1
    }
