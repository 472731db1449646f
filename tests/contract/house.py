"""The real app in a thread of its own, and its neighbours: for clients that do not await."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from collectarr.app import create_app, running
from collectarr.auth import LOCAL_KEY_FILE
from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.demo.tmdb import TmdbStandIn
from collectarr.settings import load_settings
from tests.flows.world import film, own, served, show
from tests.people import PASSWORD

EMBY_KEY, MDBLIST_KEY = "demo-emby-key", "demo-mdblist-key"


def body_of(user: dict[str, str]) -> dict[str, str]:
    return {name: user[name] for name in ("username", "password")}


@dataclass
class House:
    """Anna is the administrator. `http` keeps connections open."""

    url: str
    emby_url: str
    local_key: str
    http: requests.Session = field(default_factory=requests.Session)
    token: str = ""
    spares: int = 0
    spare_token: str = ""

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = f"{self.url}/api/v1{path}"
        return self.http.request(method, url, json=body, headers=headers, timeout=30, **options)

    def answer(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a request that must go well."""
        response = self.ask(method, path, body)
        assert response.ok, response.text
        return response.json() if response.content else None

    def signed_in(self) -> str:
        """A token that is good; a new one where the last one is spent or was ended."""
        if not self.token or self.ask("GET", "/auth/me").status_code == 401:
            body = {"username": "anna", "password": PASSWORD}
            self.token = self.answer("POST", "/auth/login", body)["access_token"]
        return self.token

    def furnish(self) -> None:
        """A server, an account at MDBList, two collections: ids from 1 then lead somewhere."""
        self.spare_token = self.spare()
        self.answer("PUT", "/sources/mdblist/account", {"key": MDBLIST_KEY})
        self.answer("POST", "/servers", {"url": self.emby_url, "api_key": EMBY_KEY})
        for name in ("films", "shows"):
            lists = [{"source": "mdblist", "list": f"demo/{name}"}]
            made = self.answer("POST", "/collections", {"name": name.title(), "lists": lists})
            self.finished(made["last_run_id"])

    def spare(self) -> str:
        """The token of somebody new, who may do with their account what they like."""
        self.spares += 1
        body = {"username": f"spare{self.spares}", "password": PASSWORD, "role": "user"}
        self.answer("POST", "/users", body)
        return str(self.answer("POST", "/auth/login", body_of(body))["access_token"])

    def finished(self, run_id: int) -> Any:
        """The run, once it has ended."""
        turn = threading.Event()
        for _ in range(600):
            run = self.answer("GET", f"/runs/{run_id}")
            if run["finished_at"]:
                return run
            turn.wait(0.05)
        raise AssertionError(f"run {run_id} did not end")


@asynccontextmanager
async def _standing(folder: Path) -> AsyncIterator[House]:
    emby, mdblist = EmbyStandIn(settle_seconds=0.05, event_seconds=0.05), MdbListStandIn()
    emby.add_library("Movies", "movies", "/media/Movies")
    emby.add_library("Series", "tvshows", "/media/Series")
    films = [film(number) for number in range(1, 11)]
    own(emby, *films[:7], *(show(number) for number in range(1, 4)))
    mdblist.add_list("demo", "films", "Films", films)
    mdblist.add_list("anna", "worth-seeing", "Worth seeing", films)
    mdblist.add_list("demo", "shows", "Shows", [show(number) for number in range(1, 6)])
    async with AsyncExitStack() as stack:
        settings = load_settings(
            data_dir=folder,
            environment="test",
            mdblist_url=await stack.enter_async_context(served(mdblist.app)),
            tmdb_image_url=await stack.enter_async_context(served(TmdbStandIn().app)),
            settle_seconds=0,
            rate_limit_per_minute=0,
        )
        emby_url = await stack.enter_async_context(emby_running(emby))
        port = await stack.enter_async_context(running(create_app(settings, jobs=False)))
        key = (folder / LOCAL_KEY_FILE).read_text(encoding="utf-8").strip()
        yield House(f"http://127.0.0.1:{port}", emby_url, key)


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Set up with Anna, and nothing else yet."""
    ready, failed = threading.Event(), []
    found: list[tuple[House, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def live() -> None:
        async with _standing(folder) as standing:
            closing = asyncio.Event()
            found.append((standing, asyncio.get_running_loop(), closing))
            ready.set()
            await closing.wait()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(60)
    assert found, failed
    standing, loop, closing = found[0]
    body = {"username": "anna", "password": PASSWORD}
    standing.token = standing.answer("POST", "/auth/setup", body)["access_token"]
    try:
        yield standing
    finally:
        standing.http.close()
        loop.call_soon_threadsafe(closing.set)
        thread.join(60)
        assert not failed, failed
