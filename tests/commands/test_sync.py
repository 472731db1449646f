"""collectarr sync: beside a running service, or by itself when none runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectarr.app import announce, announced_url, create_app, is_owned, local_url, running
from collectarr.auth import LOCAL_KEY_FILE
from collectarr.commands.sync import SyncWish, sync
from collectarr.errors import CollectarrError, InvalidError, NotFoundError, StoreError
from collectarr.settings import Settings, load_settings
from tests.api.conftest import Town, town
from tests.flows.world import film, own
from tests.people import services_of, sign_up

__all__ = ["town"]


@pytest.fixture
async def url(town: Town) -> str:
    """Where the running service is, as it would have told in its data folder."""
    return str(town.client.make_url("")).rstrip("/")


def _json(out: str) -> Any:
    """The result, behind what the service of the test logged in the same process."""
    text = f"\n{out}"
    return json.loads(text[text.index("\n{\n") :])


async def test_it_speaks_to_the_service_at_an_address(
    town: Town, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.synced()
    own(town.emby, film(8))
    settings = services_of(town.client).settings
    await town.ended((await town.anna.post("/servers/1/scan", status=202))["run_id"])
    assert await sync(settings, SyncWish("films", url=url)) == 0
    out = capsys.readouterr().out
    assert "+ Film 8 (2000): Number 8 on the list." in out
    run = (await town.anna.get("/runs"))["items"][0]
    assert (run["trigger"], run["status"]) == ("command", "SUCCESS")


async def test_a_dry_run_tells_the_plan_and_writes_nothing(
    town: Town, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.add_server()
    await town.add_collection(enabled=False)
    await town.ended((await town.anna.post("/servers/1/scan", status=202))["run_id"])
    settings = services_of(town.client).settings
    capsys.readouterr()
    assert await sync(settings, SyncWish("Films", dry_run=True, as_json=True, url=url)) == 0
    plan = _json(capsys.readouterr().out)
    assert (plan["dry_run"], plan["servers"][0]["server_id"]) == (True, 1)
    assert town.emby.box_set("Films") is None


async def test_it_fails_unless_the_run_succeeded(
    town: Town, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await town.synced()
    town.emby.fail("/Items", status=503, times=None)
    settings = services_of(town.client).settings
    assert await sync(settings, SyncWish("Films", as_json=True, url=url)) == 1
    captured = capsys.readouterr()
    assert _json(captured.out)["status"] == "FAILED"
    assert "FAILED: " in captured.err


async def test_an_unknown_or_ambiguous_name_is_told(town: Town, url: str) -> None:
    settings = services_of(town.client).settings
    await town.add_collection(name="Films", enabled=False)
    await town.add_collection(name="films", enabled=False)
    with pytest.raises(InvalidError, match="Several"):
        await sync(settings, SyncWish("Films", url=url))
    with pytest.raises(NotFoundError, match="There are: "):
        await sync(settings, SyncWish("Nothing", url=url))


async def test_it_acts_for_the_user_named(town: Town, url: str) -> None:
    ben = await sign_up(town.client, "ben", "user")
    await town.add_collection(ben, name="Ben's", enabled=False)
    settings = services_of(town.client).settings
    with pytest.raises(NotFoundError):
        await sync(settings, SyncWish("Ben's", url=url))
    assert await sync(settings, SyncWish("Ben's", user="ben", url=url)) == 0
    with pytest.raises(CollectarrError, match="credentials"):
        await sync(settings, SyncWish("Ben's", user="nobody", url=url))


async def test_a_wrong_key_is_refused(town: Town, url: str) -> None:
    settings = services_of(town.client).settings
    with pytest.raises(CollectarrError, match="credentials"):
        await sync(settings, SyncWish("Films", url=url, api_key="x" * 43))
    with pytest.raises(InvalidError, match="--url"):
        await sync(settings, SyncWish("Films", api_key="x" * 43))


async def test_a_folder_without_data_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "nothing", environment="test")
    with pytest.raises(InvalidError, match="no Collectarr in the data folder"):
        await sync(settings, SyncWish("Films"))
    with pytest.raises(InvalidError, match="--api-key"):
        await sync(settings, SyncWish("Films", url="http://127.0.0.1:9"))
    assert not settings.data_dir.exists()


async def test_while_a_service_owns_the_folder_it_is_asked(
    town: Town, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = services_of(town.client).settings
    await town.synced()
    with pytest.raises(StoreError, match="--url"):
        await sync(settings, SyncWish("Films"))
    (settings.data_dir / "service.json").write_text(json.dumps({"url": url}), encoding="utf-8")
    assert await sync(settings, SyncWish("Films")) == 0


async def test_without_a_service_it_runs_by_itself_and_lets_the_folder_go(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = services_of(town.client).settings
    await town.synced()
    await town.client.close()
    assert not is_owned(settings.data_dir)
    assert await sync(settings, SyncWish("Films", as_json=True)) == 0
    assert '"trigger": "command"' in capsys.readouterr().out
    assert not is_owned(settings.data_dir)


async def test_the_key_of_the_machine_is_for_its_owner_alone(settings: Settings) -> None:
    async with running(create_app(settings, jobs=False)):
        path = settings.data_dir / LOCAL_KEY_FILE
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_text(encoding="ascii")) >= 43


async def test_the_address_stands_in_the_folder_while_the_service_runs(
    settings: Settings,
) -> None:
    app = create_app(settings, jobs=False)
    announce(app, settings.data_dir, "http://127.0.0.1:7795/base")
    assert announced_url(settings.data_dir) is None
    async with running(app):
        assert announced_url(settings.data_dir) == "http://127.0.0.1:7795/base"
    assert announced_url(settings.data_dir) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:80/x"),
        ("::", "http://[::1]:80/x"),
        ("fe80::1", "http://[fe80::1]:80/x"),
        ("nas", "http://nas:80/x"),
    ],
)
def test_this_machine_reaches_a_service_whatever_it_listens_on(host: str, url: str) -> None:
    assert local_url(host, 80, "/x") == url


def test_nonsense_in_the_address_file_is_no_address(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", "null"):
        (tmp_path / "service.json").write_text(text, encoding="utf-8")
        assert announced_url(tmp_path) is None
