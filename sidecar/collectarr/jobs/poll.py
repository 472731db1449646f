"""Each minute: ask the servers whose turn it is what changed, all at the same time."""

import asyncio
from datetime import timedelta

import structlog

from collectarr.errors import CollectarrError
from collectarr.models import utc_now
from collectarr.services import Services
from collectarr.store.polling import servers_to_poll
from collectarr.store.servers import Server, record_contact

log = structlog.stdlib.get_logger(__name__)

UNPROVEN = timedelta(hours=1)
"""A server that cannot tell what changed is read whole, which is not done more often."""


async def run(services: Services) -> None:
    """One that does not answer keeps nobody else waiting."""
    minutes = timedelta(minutes=services.settings.poll_minutes)
    now = utc_now()
    due = await servers_to_poll(
        services.db, now - minutes + timedelta(seconds=5), now - max(minutes, UNPROVEN)
    )
    await asyncio.gather(*(_poll(services, server) for server in due))


async def _poll(services: Services, server: Server) -> None:
    try:
        await services.following.poll(server)
    except CollectarrError as error:
        await record_contact(services.db, server.id, error.message)
        log.info("not polled", server=server.id, problem=error.message)
    except Exception:
        log.exception("not polled", server=server.id)
