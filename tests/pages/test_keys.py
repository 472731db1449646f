"""API keys in the settings: made and shown once, recognised, revoked."""

import re

import pytest

from collectarr.store.api_keys import list_keys
from collectarr.store.users import User
from tests.pages.conftest import MakeSite
from tests.pages.site import Seen, Site

PATH = "/settings/keys"
FIELDS = {"name": "Homepage", "scope": "read", "expires_in_days": "365"}


def key_on(seen: Seen) -> str | None:
    found = re.search(r'<code id="fresh-key">([^<]+)</code>', seen.html)
    return found[1] if found else None


async def test_a_key_is_made_shown_once_and_works(site: Site, anna: User) -> None:
    seen = await site.post(PATH, FIELDS)
    assert seen.status == 201
    key = key_on(seen)
    assert key is not None
    assert "it is not shown again" in seen.text
    assert f'curl -H "X-Api-Key: {key}"' in seen.text
    assert seen.response.headers["Cache-Control"] == "no-store"
    answer = await site.client.get("/api/v1/stats", headers={"X-Api-Key": key})
    assert answer.status == 200
    again = await site.get(PATH)
    assert key not in again.html
    assert key[:12] in again.html
    assert "used just now" in again.text
    assert "X-Api-Key: YOUR_KEY" in again.text


@pytest.mark.parametrize(
    ("scope", "words"),
    [("read", "Only read"), ("run", "Read and sync"), ("admin", "Everything that you may do")],
)
async def test_it_is_kept_as_it_was_chosen(site: Site, anna: User, scope: str, words: str) -> None:
    await site.post(PATH, {**FIELDS, "scope": scope, "expires_in_days": ""})
    (kept,) = await list_keys(site.services.db, anna.id)
    assert (kept.scope, kept.expires_at) == (scope, None)
    line = re.search(r'<li class="key-line">.*?</li>', (await site.get(PATH)).html, re.DOTALL)
    assert line is not None
    assert words in line[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("scope", "owner"),
        ("scope", ""),
        ("expires_in_days", "7"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    site: Site, anna: User, field: str, value: str
) -> None:
    seen = await site.post(PATH, {**FIELDS, field: value})
    assert seen.status == 422
    assert seen.error(field)
    assert key_on(seen) is None
    assert await list_keys(site.services.db, anna.id) == []


async def test_revoking_shuts_the_key_out(site: Site, anna: User) -> None:
    key = key_on(await site.post(PATH, FIELDS))
    (kept,) = await list_keys(site.services.db, anna.id)
    seen = await site.follow(f"{PATH}/{kept.id}/revoke")
    assert "“Homepage” opens nothing any more" in seen.notes
    answer = await site.client.get("/api/v1/stats", headers={"X-Api-Key": key or ""})
    assert answer.status == 401
    assert (await site.post(f"{PATH}/{kept.id}/revoke")).status == 404


async def test_anothers_keys_are_not_there(site: Site, anna: User) -> None:
    await site.post(PATH, FIELDS)
    (kept,) = await list_keys(site.services.db, anna.id)
    await site.sign_up("ben")
    assert "Homepage</h3>" not in (await site.get(PATH)).html
    assert (await site.post(f"{PATH}/{kept.id}/revoke")).status == 404
    assert len(await list_keys(site.services.db, anna.id)) == 1


async def test_no_key_is_made_from_another_site(site: Site, anna: User) -> None:
    for fields, headers in (
        ({**FIELDS, "csrf": "guess"}, {}),
        (FIELDS, {"Sec_Fetch_Site": "cross-site"}),
        (FIELDS, {"Origin": "https://evil.example"}),
    ):
        assert (await site.post(PATH, fields, **headers)).status == 403
    assert await list_keys(site.services.db, anna.id) == []


async def test_a_name_is_only_text(site: Site, anna: User) -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    seen = await site.post(PATH, {**FIELDS, "name": evil})
    assert "<img" not in seen.html
    assert evil in seen.text


@pytest.mark.parametrize(
    "public", ["https://lists.example.org", "https://lists.example.org/collectarr"]
)
async def test_the_snippets_name_the_public_address(make_site: MakeSite, public: str) -> None:
    site = await make_site(public_url=public, base_path="/collectarr")
    await site.sign_up()
    seen = await site.get(PATH)
    assert "url: https://lists.example.org/collectarr/api/v1/stats" in seen.text
