"""What administrators decide for everybody, on its page."""

import pytest

from collectarr.dial import HOME_NETWORKS, MOST_NETWORKS
from collectarr.store import audit, installation
from collectarr.store.users import User
from tests.pages.site import EMBY_KEY, Seen, Site

PATH = "/settings/installation"


def written(seen: Seen) -> list[str]:
    """The lines of the field."""
    return seen.html.partition("<textarea")[2].partition(">")[2].partition("<")[0].split()


async def changes(site: Site) -> list[tuple[str | None, object]]:
    rows, _ = await audit.list_entries(site.services.db, action="settings_changed")
    return [(row.actor, row.details["allowed_networks"]) for row in rows]


async def test_before_anybody_chose_it_shows_what_holds(site: Site, anna: User) -> None:
    assert written(await site.get(PATH)) == list(HOME_NETWORKS)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("192.168.1.20/24\r\n10.0.0.1\r\n", ["192.168.1.0/24", "10.0.0.1/32"]),
        (" 10.0.0.0/8, fd00::/8  10.0.0.0/8", ["10.0.0.0/8", "fd00::/8"]),
        ("", []),
    ],
)
async def test_networks_are_kept_as_they_are_meant_and_noted(
    site: Site, anna: User, typed: str, kept: list[str]
) -> None:
    seen = await site.follow(PATH, {"networks": typed})
    assert "Saved." in seen.notes
    assert written(seen) == kept
    assert await installation.allowed_networks(site.services.db) == tuple(kept)
    assert await changes(site) == [("anna", kept)]
    assert "Nothing was changed." in (await site.follow(PATH, {"networks": typed})).notes
    assert len(await changes(site)) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("10.0.0.0/8\nhome", "'home' is not an address or a network"),
        ("10.0.0.0/99", "10.0.0.0/99"),
        ("<b>", "<b>"),
        (" ".join(f"10.0.0.{n}" for n in range(MOST_NETWORKS + 1)), "100 networks at most"),
    ],
)
async def test_what_is_no_network_is_said_at_the_field(
    site: Site, anna: User, typed: str, words: str
) -> None:
    seen = await site.post(PATH, {"networks": typed})
    assert (seen.status, written(seen) == [] and "<b>" not in seen.html) == (422, False)
    assert words in (seen.error("networks") or "")
    assert 'href="#networks"' in seen.html
    assert await installation.allowed_networks(site.services.db) is None
    assert await changes(site) == []


async def test_it_holds_for_users_at_once(site: Site, anna: User) -> None:
    await site.sign_up("ben")
    fields = {"url": site.emby_url, "api_key": EMBY_KEY, "name": "Attic", "do": "add"}
    refused = await site.post("/settings/servers", fields)
    assert "an administrator allowed" in (refused.error("url") or "")
    await site.sign_in("anna")
    await site.post(PATH, {"networks": "127.0.0.0/8"})
    await site.sign_in("ben")
    assert "Attic was added" in (await site.follow("/settings/servers", fields)).notes


async def test_only_administrators_and_nobody_elses_site_may(site: Site, anna: User) -> None:
    assert (await site.post(PATH, {"networks": "", "csrf": "wrong"})).status == 403
    assert (await site.post(PATH, {"networks": ""}, Sec_Fetch_Site="cross-site")).status == 403
    await site.sign_up("ben")
    assert (await site.get(PATH)).status == 403
    assert (await site.post(PATH, {"networks": ""})).status == 403
    assert await installation.allowed_networks(site.services.db) is None
