"""Ears that hear everything a running service says, and know every secret."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp

from tests.flows.process import Service

OWN_FILES = {"encryption.key": "encryption key", "jwt.secret": "JWT secret", "local.key": "local"}
"""Where a secret of the service itself is kept."""


def forms(secret: str) -> set[str]:
    """How it may be written: as it is, in JSON, in an address, in HTML, in base64."""
    raw = secret.encode()
    plain = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    shown = {html.escape(secret), quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return plain | shown | {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}


@dataclass
class Ears:
    """`heard` holds where it was heard, what, and which secrets may be told there."""

    service: Service
    secrets: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        session: aiohttp.ClientSession | None = None,
        told: tuple[str, ...] = (),
        **options: Any,
    ) -> tuple[int, Any]:
        """Status and answer (JSON where it is, else text), overheard with all its headers."""
        async with (session or self.service.session).request(
            method, self.service.base + path, allow_redirects=False, **options
        ) as response:
            text = (await response.read()).decode("utf-8", "replace")
            head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
            where = f"{method} {path} {response.status}"
            self.heard.append((where, f"{head}\n\n{text}", told))
            if response.content_type == "application/json" and text:
                return response.status, json.loads(text)
            return response.status, text

    async def listen(self, headers: dict[str, str]) -> None:
        """To the stream of events, until it is cut."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.service.session.get(
            f"{self.service.base}/api/v1/events", headers=headers, timeout=timeout
        ) as response:
            async for chunk in response.content.iter_any():
                self.heard.append(("events", chunk.decode(), ()))

    def keep(self, name: str, secret: str) -> str:
        """A secret that came up; of a token also the id of the session inside."""
        self.secrets[name] = secret
        parts = secret.split(".")
        if len(parts) == 3:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
            self.secrets[f"session of {name}"] = claims["sid"]
        return secret

    def leaks(self) -> list[str]:
        """Which secret was heard where it may not be."""
        said = [*self.heard, *((f"log {line[:90]}", line, ()) for line in self.service.output)]
        return [
            f"{name}: {where}"
            for name, secret in self.secrets.items()
            for where, text, told in said
            if name not in told and any(form in text for form in forms(secret))
        ]

    def stored(self, folder: Path) -> Iterator[str]:
        """Which secret lies in which file of the data folder as it is."""
        for path in folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            for name, secret in self.secrets.items():
                kept = OWN_FILES.get(path.name) == name
                if not kept and any(form.encode() in content for form in forms(secret)):
                    yield f"{name}: {path.name}"


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    return found[1] if found else ""
