"""Each minute: start what is due, all of a user's collections in one run."""

from collections import defaultdict
from datetime import timedelta

import structlog

from collectarr.errors import CollectarrError
from collectarr.models import Trigger, utc_now
from collectarr.services import Services
from collectarr.store.collections import due_collections
from collectarr.store.schedule import postpone_due
from collectarr.sync.collection import RETRY_HOURS, start_sync_some

log = structlog.stdlib.get_logger(__name__)


async def run(services: Services) -> None:
    """Users side by side: what goes wrong for one keeps nobody else waiting."""
    by_user: dict[int, list[int]] = defaultdict(list)
    for collection in await due_collections(services.db, utc_now()):
        by_user[collection.user_id].append(collection.id)
    for user_id, ids in by_user.items():
        try:
            await _start(services, user_id, ids)
        except CollectarrError as error:
            log.warning("sync not started", user=user_id, problem=error.message)
        except Exception:
            log.exception("sync not started", user=user_id)


async def _start(services: Services, user_id: int, ids: list[int]) -> None:
    under_way = {state["id"] for state in services.runner.states(user_id)}
    run = await start_sync_some(
        services.db, services.outside, services.runner, user_id, ids, Trigger.SCHEDULE
    )
    if run is not None and run.id not in under_way:
        # A run that is cancelled or breaks off is not begun anew a minute later.
        now = utc_now()
        await postpone_due(services.db, ids, now, now + timedelta(hours=RETRY_HOURS))
