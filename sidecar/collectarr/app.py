"""The one place that knows everything: opens it all, wires it, and closes it in reverse."""

import fcntl
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from collectarr import __version__
from collectarr.access import public
from collectarr.api import setup_api
from collectarr.auth import Auth
from collectarr.dial import GuardedConnector
from collectarr.errors import StoreError
from collectarr.http import Upstream
from collectarr.jobs import Schedule, start_jobs
from collectarr.live import Live
from collectarr.middleware import BODY_LIMIT, MIDDLEWARES, add_headers
from collectarr.pages import setup_pages
from collectarr.posters.cache import PosterCache
from collectarr.posters.titles import FindsPosters, Posters
from collectarr.runner import Runner
from collectarr.services import SERVICES, Services
from collectarr.settings import Settings
from collectarr.sources import SOURCES, Source
from collectarr.store.db import Database, open_database
from collectarr.store.installation import installation_id
from collectarr.store.runs import report_interrupted
from collectarr.store.sealed import sealed_value
from collectarr.sync.bridge import Bridge
from collectarr.sync.browse import Browsing
from collectarr.sync.intake import Intake
from collectarr.sync.listen import Listening
from collectarr.sync.live import Following
from collectarr.sync.outside import Outside
from collectarr.sync.sign_in import SignIns
from collectarr.vault import Vault, key_in

log = structlog.stdlib.get_logger(__name__)

LOCK_FILE = "lock"
ADDRESS_FILE = "service.json"
HEAD_SECONDS = 75.0
"""A connection is closed after so long without a whole head of a request, at its beginning and
after each answer. Longer than proxies keep one that they do not use (60 seconds)."""


def create_app(settings: Settings, *, jobs: bool = True) -> web.Application:
    """The whole service, to be run by whoever called. Without `jobs` nothing runs by itself."""
    app = web.Application(
        middlewares=MIDDLEWARES,
        client_max_size=BODY_LIMIT,
        # Nobody has to unpack what nobody asked for; it is refused by its head.
        handler_args={"auto_decompress": False},
    )

    async def opened(app: web.Application) -> AsyncIterator[None]:
        async with open_services(settings, jobs=jobs) as services:
            app[SERVICES] = services
            yield

    app.cleanup_ctx.append(opened)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_end_streams)
    setup_api(app, settings.base_path)
    setup_pages(app, settings)
    if settings.base_path:
        app.router.add_get(settings.base_path, _to_first_page)
    return app


@public
async def _to_first_page(request: web.Request) -> web.StreamResponse:
    """The base path as people type it, without the slash at its end."""
    raise web.HTTPSeeOther(f"{request.path}/")


async def _end_streams(app: web.Application) -> None:
    # They would hold up shutdown until its timeout.
    app[SERVICES].live.close()


@asynccontextmanager
async def open_services(settings: Settings, *, jobs: bool) -> AsyncIterator[Services]:
    """Raises StoreError when the data folder cannot be used, or another process owns it."""
    async with AsyncExitStack() as stack:
        stack.enter_context(owned_folder(settings.data_dir))
        db = await open_database(settings.database)
        stack.push_async_callback(db.close)
        key = settings.encryption_key
        path = settings.data_dir / "encryption.key"
        secret = key.get_secret_value() if key else key_in(path, await sealed_value(db))
        vault, live = Vault(secret), Live()
        session = await stack.enter_async_context(
            # Nobody we call may plant a cookie for the next one.
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        )
        guarded = await stack.enter_async_context(
            aiohttp.ClientSession(connector=GuardedConnector(), cookie_jar=aiohttp.DummyCookieJar())
        )
        sources = _sources(session, settings)
        posters = _posters(session, settings, sources)
        outside = Outside(guarded, settings, db, vault, sources, await installation_id(db), posters)
        stack.push_async_callback(outside.accounts.close)
        runner = Runner(db, live)
        stack.push_async_callback(runner.close)
        browsing = Browsing(outside)
        stack.push_async_callback(browsing.close)
        sign_ins = SignIns(db, outside.accounts, outside.sources, live, browsing.forget)
        stack.push_async_callback(sign_ins.close)
        following = _following(settings, db, outside, runner, live)
        stack.push_async_callback(following.close)
        intake = Intake(db, live)
        stack.push_async_callback(intake.close)
        listening = Listening(guarded, db, outside, intake, live)
        stack.push_async_callback(listening.close)
        for run in await report_interrupted(db):
            log.warning("interrupted run", run=run.id, name=run.name)
        auth = Auth.open(db, vault, live, settings)
        services = Services(
            *(settings, db, vault, auth, live, runner, outside, posters, sign_ins, browsing),
            *(intake, listening, following, Bridge(db, vault, outside, settings.bridge)),
        )
        if jobs:
            stack.push_async_callback((await _start(services)).close)
        await auth.offer_set_up()
        log.info("started", version=__version__, data=str(settings.data_dir))
        yield services


