"""`collectarr demo`: the product beside its stand-ins, set up and synced, on loopback only."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from collectarr.app import announce, create_app
from collectarr.demo.catalogue import demo_library
from collectarr.demo.emby import EmbyStandIn, serve
from collectarr.demo.mdblist import DEMO_KEY, MdbListStandIn
from collectarr.demo.mdblist.lists import demo_lists
from collectarr.demo.tmdb import DEMO_KEY as TMDB_KEY
from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.tmdb.lists import demo_lists as tmdb_lists
from collectarr.demo.trakt import DEMO_CLIENT, TraktStandIn
from collectarr.demo.trakt.lists import demo_lists as trakt_lists
from collectarr.dial import HOME_NETWORKS
from collectarr.errors import CollectarrError, StoreError
from collectarr.logs import configure_logs
from collectarr.models import RunStatus, Trigger
from collectarr.services import SERVICES, Services
from collectarr.settings import load_settings
from collectarr.store import collections, installation, runs, servers, targets
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.store.users import User, count_users, list_users
from collectarr.sync.collection import start_sync_all
from collectarr.sync.connect import connect_server, connect_source, sign_in
from collectarr.sync.decide import approve
from collectarr.sync.define import Definition, ListChoice, define_collection

LOOPBACK = "127.0.0.1"
NAME, PASSWORD = "demo", "collectarr-demo"
EMBY_KEY = "demo-emby-key"
EMBY_ADMINISTRATOR = ("emby", "emby")
CONNECT_SECONDS = 15.0
LISTS = (
    ("mdblist", "https://mdblist.com/lists/marquee/top-100-films", None),
    ("mdblist", "https://mdblist.com/lists/marquee/space-science-fiction", None),
    ("mdblist", "https://mdblist.com/lists/marquee/essential-crime", None),
    ("mdblist", "https://mdblist.com/lists/marquee/prestige-television", None),
    ("mdblist", "https://mdblist.com/lists/demo/weekend-mix", None),
    ("mdblist", "https://mdblist.com/lists/demo/family-night", None),
    ("mdblist", "https://mdblist.com/lists/demo/date-night", None),
    ("trakt", "https://trakt.tv/users/reel/lists/films-for-all-ages", None),
    ("trakt", "me/watchlist", "To Watch Next"),
    ("trakt", "movies/trending/50", "Trending Films"),
)


async def run_demo(port: int = 7795, data: Path | None = None) -> None:
    """Serve until SIGINT or SIGTERM. The last line on stdout says where and as whom to sign in.

    `data` None: a folder of its own that goes when the demo ends.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        folder = data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="collectarr-demo-"))
        )
        trakt = await _serve_stand_ins(stack, port)
        services = await stack.enter_async_context(_serving(port, folder))
        await _set_up(services, f"http://{LOOPBACK}:{port + 1}", trakt)
        print(f"ready http://{LOOPBACK}:{port} {NAME} {PASSWORD}", flush=True)  # noqa: T201
        await stop.wait()


async def _serve_stand_ins(stack: contextlib.AsyncExitStack, port: int) -> TraktStandIn:
    """Emby on port + 1, MDBList on port + 2, Trakt on port + 3, TMDb on port + 4."""
    emby = EmbyStandIn(api_key=EMBY_KEY, settle_seconds=1.0)
    demo_library(emby)
    runner, _ = await serve(emby, port + 1, LOOPBACK)
    stack.push_async_callback(runner.cleanup)
    mdblist = MdbListStandIn()
    demo_lists(mdblist)
    await stack.enter_async_context(_serving_app(mdblist.app, port + 2))
    trakt = TraktStandIn(interval=1)
    trakt_lists(trakt)
    await stack.enter_async_context(_serving_app(trakt.app, port + 3))
    tmdb = TmdbStandIn()
    tmdb_lists(tmdb)
    await stack.enter_async_context(_serving_app(tmdb.app, port + 4))
    return trakt


