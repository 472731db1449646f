"""The command line itself: what it takes, where it writes, and how it ends."""

import asyncio
import io
import json
import os
import socket
import sys
from pathlib import Path

import pytest

from collectarr import __version__
from collectarr.__main__ import main
from collectarr.commands import user
from collectarr.errors import ConflictError, InvalidError
from collectarr.passwords import is_password
from collectarr.settings import Settings
from collectarr.store import api_keys, audit, users
from collectarr.store.db import open_database
from tests.flows.process import serving
from tests.people import PASSWORD


def _type(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_routes_and_openapi_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["GET", "public", "/ping"] in lines
    assert main(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["info"]["version"] == __version__


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_a_wrong_setting_is_named_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert main(["routes"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "PORT" in captured.err


async def test_the_first_user_made_is_an_administrator_and_the_next_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("anna", "ben"):
        _type(monkeypatch, f"{PASSWORD}\n")
        assert await user.add(settings, name, None, administrator=False) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "anna can sign in now, as administrator.",
        "ben can sign in now, as user.",
    ]
    _type(monkeypatch, f"{PASSWORD}\n")
    with pytest.raises(ConflictError):
        await user.add(settings, "Anna", None, administrator=False)


async def test_a_short_password_makes_no_user(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _type(monkeypatch, "short\n")
    with pytest.raises(InvalidError):
        await user.add(settings, "anna", None, administrator=False)


async def test_a_new_password_replaces_the_old_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, act in ((PASSWORD, "add"), ("another good one", "reset")):
        _type(monkeypatch, f"{text}\n")
        if act == "add":
            await user.add(settings, "anna", "anna@example.org", administrator=True)
        else:
            await user.reset_password(settings, "anna@example.org")
    db = await open_database(settings.database)
    try:
        found = await users.find_sign_in(db, "anna")
    finally:
        await db.close()
    assert found is not None
    assert await is_password("another good one", found[1])
    with pytest.raises(InvalidError, match="no user"):
        await user.reset_password(settings, "nobody")


async def test_a_reset_revokes_all_api_keys_and_says_how_many(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("anna", "ben"):
        _type(monkeypatch, f"{PASSWORD}\n")
        await user.add(settings, name, None, administrator=False)
    db = await open_database(settings.database)
    try:
        for number, owner in enumerate((1, 1, 2)):
            await api_keys.add_key(
                db, owner, "s", "read", prefix="clr_", hashed=str(number), expires_at=None
            )
        _type(monkeypatch, "another good one\n")
        await user.reset_password(settings, "anna")
        left = [len(await api_keys.list_keys(db, owner)) for owner in (1, 2)]
        rows, _ = await audit.list_entries(db, action="api_key_revoked")
    finally:
        await db.close()
    assert "no sessions ended, 2 API keys revoked." in capsys.readouterr().out
    assert left == [0, 1]
    assert [(row.subject, row.details) for row in rows] == [
        ("anna", {"how": "command", "count": 2})
    ]


async def test_a_second_process_on_the_same_folder_is_refused_in_words(tmp_path: Path) -> None:
    async with serving(tmp_path, "http://127.0.0.1:9"):
        code, text = await _serve(tmp_path, 0)
    assert code == 1
    assert "Another Collectarr is using the data folder" in text
    assert "Traceback" not in text


async def test_a_port_in_use_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = await _serve(tmp_path, taken.getsockname()[1])
    assert code == 1
    assert "Cannot listen on 127.0.0.1" in text
    assert "Traceback" not in text


async def test_it_stops_at_sigterm_although_a_stream_is_open(tmp_path: Path) -> None:
    async with serving(tmp_path, "http://127.0.0.1:9") as service:
        await service.sign_in()
        stream = await service.session.get(f"{service.base}/api/v1/events", headers=service.headers)
        await stream.content.readline()
        service.process.terminate()
        async with asyncio.timeout(10):
            assert await service.process.wait() == 0
        stream.close()
    assert not (tmp_path / "service.json").exists()


async def _serve(folder: Path, port: int) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "collectarr", "serve"),
        env={**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "ENVIRONMENT": "test"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()
