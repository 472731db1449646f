"""The token of a webhook address: shown to its owner, and otherwise neither said nor kept."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collectarr.demo.emby import EmbyStandIn, running
from tests.flows.ears import Ears
from tests.flows.process import serving

BODIES: list[dict[str, Any]] = [
    {"json": {"Event": "system.webhooktest"}},
    {"json": {"Event": "library.new", "Item": {"Id": "7", "Type": "Movie"}}},
    {"json": {"Event": "library.new", "Server": {"Id": "another"}}},
    {"data": {"data": json.dumps({"Event": "library.deleted", "Item": {"Id": "8"}})}},
    {"data": b"\xff\0{"},
    {"data": b"{}", "headers": {"Content-Type": "multipart/form-data"}},
    {"data": b"{}", "headers": {"Content-Encoding": "gzip"}},
]


async def _large() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b" " * 65_536


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_the_token_is_in_no_log_answer_page_or_file(tmp_path: Path, log_format: str) -> None:
    emby = EmbyStandIn()
    emby.add_library("Movies", "movies", "/media/Movies")
    settings = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": log_format, "POLL_MINUTES": "1440"}
    async with running(emby) as emby_url, serving(tmp_path, "http://127.0.0.1:9", **settings) as it:
        ears = Ears(it)
        await it.sign_in()
        await it.call("POST", "/servers", url=emby_url, api_key="demo-emby-key")
        for name in ("first", "second"):
            path = str((await it.call("POST", "/servers/1/webhook"))["path"])
            token = ears.keep(name, path.rpartition("/")[2])
            for address in (path, f"{path}x", f"{path}/", f"{path}/x", f"/x/{token}"):
                for body in BODIES:
                    await ears.ask("POST", address, **body)
                await ears.ask("POST", address, data=_large())
                await ears.ask("GET", address)
                await ears.ask("PUT", address, json={})
        for page in ("/servers/1/live", "/servers/1", "/servers", "/audit", "/settings"):
            await ears.ask("GET", f"/api/v1{page}", headers=it.headers)
        statuses = {int(where.rpartition(" ")[2]) for where, _, _ in ears.heard}
        assert {200, 202, 400, 404, 405, 409, 413, 415} <= statuses
        assert not any(status >= 500 for status in statuses)
        # What was asked stands in the first word of what was heard, and is no answer.
        heard = [(f"#{place}", text, told) for place, (_, text, told) in enumerate(ears.heard)]
        ears.heard[:] = heard
        await it.kill()
    assert any("/webhooks/emby/" in line for line in it.output), "the requests were logged"
    assert ears.leaks() == []
    assert list(ears.stored(tmp_path)) == []
