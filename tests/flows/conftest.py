from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile
from tests.flows.neighbours import Street, street
from tests.flows.world import World, make_world


@pytest.fixture(params=[PROFILE_32, PROFILE_49], ids=["emby3.2", "emby4.9"])
def profile(request: pytest.FixtureRequest) -> EmbyProfile:
    return request.param


@pytest.fixture
async def world(tmp_path: Path, profile: EmbyProfile) -> AsyncIterator[World]:
    async with make_world(tmp_path, profile) as world:
        yield world


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Street]:
    async with street(tmp_path) as found:
        yield found
