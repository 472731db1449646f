"""The real app with an Emby and an MDBList beside it, over real sockets."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import MakeClient
from tests.town import EMBY_KEY, MDBLIST_KEY, Town, town_of

__all__ = ["EMBY_KEY", "MDBLIST_KEY", "Town"]


@pytest.fixture
async def town(make_client: MakeClient) -> AsyncIterator[Town]:
    async with town_of(make_client) as town:
        yield town
