"""What stands on stderr: readable by people or by programs, and never a secret."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from collectarr.logs import configure_logs
from collectarr.settings import load_settings

HUSH = "hush-hush-12345"


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging is set up once for the whole process: leave it as it was."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


@pytest.fixture
def written(restored: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., Callable[[], str]]:
    def configure(log_format: str, **other: Any) -> Callable[[], str]:
        configure_logs(load_settings(log_format=log_format, **other))
        capsys.readouterr()

        def read() -> str:
            out, err = capsys.readouterr()
            assert out == ""
            return err

        return read

    return configure


def fail() -> None:
    password = HUSH
    raise ValueError(f"GET http://x/?api_key={password} failed")


def log_everything() -> None:
    ours, theirs = structlog.stdlib.get_logger("ours"), logging.getLogger("theirs")
    ours.info("signed in", token=HUSH, password=HUSH, user="anna", set_cookie=HUSH)
    ours.info(f"GET http://x/?api_key={HUSH}")
    ours.info("nested", asked={"api_key": HUSH, "url": f"http://x/?token={HUSH}"})
    ours.info("listed", asked=[f"token={HUSH}", (f"pw={HUSH}",)])
    ours.warning("failed", error=ValueError(f"http://anna:{HUSH}@x"), path=Path("/data"))
    theirs.warning("GET http://x/?access_token=%s", HUSH)
    theirs.error("Authorization: Bearer %s", HUSH * 2)
    try:
        fail()
    except ValueError as error:
        ours.exception("it broke")
        theirs.exception("theirs broke")
        ours.error("it broke", exc_info=error)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_written_exceptions_included(
    written: Callable[..., Callable[[], str]], log_format: str
) -> None:
    read = written(log_format)
    log_everything()
    text = read()

    assert text.count("Traceback") == 3
    assert text.count("ValueError") >= 3
    assert "signed in" in text
    assert "anna" in text
    assert "/data" in text
    assert "hush" not in text


def test_json_is_one_object_a_line(written: Callable[..., Callable[[], str]]) -> None:
    read = written("json")
    log_everything()

    lines = [json.loads(line) for line in read().splitlines()]
    assert len(lines) == 10
    assert all({"event", "level", "timestamp", "logger"} <= line.keys() for line in lines)
    assert (lines[0]["event"], lines[0]["level"], lines[0]["user"]) == ("signed in", "info", "anna")
    assert lines[0]["token"] == "•••"
    assert lines[2]["asked"] == {"api_key": "•••", "url": "http://x/?token=•••"}


def test_numbers_stay_numbers(written: Callable[..., Callable[[], str]]) -> None:
    read = written("json")
    structlog.stdlib.get_logger("ours").info("counted", n=3, share=0.5, fine=True, none=None)

    line = json.loads(read())
    assert (line["n"], line["share"], line["fine"], line["none"]) == (3, 0.5, True, None)


@pytest.mark.parametrize(
    ("level", "seen"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)]
)
def test_the_level_is_kept(
    written: Callable[..., Callable[[], str]], level: str, seen: int
) -> None:
    read = written("json", log_level=level)
    for say in ("debug", "info", "warning", "error"):
        getattr(structlog.stdlib.get_logger(f"at {level}"), say)("x")

    assert len(read().splitlines()) == seen


def test_chatty_libraries_are_kept_quiet(written: Callable[..., Callable[[], str]]) -> None:
    read = written("text", log_level="DEBUG")
    logging.getLogger("aiosqlite").debug("executing select")
    logging.getLogger("aiohttp.access").info("GET /?api_key=x")

    assert read() == ""


def test_what_is_bound_to_a_run_is_on_each_of_its_lines(
    written: Callable[..., Callable[[], str]],
) -> None:
    read = written("json")
    with structlog.contextvars.bound_contextvars(run=7):
        structlog.stdlib.get_logger("ours").info("one")
        logging.getLogger("theirs").info("two")

    assert [json.loads(line)["run"] for line in read().splitlines()] == [7, 7]
