"""SIGKILL in the middle of an apply: reported, completed, nothing doubled or lost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collectarr.demo.emby import EmbyProfile, EmbyStandIn, running
from collectarr.demo.mdblist import MdbListStandIn
from tests.flows.process import SECONDS, Service, serving
from tests.flows.world import film, own, served

COUNT = 1200  # more ids than one call takes


async def _until(condition: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


async def _begin(service: Service, emby_url: str) -> tuple[int, int]:
    """Set up, add the server and make the collection; its first run is under way then."""
    await service.sign_in()
    await service.call("POST", "/servers", url=emby_url, api_key="demo-emby-key")
    made = await service.call(
        "POST", "/collections", name="Films", lists=[{"source": "mdblist", "list": "demo/films"}]
    )
    runs = await service.call("GET", "/runs")
    return made["id"], runs["items"][0]["id"]


@pytest.mark.parametrize("moment", ["create", "metadata", "add", "added"])
async def test_a_kill_in_the_middle_of_an_apply_is_repaired_by_the_next_run(
    tmp_path: Path, profile: EmbyProfile, moment: str
) -> None:
    emby, mdblist = EmbyStandIn(profile, settle_seconds=0.05), MdbListStandIn()
    emby.add_library("Movies", "movies", "/media/Movies")
    titles = [film(n) for n in range(1, COUNT + 1)]
    own(emby, *titles)
    mdblist.add_list("demo", "films", "Films", titles)
    # The write is carried out (or, for `add`, not yet) while its answer never comes.
    where, when = {
        "create": (r"/Collections$", {"hang": SECONDS}),
        "metadata": (r"/Items/[^/]+$", {"hang": SECONDS}),
        "add": (r"/Collections/[^/]+/Items$", {"delay": SECONDS, "status": 503}),
        "added": (r"/Collections/[^/]+/Items$", {"hang": SECONDS}),
    }[moment]
    stuck = emby.fail(where, method="POST", **when)
    async with running(emby) as emby_url, served(mdblist.app) as mdblist_url:
        async with serving(tmp_path, mdblist_url) as service:
            collection_id, run_id = await _begin(service, emby_url)
            await _until(lambda: stuck.times == 0)
            await service.kill()
        emby.clear_faults()
        async with serving(tmp_path, mdblist_url) as service:
            await service.sign_in()
            interrupted = await service.call("GET", f"/runs/{run_id}")
            assert interrupted["status"] == "FAILED"
            assert interrupted["error_code"] == "interrupted"
            started = await service.call("POST", f"/collections/{collection_id}/sync")
            run = await service.ended(started["run_id"])
            assert run["status"] == "SUCCESS", run["message"]
            boxes = [box for box in emby.box_sets if box.name == "Films"]
            assert len(boxes) == 1
            members = emby.members(boxes[0].id)
            assert len(members) == len(set(members)) == COUNT
            again = await service.call("POST", f"/collections/{collection_id}/sync")
            quiet = await service.ended(again["run_id"])
            assert quiet["requests"]["1"]["writes"] == 0, quiet
