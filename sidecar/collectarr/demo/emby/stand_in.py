"""A stand-in for an Emby server: real HTTP, the answers and the oddities of the real one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiohttp import web

from collectarr.demo.emby import (
    image_routes,
    item_routes,
    notification_routes,
    server_routes,
    socket,
)
from collectarr.demo.emby.agenda import Agenda
from collectarr.demo.emby.boxsets import BoxSets, Habits
from collectarr.demo.emby.control import Control
from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.feed import Feed, close_all
from collectarr.demo.emby.front import LONGEST_LINE, Front
from collectarr.demo.emby.profile import PROFILE_49, EmbyProfile
from collectarr.demo.emby.select import Selection
from collectarr.demo.emby.shelf import Shelf
from collectarr.demo.emby.state import (
    PROVIDERS,
    EmbyState,
    StoredBoxSet,
    StoredItem,
    StoredUser,
    hashed_id,
)
from collectarr.demo.emby.webhooks import Webhooks
from collectarr.demo.faults import Fault, Faults

ROUTES = (
    *server_routes.ROUTES,
    *item_routes.ROUTES,
    *image_routes.ROUTES,
    *notification_routes.ROUTES,
    *socket.ROUTES,
)


class EmbyStandIn:
    """One server. `app` is served by the caller, best with `serve` or `running`.

    `settle_seconds`: when the refresh that each change queues moves the Etag once more;
    `collage_seconds`: when Emby draws its own poster (default: then too; None: never);
    `event_seconds`: how long it must be quiet before sockets hear `LibraryChanged`;
    `scan_seconds`: how long a scan takes. What is added before `app` runs causes no events.
    """

    def __init__(
        self,
        profile: EmbyProfile = PROFILE_49,
        *,
        api_key: str = "demo-emby-key",
        admin: tuple[str, str] = ("emby", "emby"),
        settle_seconds: float = 2.0,
        event_seconds: float = 5.0,
        collage_seconds: float | None = -1.0,
        scan_seconds: float = 1.0,
        server_name: str = "Demo Emby",
        adds_vanish_after_create: bool = False,
        recreate_trap: bool = False,
    ) -> None:
        collage = settle_seconds if collage_seconds == -1.0 else collage_seconds
        habits = Habits(settle_seconds, collage, adds_vanish_after_create, recreate_trap)
        self.profile = profile
        self.api_key = api_key
        self.requests: list[dict[str, Any]] = []
        self.core = _built(profile, server_name, habits, event_seconds, scan_seconds)
        self._faults = Faults()
        state = self.core.state
        state.tokens[api_key] = None
        state.collections_id = state.new_id("collections folder")
        self.admin_id = self.add_user(*admin, admin=True)
        self.app = self._application()

    def _application(self) -> web.Application:
        front = Front(self.core, self._faults, self.requests)
        app = web.Application(middlewares=[front.middleware], client_max_size=64 << 20)
        Control(self.core, self._faults, self.requests).add_routes(app)
        front.add_routes(app, ROUTES)
        app.cleanup_ctx.append(self._alive)
        app.on_shutdown.append(self._hang_up)
        return app

    async def _alive(self, _: web.Application) -> AsyncIterator[None]:
        self.core.feed.running = self.core.webhooks.running = True
        tasks = [
            asyncio.create_task(self.core.agenda.watch()),
            asyncio.create_task(self.core.webhooks.deliver()),
        ]
        yield
        self.core.feed.running = self.core.webhooks.running = False
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hang_up(self, _: web.Application) -> None:
        close_all(self.core.feed.listeners)

    # Users, and what the server is called.

    @property
    def server_id(self) -> str:
        return self.core.state.server_id

    def add_user(
        self,
        name: str,
        password: str,
        *,
        admin: bool = False,
        libraries: Iterable[str] | None = None,
    ) -> str:
        """`libraries`: the ids of those that the user may see; None for all."""
        limited = None if libraries is None else frozenset(libraries)
        user = StoredUser(hashed_id("user", name), name, password, admin, limited)
        self.core.state.users[user.id] = user
        return user.id

    def token(self, user_id: str | None = None) -> str:
        """A token as signing in would give it; for the administrator unless named."""
        user = self.core.state.users[user_id or self.admin_id]
        token = hashed_id("token", user.id, len(self.core.state.tokens))
        self.core.state.tokens[token] = user
        return token

    def end_sessions(self, user_id: str | None = None) -> None:
        """As by hand under Devices; the administrator's unless named."""
        server_routes.end_sessions(self.core, self.core.state.users[user_id or self.admin_id])

    @property
    def listeners(self) -> int:
        """How many sockets are open as somebody who hears of the libraries."""
        return sum(one.user is not None for one in self.core.feed.listeners)

    # Libraries and files.

    def add_library(self, name: str, kind: str = "movies", location: str = "/media/Movies") -> str:
        return self.core.shelf.add_library(name, kind, location).id

    def add_item(
        self, kind: str, title: str, year: int | None = None,
        imdb: str | None = None, tmdb: int | str | None = None, tvdb: int | str | None = None,
        *, library: str | None = None, **extra: Any,
    ) -> str:  # fmt: skip
        """A film (`movie`) or `show` comes into `library` (an id; else the first that fits).

        `extra`: `path`, `episodes=3` for a show, `provider_ids` as Emby keys them,
        `announce=False` for no events, or fields as Emby names them (`Overview=…`).
        """
        shelf = self.core.shelf
        home = self.core.state.libraries[library] if library else shelf.library_for(kind)
        given = {"imdb": imdb, "tmdb": tmdb, "tvdb": tvdb}
        ids = {PROVIDERS[key]: str(value) for key, value in given.items() if value}
        ids |= extra.pop("provider_ids", {})
        return shelf.add(kind, title, year, ids, home, extra).id

    def add_episode(self, show_id: str, title: str, number: int = 1) -> str:
        return self.core.shelf.add_episode(self.item(show_id), title, number).id

    def remove_item(self, item_id: str) -> None:
        self.core.shelf.remove(self.item(item_id))

    def update_item(self, item_id: str, **changes: Any) -> None:
        """`title`, `year`, `imdb`, `tmdb`, `tvdb` (None takes one away), or Emby's fields."""
        self.core.shelf.update(self.item(item_id), changes)

    def item(self, item_id: str) -> StoredItem:
        """A film, show or episode. Raises KeyError."""
        return self.core.state.items[item_id]

    @property
    def items(self) -> list[StoredItem]:
        return list(self.core.state.items.values())

    # Box sets, and what people do to them in Emby's own pages.

    @property
    def box_sets(self) -> list[StoredBoxSet]:
        self.core.agenda.run_due()
        return list(self.core.state.box_sets.values())

    def box_set(self, name: str) -> StoredBoxSet | None:
        return next((box for box in self.box_sets if box.name == name), None)

    def members(self, box_set_id: str) -> list[str]:
        """The ids of its members, [] for a box set that is not there."""
        box = self.core.state.box_sets.get(box_set_id)
        return list(box.links) if box else []

    def hand_create(self, name: str, ids: Iterable[str] = ()) -> str:
        box = self.core.box_sets.make(name)
        self.core.box_sets.add_known(box, list(ids))
        return box.id

    def hand_add(self, box_set_id: str, *item_ids: str) -> None:
        self.core.box_sets.add_known(self._box(box_set_id), item_ids)

    def hand_remove(self, box_set_id: str, *item_ids: str) -> None:
        self.core.box_sets.remove_known(self._box(box_set_id), item_ids)

    def hand_rename(self, box_set_id: str, name: str) -> None:
        self.core.box_sets.rename(self._box(box_set_id), name)

    def hand_edit(self, box_set_id: str, **fields: Any) -> None:
        """Sets fields as Emby names them, such as `Overview`."""
        box = self._box(box_set_id)
        box.details = {**(box.details or {}), **fields}
        self.core.box_sets.changed(box)

    def hand_poster(self, box_set_id: str, body: bytes, content_type: str = "image/jpeg") -> None:
        box = self._box(box_set_id)
        image_routes.put_image(self.core, box, "Primary", body, content_type)

    def hand_delete(self, box_set_id: str) -> None:
        self.core.box_sets.delete(self._box(box_set_id))

    def _box(self, box_set_id: str) -> StoredBoxSet:
        return self.core.state.box_sets[box_set_id]

    # Time.

    def settle(self) -> None:
        """All queued refreshes and collages land now."""
        self.core.agenda.run_all("refresh:")
        self.core.agenda.run_all("collage:")

    def flush_events(self) -> None:
        """Sockets hear now what has gathered."""
        self.core.feed.flush()

    def scan(self) -> None:
        self.core.shelf.scan()

    # Webhooks.

    def add_webhook(
        self,
        url: str,
        events: Iterable[str] = ("library.new", "library.deleted"),
        *,
        multipart: bool = True,
    ) -> str:
        """As set up on the server's own page; works on every version."""
        return self.core.webhooks.configure(
            {
                "FriendlyName": "Webhook",
                "EventIds": list(events),
                "UserId": self.admin_id,
                "Options": {"Url": url, "EnableMultipartFormData": str(multipart).lower()},
            }
        )

    def end_premiere(self) -> None:
        """Webhooks can be set up as before; none is sent."""
        self.core.webhooks.premiere = False

    @property
    def webhooks(self) -> list[dict[str, Any]]:
        return list(self.core.webhooks.configured.values())

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """What was sent: url, event, and the status it got."""
        return self.core.webhooks.deliveries

    # What came in, and what shall go wrong.

    def clear_requests(self) -> None:
        self.requests.clear()

    def fail(self, path: str = "", **fields: Any) -> Fault:
        """Puts in a fault: `fail(r"/Collections$", method="POST", status=500, happens=True)`.

        The other fields are those of `Fault`; `times=None` lasts until `clear_faults`.
        """
        return self._faults.add(Fault(path=path, **fields))

    def clear_faults(self) -> None:
        self._faults.active.clear()


def _built(
    profile: EmbyProfile,
    server_name: str,
    habits: Habits,
    event_seconds: float,
    scan_seconds: float,
) -> EmbyCore:
    state = EmbyState(profile, server_name)
    agenda = Agenda()
    feed = Feed(state, agenda, event_seconds)
    webhooks = Webhooks(state)
    shelf = Shelf(state, agenda, feed, webhooks, scan_seconds)
    box_sets = BoxSets(state, agenda, feed, habits)
    return EmbyCore(state, agenda, feed, webhooks, shelf, box_sets, Selection(state))


async def serve(
    stand_in: EmbyStandIn, port: int = 0, host: str = "127.0.0.1"
) -> tuple[web.AppRunner, str]:
    """Serves it; the caller cleans the runner up. Returns it with the base URL."""
    runner = web.AppRunner(
        stand_in.app,
        access_log=None,
        shutdown_timeout=2.0,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    return runner, f"http://{host}:{bound}"


@contextlib.asynccontextmanager
async def running(stand_in: EmbyStandIn) -> AsyncIterator[str]:
    """The base URL of the served stand-in, for as long as the block runs."""
    runner, url = await serve(stand_in)
    try:
        yield url
    finally:
        await runner.cleanup()
