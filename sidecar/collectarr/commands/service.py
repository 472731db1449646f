"""The way in for commands: the API of the running service, or of one started just for this."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from collectarr.app import announced_url, create_app, is_owned, local_url, running
from collectarr.auth import LOCAL_KEY_FILE
from collectarr.errors import CollectarrError, InvalidError, NotFoundError, StoreError
from collectarr.http import Upstream
from collectarr.settings import Settings

PREFIX = "/api/v1"


class Service:
    """One Collectarr, spoken to over its API."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def get(self, path: str, **query: Any) -> Any:
        return await self._ask("GET", path, query=query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self._ask("POST", path, body=body or {})

    async def delete(self, path: str) -> Any:
        return await self._ask("DELETE", path)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        answer = await self._upstream.request(method, PREFIX + path, params=query, json=body)
        data = answer.json()
        if answer.ok:
            return data
        problem = data.get("error", {}) if isinstance(data, dict) else {}
        raise CollectarrError(
            str(problem.get("message") or f"{self._upstream.base_url}: HTTP {answer.status}."),
            code=str(problem.get("code") or "error"),
        )


@asynccontextmanager
async def find_service(
    settings: Settings, *, url: str | None, api_key: str | None, user: str | None
) -> AsyncIterator[Service]:
    """At `url`; else the one that runs on the data folder; else one started for the purpose."""
    async with AsyncExitStack() as stack:
        folder = settings.data_dir
        if url is None and api_key is not None:
            raise InvalidError("--api-key goes with --url.")
        if url is None and folder.is_dir() and is_owned(folder):
            url = announced_url(folder)
            if url is None:
                raise StoreError(
                    f"A Collectarr is running on {folder}, but does not say where it answers."
                    " Give its address with --url."
                )
        if url is None:
            if not settings.database.exists():
                raise InvalidError(
                    f"There is no Collectarr in the data folder {folder}. Set DATA_DIR to its"
                    " folder, or give the address of a running one with --url."
                )
            port = await stack.enter_async_context(running(create_app(settings, jobs=False)))
            url = local_url("", port, settings.base_path)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        key = api_key or _local_key(folder)
        headers = {"X-Api-Key": key} | ({"X-Collectarr-User": user} if user else {})
        upstream = Upstream(
            session, "Collectarr", url, headers=headers, secrets=[key], tries=2, timeout=120
        )
        yield Service(upstream)


def _local_key(folder: Path) -> str:
    try:
        return (folder / LOCAL_KEY_FILE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise InvalidError(
            f"There is no key in the data folder {folder}. Give one with --api-key."
        ) from None


async def find_named(service: Service, path: str, word: str, name: str) -> dict[str, Any]:
    """The one at `path` that is called so, or else has that id; `word` says what it is.

    Raises InvalidError for several of that name, NotFoundError for none.
    """
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = await service.get(path, page=page, per_page=500)
        rows += answer["items"]
        if len(rows) >= answer["total"] or not answer["items"]:
            break
        page += 1
    found = [row for row in rows if row["name"].casefold() == name.strip().casefold()]
    found = found or [row for row in rows if str(row["id"]) == name.strip()]
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found)
        raise InvalidError(f"Several {word}s are called {name!r}. Give the id: {ids}.")
    if not found:
        known = ", ".join(row["name"] for row in rows[:20]) or "none yet"
        raise NotFoundError(f"There is no {word} called {name!r}. There are: {known}.")
    return found[0]
