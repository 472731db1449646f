"""Each night: read the libraries whole, which finds what left them unsaid."""

from datetime import timedelta

import structlog

from collectarr.errors import CollectarrError
from collectarr.models import Trigger, utc_now
from collectarr.services import Services
from collectarr.store.polling import servers_to_sweep
from collectarr.sync.scan import start_scan

log = structlog.stdlib.get_logger(__name__)

RECENT = timedelta(hours=12)
"""One that was read whole since then is left alone."""


async def run(services: Services) -> None:
    """One after the other: a server is busy for a while with it, and so are we."""
    for server in await servers_to_sweep(services.db, utc_now() - RECENT):
        try:
            run = await start_scan(
                services.db, services.outside, services.runner, server, Trigger.SCHEDULE
            )
        except CollectarrError as error:
            log.warning("not swept", server=server.id, problem=error.message)
        else:
            await services.runner.wait(run.id)
