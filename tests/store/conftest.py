"""A real database in a temporary folder, open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectarr.store.db import Database
from collectarr.store.users import User
from tests.stored import opened, person


@pytest.fixture
async def db(data_dir: Path) -> AsyncIterator[Database]:
    async with opened(data_dir) as database:
        yield database


@pytest.fixture
async def anna(db: Database) -> User:
    return await person(db, "anna")


@pytest.fixture
async def ben(db: Database) -> User:
    return await person(db, "ben")
