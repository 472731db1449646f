"""What an endpoint is: one function whose signature says what comes in and what goes out.

Its parameters: `call`, one for each `{name}` of the path, and `query` and `body`, which are
pydantic models. It returns a model, None (204), or a response of its own. Both the handling and
the OpenAPI document are made from that.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, TypedDict, TypeVar, Unpack, get_args, get_type_hints

from aiohttp import web
from pydantic import BaseModel

from collectarr.access import IDENTITY, Access, Identity, marked
from collectarr.api.etag import unless_known
from collectarr.api.once import HEADER, ONCE
from collectarr.api.reading import path_value, read_body, read_query
from collectarr.api_keys import Scope
from collectarr.bodies import takes
from collectarr.errors import InvalidError, SignInError
from collectarr.runner import Runner
from collectarr.services import SERVICES, Services
from collectarr.store.db import Database
from collectarr.store.users import User
from collectarr.sync.outside import Outside

PREFIX = "/api/v1"
Function = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Function)
_PATTERN = re.compile(r"\{(\w+):[^}]+\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint, and what its function may reach."""

    request: web.Request
    services: Services

    @property
    def identity(self) -> Identity:
        """Raises SignInError where nobody is signed in, which only public endpoints meet."""
        found: Identity | None = self.request.get(IDENTITY)
        if found is None:
            raise SignInError("Sign in first, or send an API key.")
        return found

    @property
    def user(self) -> User:
        return self.identity.user

    @property
    def db(self) -> Database:
        return self.services.db

    @property
    def outside(self) -> Outside:
        return self.services.outside

    @property
    def runner(self) -> Runner:
        return self.services.runner


class Options(TypedDict, total=False):
    """What a signature cannot say. `example`: a body; `replays`: takes Idempotency-Key, `secret`
    where the answer must not be kept;
    `etag`: a heavy read, which is told to be unchanged; `errors`: the statuses of what can go
    wrong here beside what can go wrong anywhere; `media`: the type of an answer of its own.
    `takes`: the types of a body that is no JSON, which the function reads itself, and `room`: how
    large such a body may be.
    """

    status: int
    scope: Scope
    access: Access
    example: Mapping[str, Any]
    replays: bool | Literal["secret"]
    etag: bool
    errors: tuple[int, ...]
    media: str
    takes: tuple[str, ...]
    room: int


async def _too_large(request: web.Request) -> web.StreamResponse:
    most = getattr(request, "_client_max_size", 0) >> 20
    raise InvalidError(f"At most {most} MB fit in here.", code="too_large")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`answers` are the models it may return, StreamResponse for a stream, None for no body."""

    method: str
    path: str
    tag: str
    summary: str
    function: Function
    parameters: Mapping[str, type]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answers: tuple[type | None, ...]
    options: Options

    @property
    def access(self) -> Access:
        return self.options.get("access", "user")

    @property
    def scope(self) -> Scope:
        """What an API key must be for. A key that only reads is no window into other accounts."""
        reads = self.method == "GET" and self.access != "admin"
        return self.options.get("scope", "read" if reads else "admin")

    @property
    def plain_path(self) -> str:
        """Without the patterns of its parameters."""
        return _PATTERN.sub(r"{\1}", self.path)

    def status_of(self, answer: type | None) -> int:
        """A model that always stands for one status says so itself, as `http_status`."""
        if answer is None:
            return 204
        status: int = getattr(answer, "http_status", self.options.get("status", 200))
        return status

    def handler(self) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request)

        handler = marked(handle, self.access, self.scope)
        room = self.options.get("room")
        return takes(room, _too_large)(handler) if room else handler

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(request, request.app[SERVICES])
        arguments: dict[str, Any] = {
            name: path_value(request, name, kind) for name, kind in self.parameters.items()
        }
        if self.query is not None:
            arguments["query"] = read_query(request, self.query)
        if self.body is not None:
            arguments["body"] = await read_body(request, self.body)
        if self.options.get("replays") and HEADER in request.headers:
            return await self._once(call, arguments)
        response = self._respond(await self.function(call, **arguments))
        return unless_known(request, response) if self.options.get("etag") else response

    async def _once(self, call: Call, arguments: dict[str, Any]) -> web.Response:
        async def create() -> web.Response:
            response = self._respond(await self.function(call, **arguments))
            assert isinstance(response, web.Response)
            return response

        # As it came: two requests that differ in a password alone are two.
        body = await call.request.read()
        asked = call.services.vault.mark(f"{self.method} {self.path} ".encode() + body)
        key = call.request.headers[HEADER]
        return await call.request.app[ONCE].answer(
            call.db,
            call.user.id,
            key,
            asked,
            create,
            secret=self.options.get("replays") == "secret",
        )

    def _respond(self, answer: BaseModel | web.StreamResponse | None) -> web.StreamResponse:
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=204)
        return web.Response(
            text=answer.model_dump_json(),
            status=self.status_of(type(answer)),
            content_type="application/json",
        )


class Endpoints(list[Endpoint]):
    """The endpoints of one resource, in the order in which their paths are tried."""

    def __init__(self, tag: str, prefix: str = PREFIX) -> None:
        super().__init__()
        self.tag = tag
        self._prefix = prefix

    def get(self, path: str, summary: str, **options: Unpack[Options]) -> Callable[[F], F]:
        return self._add("GET", path, summary, options)

    def post(self, path: str, summary: str, **options: Unpack[Options]) -> Callable[[F], F]:
        return self._add("POST", path, summary, options)

    def put(self, path: str, summary: str, **options: Unpack[Options]) -> Callable[[F], F]:
        return self._add("PUT", path, summary, options)

    def patch(self, path: str, summary: str, **options: Unpack[Options]) -> Callable[[F], F]:
        return self._add("PATCH", path, summary, options)

    def delete(self, path: str, summary: str, **options: Unpack[Options]) -> Callable[[F], F]:
        return self._add("DELETE", path, summary, options)

    def _add(self, method: str, path: str, summary: str, options: Options) -> Callable[[F], F]:
        def keep(function: F) -> F:
            hints = get_type_hints(function)
            answer = hints.pop("return")
            parameters = [name for name in inspect.signature(function).parameters if name in hints]
            self.append(
                Endpoint(
                    method,
                    self._prefix + path,
                    self.tag,
                    summary,
                    function,
                    {n: hints[n] for n in parameters if n not in ("call", "query", "body")},
                    hints.get("query"),
                    hints.get("body"),
                    _answers(answer),
                    options,
                )
            )
            return function

        return keep


def _answers(hint: Any) -> tuple[type | None, ...]:
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return tuple(None if part is type(None) else part for part in parts)
