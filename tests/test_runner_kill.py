"""What is left of a run whose process was killed in the middle."""

import asyncio
import sys
from pathlib import Path

from collectarr.models import RunStatus
from collectarr.store import runs
from tests.stored import collection_of, opened, person

RUNS_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from collectarr.live import Live
from collectarr.models import Trigger
from collectarr.runner import Runner
from collectarr.store.db import open_database
from collectarr.store.runs import Change

async def work(report):
    await report.stage("Adding")
    await report.changed([Change(1, "add", "7", "Heat", 1995, "by its id")])
    print("working", flush=True)
    await asyncio.Event().wait()

async def main(path, user_id, collection_id):
    db = await open_database(path)
    runner = Runner(db, Live())
    run = await runner.start("films", work, user_id=user_id, name="Films",
                             trigger=Trigger.MANUAL, collection_id=collection_id)
    await runner.wait(run.id)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
"""


async def test_a_killed_run_keeps_what_it_did_and_is_reported_at_the_next_start(
    data_dir: Path,
) -> None:
    async with opened(data_dir) as db:
        user = await person(db)
        films = await collection_of(db, user)
    asked = [str(data_dir / "collectarr.db"), str(user.id), str(films.id)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUNS_UNTIL_KILLED, *asked, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    process.kill()
    await process.communicate()

    async with opened(data_dir) as db:
        (left,), _ = await runs.list_runs(db, user.id)
        assert (left.status, left.stage) == (RunStatus.RUNNING, "Adding")
        assert [run.id for run in await runs.report_interrupted(db)] == [left.id]
        row = await runs.get_run(db, user.id, left.id)
        assert (row.status, row.error_code) == (RunStatus.FAILED, "interrupted")
        assert [change.title for change in await runs.list_changes(db, row.id)] == ["Heat"]
        assert (await db.rows("PRAGMA integrity_check"))[0][0] == "ok"
