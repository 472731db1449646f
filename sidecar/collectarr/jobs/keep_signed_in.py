"""Each hour: renew tokens of people's accounts that would end soon, used or not."""

from datetime import timedelta

from collectarr.models import utc_now
from collectarr.services import Services
from collectarr.store.source_accounts import expiring_accounts

AHEAD = timedelta(hours=26)
"""A day, in which a token is renewed early anyway, and some time for the job to come by."""


async def run(services: Services) -> None:
    """An account that nobody syncs with is not lost for that: asking for it renews it."""
    for account in await expiring_accounts(services.db, utc_now() + AHEAD):
        await services.outside.credential(account.user_id, account.source)
