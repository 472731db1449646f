"""The shape of a route of the Emby stand-in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.profile import EmbyProfile
from collectarr.demo.emby.wire import Ask

Handler = Callable[[EmbyCore, Ask], Awaitable[web.StreamResponse]]


def everywhere(_: EmbyProfile) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Route:
    """`public` routes need no token; `there` tells which servers have the route at all."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    there: Callable[[EmbyProfile], bool] = everywhere
