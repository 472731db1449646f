"""Each minute: start what is due, all of a user's collections in one run."""

from collections import defaultdict

from collectarr.models import Trigger, utc_now
from collectarr.services import Services
from collectarr.store.collections import due_collections
from collectarr.sync.collection import start_sync_some


async def run(services: Services) -> None:
    by_user: dict[int, list[int]] = defaultdict(list)
    for collection in await due_collections(services.db, utc_now()):
        by_user[collection.user_id].append(collection.id)
    for user_id, ids in by_user.items():
        await start_sync_some(
            services.db, services.outside, services.runner, user_id, ids, Trigger.SCHEDULE
        )
