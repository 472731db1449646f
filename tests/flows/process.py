"""The service as a process of its own, to be killed."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

SECONDS = 30


class Service:
    """A running `collectarr serve`, spoken to over its API as its first user."""

    def __init__(self, process: asyncio.subprocess.Process, base: str) -> None:
        self.process = process
        self.base = base
        self.session = aiohttp.ClientSession()
        self.headers: dict[str, str] = {}
        self.output: list[str] = []

    async def call(self, method: str, path: str, **body: Any) -> Any:
        async with self.session.request(
            method, f"{self.base}/api/v1{path}", json=body or None, headers=self.headers
        ) as response:
            answer = await response.json() if response.content_length != 0 else None
            assert response.status < 300, (method, path, response.status, answer)
            return answer

    async def sign_in(self, name: str = "ann", password: str = "a long enough password") -> None:
        status = await self.call("GET", "/auth/status")
        if status["setup_needed"]:
            await self.call("POST", "/auth/setup", username=name, password=password)
        tokens = await self.call("POST", "/auth/login", username=name, password=password)
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    async def ended(self, run_id: int) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            while True:
                run: dict[str, Any] = await self.call("GET", f"/runs/{run_id}")
                if run["finished_at"] is not None:
                    return run
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serving(folder: Path, mdblist_url: str, **settings: str) -> AsyncIterator[Service]:
    environment = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "DATA_DIR": str(folder),
        "ENVIRONMENT": "test",
        "MDBLIST_URL": mdblist_url,
        "MDBLIST_API_KEY": "demo-mdblist-key",
        "SETTLE_SECONDS": "0.2",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "collectarr", "serve",
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    service = Service(process, await _address(process, folder / "service.json"))
    drain = asyncio.create_task(_drain(process, service.output))
    try:
        yield service
    finally:
        await service.session.close()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(SECONDS):
                await process.wait()
        await drain


async def _address(process: asyncio.subprocess.Process, file: Path) -> str:
    """Where it says, in its data folder, that it answers."""
    async with asyncio.timeout(SECONDS):
        while process.returncode is None:
            with contextlib.suppress(OSError, ValueError):
                said = json.loads(file.read_text())
                if said["pid"] == process.pid:
                    return str(said["url"])
            await asyncio.sleep(0.02)
    assert process.stdout is not None
    raise AssertionError("it ended:\n" + (await process.stdout.read()).decode())


async def _drain(process: asyncio.subprocess.Process, output: list[str]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        output.append(line.decode())