def _following(
    settings: Settings, db: Database, outside: Outside, runner: Runner, live: Live
) -> Following:
    at_most = settings.quiet_at_most_seconds
    return Following(db, outside, runner, live, quiet=settings.quiet_seconds, at_most=at_most)


async def _start(services: Services) -> Schedule:
    """What runs by itself, each once all that it needs is there."""
    services.intake.woken = services.following.woken
    services.listening.start()
    await services.following.start()
    return start_jobs(services)


def _sources(session: aiohttp.ClientSession, settings: Settings) -> dict[str, Source]:
    return {name: connect(session, settings) for name, connect in SOURCES.items()}


def _posters(
    session: aiohttp.ClientSession, settings: Settings, sources: Mapping[str, Source]
) -> Posters:
    images = Upstream(session, "TMDb", settings.tmdb_image_url, per_second=20, concurrency=4)
    finder = next((one for one in sources.values() if isinstance(one, FindsPosters)), None)
    return Posters(PosterCache(settings.data_dir / "cache" / "posters"), images, finder)


@contextmanager
def owned_folder(folder: Path) -> Iterator[None]:
    """The data folder, for this process alone. Raises StoreError where that cannot be."""
    handle = _lock(folder)
    if handle is None:
        raise StoreError(
            f"Another Collectarr is using the data folder {folder}. Stop that one first, or set"
            " DATA_DIR to another folder.",
            code="locked",
        )
    try:
        yield
    finally:
        os.close(handle)


def is_owned(folder: Path) -> bool:
    """Whether a Collectarr is running on this data folder."""
    handle = _lock(folder)
    if handle is not None:
        os.close(handle)
    return handle is None


def _lock(folder: Path) -> int | None:
    """The locked file; None if somebody else has it. It is let go when it is closed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be used ({error.strerror}). Make it writable for"
            " this user, or set DATA_DIR to another folder.",
            code="data_dir",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def announce(app: web.Application, folder: Path, url: str) -> None:
    """While it runs, the data folder tells commands on this machine where the service is."""

    async def announced(_app: web.Application) -> AsyncIterator[None]:
        path = folder / ADDRESS_FILE
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
        fresh.replace(path)
        log.info("listening", url=url)
        yield
        path.unlink(missing_ok=True)

    app.cleanup_ctx.append(announced)


def announced_url(folder: Path) -> str | None:
    """Where the service that owns the data folder answers, if it said so."""
    try:
        return str(json.loads((folder / ADDRESS_FILE).read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def local_url(host: str, port: int, base_path: str) -> str:
    """How this machine itself reaches a service that listens on `host`."""
    names = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
    name = names.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}{base_path}"


@asynccontextmanager
async def running(
    app: web.Application,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    head_seconds: float = HEAD_SECONDS,
) -> AsyncIterator[int]:
    """Serve `app` inside this program; gives the port. Port 0: any that is free."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5, keepalive_timeout=head_seconds)
    try:
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
