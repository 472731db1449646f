"""What the folder about the bridge promises: its notification is ours, its samples are read."""

import json
import re
from pathlib import Path

import pytest

from collectarr.emby.events import EventKind, webhook_event
from collectarr.emby.notices import definition
from collectarr.settings import Settings

BRIDGE = Path(__file__).parents[1] / "emby-plugin-bridge"
PAGES = sorted(BRIDGE.glob("*.md"))
KINDS = {
    "library.new-movie": (EventKind.ADDED, "4117"),
    "library.new-movie-without-ids": (EventKind.ADDED, "4121"),
    "library.new-series-grouped": (EventKind.ADDED, "4203"),
    "library.deleted": (EventKind.REMOVED, "4117"),
    "system.notificationtest": (EventKind.TEST, None),
    "system.webhooktest": (EventKind.TEST, None),
    "playback.start": (EventKind.UNKNOWN, "4117"),
}


def test_the_notification_in_the_folder_is_what_the_installer_puts_in() -> None:
    written = json.loads((BRIDGE / "webhook.json").read_text(encoding="utf-8"))
    assert written == definition("Collectarr", "BRIDGE_URL/api/v1/webhooks/emby/TOKEN")


def test_each_sample_is_read_as_what_it_is() -> None:
    found = {}
    for path in BRIDGE.glob("samples/*.json"):
        event = webhook_event(json.loads(path.read_text(encoding="utf-8")))
        assert event.server_uid == "5c0ffee0a1b2c3d4e5f60718293a4b5c"
        found[path.stem] = (event.kind, event.item_id)
    assert found == KINDS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_links_to_exists(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [one for one in targets if "://" not in one and not (BRIDGE / one).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_names_only_settings_that_exist(path: Path) -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", path.read_text(encoding="utf-8")))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_there_is_a_page_for_each_version_and_the_folder_names_them_all() -> None:
    text = (BRIDGE / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in PAGES} - {"README.md"}
    assert {"emby-4.7.md", "emby-4.8.md", "emby-4.9.md"} <= pages
    assert [name for name in pages if f"({name})" not in text] == []
