"""collectarr sync NAME: sync one collection now, and say what happened."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from collectarr.commands.output import note, result
from collectarr.commands.service import Service, find_named, find_service
from collectarr.settings import Settings

POLL_SECONDS = 0.3
ENDED = ("SUCCESS", "PARTIAL", "FAILED", "HELD", "CANCELLED")


@dataclass(frozen=True, slots=True)
class SyncWish:
    """What was typed. `name` is that of a collection, or its id."""

    name: str
    dry_run: bool = False
    as_json: bool = False
    user: str | None = None
    url: str | None = None
    api_key: str | None = None


async def sync(settings: Settings, wish: SyncWish) -> int:
    """0 only if the collection is now as its lists say (or, dry, if that could be told)."""
    async with find_service(
        settings, url=wish.url, api_key=wish.api_key, user=wish.user
    ) as service:
        collection = await find_named(service, "/collections", "collection", wish.name)
        path = f"/collections/{collection['id']}/sync"
        if wish.dry_run:
            return _show_preview(await service.post(path, {"dry_run": True}), wish)
        started = await service.post(path)
        return _show_run(await _watch(service, started["run_id"]), wish)


async def _watch(service: Service, run_id: int) -> dict[str, Any]:
    """The run once it has ended; a line on stderr for each of its stages."""
    stage = None
    while True:
        run: dict[str, Any] = await service.get(f"/runs/{run_id}")
        if run["status"] in ENDED:
            return run
        if run["stage"] and run["stage"] != stage:
            stage = run["stage"]
            note(stage)
        await asyncio.sleep(POLL_SECONDS)


def _show_run(run: dict[str, Any], wish: SyncWish) -> int:
    good = run["status"] == "SUCCESS"
    if wish.as_json:
        result(json.dumps(run, ensure_ascii=False, indent=2))
    else:
        for change in run["changes"]:
            sign = {"add": "+", "remove": "-"}.get(change["op"], "·")
            result(f"{sign} {_titled(change)}: {change['why']}")
        if good:
            result(run["message"])
    if not good:
        note(f"{run['status']}: {run['message']}")
    return 0 if good else 1


def _show_preview(preview: dict[str, Any], wish: SyncWish) -> int:
    if wish.as_json:
        result(json.dumps(preview, ensure_ascii=False, indent=2))
    good = True
    for server in preview["servers"]:
        if server["error"]:
            good = False
            note(f"{server['server_name']}: {server['error']}")
        elif not wish.as_json:
            _show_plan(server)
    return 0 if good else 1


def _show_plan(server: dict[str, Any]) -> None:
    counts = f"{len(server['add'])} to add, {len(server['remove'])} to take out"
    result(f"{server['server_name']}: {counts}, {len(server['keep'])} stay. Nothing was written.")
    for change in server["add"]:
        result(f"+ {_titled(change)}: {change['why']}")
    for change in server["remove"]:
        result(f"- {_titled(change)}: {change['why']}")
    if server["held"]:
        result(f"This would wait for you: {server['held'].get('message', '')}")


def _titled(change: dict[str, Any]) -> str:
    year = f" ({change['year']})" if change["year"] else ""
    return f"{change['title']}{year}"
