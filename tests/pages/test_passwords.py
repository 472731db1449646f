"""New passwords on the pages, and what they do to API keys."""

import pytest

from collectarr.store import audit
from collectarr.store.users import User
from tests.pages.site import Site
from tests.people import PASSWORD

NEXT = "another four words"
FIELDS = {"current": PASSWORD, "password": NEXT, "confirm": NEXT}
PATH = "/settings/account"


async def add_keys(site: Site, user: User, *names: str) -> list[str]:
    made = [await site.services.auth.keys.create(user.id, name, "read") for name in names]
    return [key for _, key in made]


async def good(site: Site, *keys: str) -> list[bool]:
    return [await site.services.auth.keys.find(key) is not None for key in keys]


async def test_nothing_is_asked_about_keys_where_there_are_none(site: Site, anna: User) -> None:
    assert "revoke_keys" not in (await site.get(PATH)).html
    await add_keys(site, anna, "one")
    assert "Also revoke my API key " in (await site.get(PATH)).text
    await add_keys(site, anna, "two")
    assert "Also revoke my 2 API keys" in (await site.get(PATH)).text


@pytest.mark.parametrize("ticked", [{}, {"revoke_keys": ""}, {"revoke_keys": "no"}])
async def test_keys_outlive_the_password_unless_the_box_is_ticked(
    site: Site, anna: User, ticked: dict[str, str]
) -> None:
    keys = await add_keys(site, anna, "one")
    seen = await site.follow(f"{PATH}/password", {**FIELDS, **ticked})
    assert "Your password is changed" in seen.notes
    assert "API key" not in seen.notes
    assert await good(site, *keys) == [True]


async def test_with_the_box_ticked_they_go_and_that_is_said(site: Site, anna: User) -> None:
    keys = await add_keys(site, anna, "one", "two")
    refused = await site.post(
        f"{PATH}/password", {**FIELDS, "confirm": "else", "revoke_keys": "yes"}
    )
    assert refused.status == 422
    assert 'name="revoke_keys" value="yes" checked' in refused.html, "the wish is kept"
    assert await good(site, *keys) == [True, True]
    seen = await site.follow(f"{PATH}/password", {**FIELDS, "revoke_keys": "yes"})
    assert "2 API keys open nothing any more." in seen.notes
    assert await good(site, *keys) == [False, False]
    rows, _ = await audit.list_entries(site.services.db, action="api_key_revoked")
    assert [(row.actor, row.subject, row.details["count"]) for row in rows] == [("anna", "anna", 2)]


async def test_a_reset_by_an_administrator_takes_the_keys_and_says_so(
    site: Site, anna: User
) -> None:
    ben = await site.sign_up("ben")
    keys = await add_keys(site, ben, "one")
    hers = await add_keys(site, anna, "anna's")
    await site.sign_in("anna")
    path = f"/settings/users/{ben.id}"
    assert "their API keys are revoked" in (await site.get(path)).text
    seen = await site.follow(f"{path}/password", {"password": NEXT})
    assert "1 API key opens nothing any more." in seen.notes
    assert await good(site, *keys, *hers) == [False, True]