@contextlib.asynccontextmanager
async def _serving_app(app: web.Application, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield
    except OSError as error:
        raise StoreError(
            f"Port {port} cannot be used ({error.strerror}). Is a demo running already?"
            " Choose another with --port.",
            code="port",
        ) from error
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _serving(port: int, folder: Path) -> AsyncIterator[Services]:
    settings = load_settings(
        host=LOOPBACK,
        port=port,
        data_dir=folder,
        bridge_url=f"http://{LOOPBACK}:{port}",
        environment="development",
        mdblist_url=f"http://{LOOPBACK}:{port + 2}",
        trakt_url=f"http://{LOOPBACK}:{port + 3}",
        trakt_auth_url=f"http://{LOOPBACK}:{port + 3}",
        trakt_client_id=DEMO_CLIENT,
        trakt_redirect_uri=f"http://{LOOPBACK}:{port}/api/v1/sources/trakt/callback",
        tmdb_url=f"http://{LOOPBACK}:{port + 4}",
        tmdb_api_key=SecretStr(TMDB_KEY),
        tmdb_image_url=f"http://{LOOPBACK}:{port + 4}",
        settle_seconds=2.5,
    )
    configure_logs(settings)
    app = create_app(settings)
    announce(app, folder, f"http://{LOOPBACK}:{port}")
    async with _serving_app(app, port):
        yield app[SERVICES]


async def _set_up(services: Services, emby_url: str, trakt: TraktStandIn) -> None:
    """User, server, account and collections, where an earlier demo did not leave them."""
    user = await _user(services)
    db, outside = services.db, services.outside
    if await installation.allowed_networks(db) is None:
        # Whoever is invited to a demo has no other Emby than the one beside it.
        await installation.set_allowed_networks(db, [*HOME_NETWORKS, "127.0.0.0/8"])
    if not await servers.list_servers(db, user.id):
        await connect_server(
            db, services.vault, outside, user.id, name=None, url=emby_url, api_key=EMBY_KEY
        )
    for server in await servers.list_servers(db, user.id):
        await _let_it_tell(services, server)
    await connect_source(db, services.vault, outside, user.id, "mdblist", DEMO_KEY)
    await _connect_trakt(services, user, trakt)
    if not await collections.list_collections(db, user.id):
        for source, text, name in LISTS:
            definition = Definition(name, (ListChoice(source, text),))
            await define_collection(db, outside, user.id, definition)
    run = await start_sync_all(db, outside, services.runner, user.id, Trigger.COMMAND)
    if run is not None:
        done = await _ended(services, run)
        if done.status is RunStatus.HELD:
            await _make_anew(services, user)
        elif done.status is not RunStatus.SUCCESS:
            raise CollectarrError(f"The demo did not come up: {done.message}")


async def _let_it_tell(services: Services, server: Server) -> None:
    """By its webhook, and by its socket. Each Emby of a demo is a new one: it knows neither."""
    await sign_in(services.db, services.vault, services.outside, server, *EMBY_ADMINISTRATOR)
    services.listening.wake()
    report = await services.bridge.install(server)
    if not report.ok:
        raise CollectarrError(f"The demo did not come up: {report.message}")
    if not await services.listening.connected(server.id, CONNECT_SECONDS):
        problem = services.listening.ear(server.id).problem
        raise CollectarrError(f"The demo did not come up: no web socket. {problem}")


async def _connect_trakt(services: Services, user: User, trakt: TraktStandIn) -> None:
    """By a code, as a person does it; the code is typed by us."""
    begun = await services.sign_ins.start(user.id, "trakt")
    device = trakt.sessions.find(begun.code.user_code)
    assert device is not None
    device.decision, device.user = "approve", NAME
    await services.sign_ins.wait(begun.id)
    if begun.state != "connected":
        raise CollectarrError(f"The demo did not come up: {begun.message}")


async def _make_anew(services: Services, user: User) -> None:
    """On a kept folder: the Emby of the last time took its box sets with it."""
    db, latest = services.db, await runs.latest_runs(services.db, user.id)
    for target in await targets.load_targets(db, list(latest)):
        if target.held is None or target.held["code"] != "gone":
            continue
        run = await approve(
            db,
            services.outside,
            services.runner,
            user.id,
            latest[target.collection_id].id,
            choice="recreate",
        )
        await _ended(services, run)


async def _ended(services: Services, run: Run) -> Run:
    await services.runner.wait(run.id)
    return await runs.get_run(services.db, run.user_id, run.id)


async def _user(services: Services) -> User:
    if await count_users(services.db):
        return (await list_users(services.db))[0]
    return await services.auth.set_up(NAME, None, PASSWORD, token="", local=True)
