"""The built wheel holds everything that runs, and nothing that does not."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sidecar" / "collectarr"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    with ZipFile(next(folder.glob("collectarr-*.whl"))) as wheel:
        return set(wheel.namelist())


def below(folder: Path, prefix: str) -> set[str]:
    """Where the files of a folder belong in the wheel."""
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".keep"
    }


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        ("web/templates", "collectarr/web/templates"),
        ("web/static", "collectarr/web/static"),
        ("emby-plugin-bridge", "collectarr/bridge"),
        ("sidecar/collectarr", "collectarr"),
    ],
)
def test_every_file_of_the_folder_is_shipped(shipped: set[str], folder: str, prefix: str) -> None:
    wanted = below(ROOT / folder, prefix)
    assert wanted
    assert wanted - shipped == set()


@pytest.mark.parametrize(
    "name",
    [
        "collectarr/web/templates/base.html",
        "collectarr/web/static/tokens.css",
        "collectarr/bridge/webhook.json",
        "collectarr/store/migrations/0001_initial.sql",
        "collectarr/demo/catalogue.csv",
    ],
)
def test_what_the_product_opens_by_name_is_shipped(shipped: set[str], name: str) -> None:
    assert name in shipped


def test_nothing_but_the_product_is_shipped(shipped: set[str]) -> None:
    tops = {name.split("/")[0] for name in shipped}
    assert {top.partition("-")[0] for top in tops} == {"collectarr"}
    stray = ("/tests/", "/test_", "/conftest", ".pyc", ".db", ".env")
    assert not [name for name in shipped if any(mark in name for mark in stray)]
