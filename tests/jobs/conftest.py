"""Everything that the service opens, without its jobs."""

from collections.abc import AsyncIterator

import pytest

from collectarr.app import open_services
from collectarr.services import Services
from collectarr.settings import Settings


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings, jobs=False) as opened:
        yield opened
