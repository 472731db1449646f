"""Each hour: how much of a quota is left, for accounts that something was read with since."""

import structlog

from collectarr.errors import CollectarrError
from collectarr.services import Services
from collectarr.store.source_accounts import accounts_in_use

log = structlog.stdlib.get_logger(__name__)


async def run(services: Services) -> None:
    """One request for each: so an alert comes before the quota is used up, not after."""
    for account in await accounts_in_use(services.db):
        if account.source not in services.outside.sources:
            continue
        try:
            await services.outside.accounts.check(account.user_id, account.source)
        except CollectarrError as error:
            log.info("account not checked", source=account.source, problem=error.message)
