"""What all tests share: a blank database, settings of their own, and the real app."""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from aiohttp import web

from collectarr.app import create_app
from collectarr.settings import Settings, load_settings
from collectarr.store.db import migrate
from tests.people import Client, Person, sign_up

MakeClient = Callable[..., Awaitable[Client]]

# The same examples each time: what fails here fails for everybody, and `make fuzz` looks further.
# How long one takes says how busy the machine is, and nothing else.
hypothesis.settings.register_profile("fixed", derandomize=True)
hypothesis.settings.register_profile("random")
hypothesis.settings.load_profile("random" if "COLLECTARR_FUZZ" in os.environ else "fixed")


@pytest.fixture(scope="session")
def blank_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once: a copy takes a fraction of the time."""
    path = tmp_path_factory.mktemp("blank") / "collectarr.db"
    migrate(path)
    return path


@pytest.fixture
def data_dir(tmp_path: Path, blank_database: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(blank_database, folder / "collectarr.db")
    return folder


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Nothing in it leads out of this machine."""
    return load_settings(
        data_dir=data_dir, environment="test", mdblist_url="http://127.0.0.1:9", settle_seconds=0
    )


@pytest.fixture
async def make_client(settings: Settings, aiohttp_client: Any) -> MakeClient:
    """The real app, with settings changed as asked and routes added."""

    async def make(*routes: web.RouteDef, **changes: Any) -> Client:
        app = create_app(settings.model_copy(update=changes), jobs=False)
        app.add_routes(routes)
        client: Client = await aiohttp_client(app)
        return client

    return make


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    return await make_client()


@pytest.fixture
async def anna(client: Client) -> Person:
    """The first user, an administrator."""
    return await sign_up(client, "anna")


@pytest.fixture
async def ben(client: Client, anna: Person) -> Person:
    """Another user."""
    return await sign_up(client, "ben", "user")
