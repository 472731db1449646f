from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.world import World, make_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with make_world(tmp_path) as world:
        yield world
