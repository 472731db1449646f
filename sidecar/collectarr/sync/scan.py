"""Reading the libraries of one server whole, as a run of its own."""

from collectarr.models import RunStatus, Trigger
from collectarr.runner import Outcome, Report, Runner
from collectarr.store.db import Database
from collectarr.store.runs import Run
from collectarr.store.servers import Server
from collectarr.sync.outside import Outside
from collectarr.sync.presence import refresh_presence


async def start_scan(
    db: Database, outside: Outside, runner: Runner, server: Server, trigger: Trigger
) -> Run:
    """Nothing is written to Emby."""

    async def work(report: Report) -> Outcome:
        client = outside.emby(server, report.requests_to(server.id))
        async with outside.reader(server):
            reading = await refresh_presence(db, server, client, report, outside.wanted, sweep=True)
        counts = {"changed": reading.changed, "gone": reading.gone}
        message = (
            f"Read {server.name}: {reading.changed} items are new or changed,"
            f" {reading.gone} are gone."
        )
        if reading.complete:
            return Outcome(RunStatus.SUCCESS, message, counts=counts)
        return Outcome(RunStatus.PARTIAL, f"{message} It changed meanwhile.", counts=counts)

    return await runner.start(
        f"server:{server.id}",
        work,
        user_id=server.user_id,
        name=f"Libraries of {server.name}",
        trigger=trigger,
    )
