"""What the edges (pages, endpoints, jobs, commands) may reach. Nothing below them takes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from collectarr.auth import Auth
from collectarr.live import Live
from collectarr.posters.titles import Posters
from collectarr.runner import Runner
from collectarr.settings import Settings
from collectarr.store.db import Database
from collectarr.sync.bridge import Bridge
from collectarr.sync.browse import Browsing
from collectarr.sync.intake import Intake
from collectarr.sync.listen import Listening
from collectarr.sync.live import Following
from collectarr.sync.outside import Outside
from collectarr.sync.sign_in import SignIns
from collectarr.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    db: Database
    vault: Vault
    auth: Auth
    live: Live
    runner: Runner
    outside: Outside
    posters: Posters
    sign_ins: SignIns
    browsing: Browsing
    intake: Intake
    listening: Listening
    following: Following
    bridge: Bridge


SERVICES = web.AppKey("services", Services)
API_DOCUMENT: web.AppKey[Callable[[], dict[str, Any]]] = web.AppKey("api_document")
"""Makes the OpenAPI document, which the API knows and a page shows."""
