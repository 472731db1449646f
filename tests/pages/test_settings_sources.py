"""Accounts at sources: connected by key, by code and by browser; what is said when they fail."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from collectarr.demo.trakt import TraktStandIn
from collectarr.models import utc_now
from collectarr.store.lists import record_list_check
from collectarr.store.source_accounts import find_account, mark_account, save_account
from collectarr.store.users import User
from tests.flows.world import film
from tests.pages.beside import CODE, connect_trakt, trakt_beside
from tests.pages.conftest import MakeSite
from tests.pages.site import MDBLIST_KEY, Site
from tests.people import PASSWORD

PATH = "/settings/sources"
BACK = "http://127.0.0.1/api/v1/sources/trakt/callback"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def both(make_site: MakeSite) -> AsyncIterator[tuple[Site, TraktStandIn]]:
    async with trakt_beside(make_site, trakt_redirect_uri=BACK) as (site, trakt):
        await site.sign_up("anna")
        yield site, trakt


async def test_mdblist_is_connected_only_with_a_good_key(site: Site, anna: User) -> None:
    for key in ("", "wrong", "ключ"):
        seen = await site.post(f"{PATH}/mdblist", {"key": key})
        assert seen.status == 422, key
        assert seen.error("key-mdblist"), key
    seen = await site.follow(f"{PATH}/mdblist", {"key": f" {MDBLIST_KEY} "})
    assert "MDBList is connected" in seen.notes
    assert "requests left" in seen.text
    assert MDBLIST_KEY not in seen.html
    seen = await site.follow(f"{PATH}/mdblist/disconnect")
    assert "MDBList is disconnected" in seen.notes
    assert await find_account(site.services.db, anna.id, "mdblist") is None


async def test_the_key_of_the_environment_serves_until_one_has_an_own_one(
    make_site: MakeSite,
) -> None:
    site = await make_site(mdblist_api_key=SecretStr(MDBLIST_KEY))
    await site.sign_up()
    seen = await site.get(PATH)
    assert "MDBLIST_API_KEY" in seen.text
    assert "Use a key of your own" in seen.text
    assert MDBLIST_KEY not in seen.html
    assert f"{PATH}/mdblist/disconnect" not in seen.html


async def test_what_is_not_set_up_says_who_has_to_do_what(site: Site, anna: User) -> None:
    seen = await site.get(PATH)
    assert "TRAKT_CLIENT_ID" in seen.text
    assert CODE not in seen.html
    seen = await site.follow(f"{CODE}")
    assert "TRAKT_CLIENT_ID" in seen.notes


async def test_a_source_that_is_none_has_no_page(site: Site, anna: User) -> None:
    for path in ("nowhere", "nowhere/code", "nowhere/disconnect", "nowhere/leave", "nowhere/stop"):
        assert (await site.post(f"{PATH}/{path}")).status == 404, path
    assert (await site.get(f"{PATH}/nowhere/code")).status == 404


async def test_a_code_is_shown_until_it_was_typed(both: tuple[Site, TraktStandIn]) -> None:
    site, trakt = both
    seen = await site.follow(CODE)
    (device,) = trakt.sessions.devices.values()
    assert device.user_code in seen.text
    assert "/activate" in seen.text
    assert "Waiting for Trakt" in seen.text
    assert device.device_code not in seen.html
    assert "Show the code" in (await site.get(PATH)).text
    await site.post(CODE)
    assert len(trakt.sessions.devices) == 1, "the code that waits is still good"


async def test_a_code_that_was_typed_ends_in_a_connected_account(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    await connect_trakt(site, trakt)
    assert "Connected as Demo" in (await site.get(CODE)).text
    seen = await site.get(PATH)
    assert "Demo, Free plan" in seen.text
    assert "Sign-in ends" in seen.text
    for token in (*trakt.sessions.access, *trakt.sessions.refreshes):
        assert token not in seen.html


async def test_a_code_that_was_refused_says_so_and_offers_another(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    await connect_trakt(site, trakt, "deny")
    seen = await site.get(CODE)
    assert "It was not allowed" in seen.text
    assert "Get a new code" in seen.text


async def test_whoever_cancels_is_back_without_a_code(both: tuple[Site, TraktStandIn]) -> None:
    site, _ = both
    await site.post(CODE)
    assert "Show the code" not in (await site.follow(f"{PATH}/trakt/stop")).text
    assert (await site.get(CODE)).location == PATH


async def _sent(site: Site) -> dict[str, str]:
    """What the source is told by the browser that was sent there."""
    seen = await site.post(f"{PATH}/trakt/leave")
    wait, _, address = seen.response.headers["Refresh"].partition("; url=")
    assert (seen.status, wait) == (200, "0")
    assert "Continue at Trakt" in seen.text
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def test_a_browser_is_sent_out_and_comes_back_connected(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    asked = await _sent(site)
    assert asked["redirect_uri"] == BACK
    code = trakt.sessions.grant("demo", BACK, asked["code_challenge"])
    seen = await site.get(
        f"/api/v1/sources/trakt/callback?code={code}&state={asked['state']}", **HTML
    )
    assert (seen.status, seen.location) == (303, f"{PATH}?back=trakt")
    assert code not in seen.location
    seen = await site.get((await site.get(seen.location)).location)
    assert "Trakt is connected as Demo" in seen.notes


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("error=access_denied&state=x", "it was not allowed there"),
        ("code=abc&state=invented", "was not begun here"),
        ("", "it was not allowed there"),
    ],
)
async def test_a_browser_that_comes_back_in_vain_lands_on_the_page(
    both: tuple[Site, TraktStandIn], query: str, words: str
) -> None:
    site, _ = both
    path = f"/api/v1/sources/trakt/callback?{query}"
    seen = await site.get(path, **HTML)
    assert (seen.status, seen.location) == (303, f"{PATH}?back=trakt")
    seen = await site.get((await site.get(seen.location)).location)
    assert words in seen.notes
    assert words not in (await site.get(f"{PATH}?back=trakt")).notes
    assert (await site.get(path, Accept="application/json")).status in (409, 422)


async def test_without_a_way_back_nobody_is_sent_out(make_site: MakeSite) -> None:
    async with trakt_beside(make_site) as (site, _):
        await site.sign_up("anna")
        assert f"{PATH}/trakt/leave" not in (await site.get(PATH)).html
        assert "Connect with a code" in (await site.follow(f"{PATH}/trakt/leave")).notes


async def test_an_account_that_is_lost_is_said_here_and_on_the_dashboard(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    await site.furnish(site.users["anna"])
    await connect_trakt(site, trakt)
    trakt.sessions.forget("demo")
    seen = await site.follow(f"{PATH}/trakt/check")
    assert "Connect again" in seen.text
    for path in (PATH, "/"):
        assert "Trakt has to be connected again" in (await site.get(path)).text, path
    await connect_trakt(site, trakt)
    for path in (PATH, "/"):
        assert "has to be connected again" not in (await site.get(path)).text, path


async def test_a_quota_that_runs_out_is_said_before_it_hurts(site: Site, anna: User) -> None:
    await site.furnish(anna)
    await site.post(f"{PATH}/mdblist", {"key": MDBLIST_KEY})
    own = await find_account(site.services.db, anna.id, "mdblist")
    assert own is not None
    soon = utc_now() + timedelta(hours=2)
    for left, said in ((99, True), (100, False)):
        low = replace(own, quota_limit=1000, quota_left=left, quota_resets_at=soon)
        await save_account(site.services.db, anna.id, low)
        for path in (PATH, "/"):
            seen = await site.get(path)
            assert (f"MDBList: {left} of 1,000 requests left" in seen.text) is said, (path, left)
    over = replace(own, quota_limit=1000, quota_left=0, quota_resets_at=utc_now())
    await save_account(site.services.db, anna.id, over)
    assert "no requests left" not in (await site.get("/")).text


async def test_a_key_that_is_refused_is_said_in_words(site: Site, anna: User) -> None:
    await site.furnish(anna)
    await site.post(f"{PATH}/mdblist", {"key": MDBLIST_KEY})
    await mark_account(site.services.db, anna.id, "mdblist", "MDBList refuses this key.")
    for path in (PATH, "/"):
        seen = await site.get(path)
        assert "Trouble with MDBList" in seen.text
        assert "MDBList refuses this key." in seen.text
    await site.follow(f"{PATH}/mdblist/check")
    assert "Trouble with MDBList" not in (await site.get(PATH)).text


async def test_the_lists_in_use_are_shown_with_what_is_wrong(site: Site, anna: User) -> None:
    await site.furnish(anna)
    seen = await site.get(PATH)
    assert "Fine" in seen.text
    assert 'href="/browse/mdblist/demo/films"' in seen.html
    db = site.services.db
    await record_list_check(db, 1, "The list Films is private now.", "private")
    for path in (PATH, "/"):
        text = (await site.get(path)).text
        assert "The list Films is private now" in text
        assert "Followed by “Films”" in text


async def test_a_list_that_fails_is_said_only_after_a_day(site: Site, anna: User) -> None:
    await site.furnish(anna)
    db = site.services.db
    await record_list_check(db, 1, "MDBList is down.", "failing")
    seen = await site.get(PATH)
    assert "Failing" in seen.text
    assert "Followed by" not in seen.text
    async with db.write() as tx:
        await tx.run("UPDATE lists SET error_at = '2020-01-01T00:00:00.000Z'")
    assert "Followed by “Films”" in (await site.get(PATH)).text


async def test_accounts_and_lists_of_others_are_not_shown(site: Site, anna: User) -> None:
    await site.furnish(anna)
    await site.post(f"{PATH}/mdblist", {"key": MDBLIST_KEY})
    await site.sign_up("ben")
    seen = await site.get(PATH)
    assert "requests left" not in seen.text
    assert "No collection follows a list yet" in seen.text


async def test_a_browser_that_comes_back_signed_out_signs_in_and_goes_on(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    asked = await _sent(site)
    code = trakt.sessions.grant("demo", BACK, asked["code_challenge"])
    path = f"/api/v1/sources/trakt/callback?code={code}&state={asked['state']}"
    await site.post("/logout")
    assert (await site.get(path, Accept="application/json")).status == 401
    seen = await site.get((await site.get(path, **HTML)).location)
    assert "connecting Trakt goes on" in seen.text
    assert seen.value("next") == path
    fields = {"username": "anna", "password": PASSWORD, "next": path}
    seen = await site.post("/login", fields)
    assert (seen.status, seen.location) == (303, path)
    assert (await site.get(path, **HTML)).location == f"{PATH}?back=trakt"
    seen = await site.get((await site.get(f"{PATH}?back=trakt")).location)
    assert "Trakt is connected as Demo" in seen.notes


async def test_whoever_disconnects_is_told_what_becomes_of_collections(
    site: Site, anna: User
) -> None:
    await site.post(f"{PATH}/mdblist", {"key": MDBLIST_KEY})
    assert "No collection uses it." in (await site.get(PATH)).html
    await site.furnish(anna)
    said = (await site.get(PATH)).html
    assert "1 collection uses lists at MDBList. Nothing is taken out of Emby." in said
    assert "Public lists go on being read without your key." in said
    assert "only this account may read" not in said
    site.mdblist.add_list("demo", "secret", "Secret", [film(1)], private=True)
    await site.define(anna, "demo/secret", "Secret")
    said = (await site.get(PATH)).html
    assert "“Secret” follows a list that only this account may read" in said


async def test_a_lost_account_has_one_way_back_and_a_good_one_says_connected(
    both: tuple[Site, TraktStandIn],
) -> None:
    site, trakt = both
    await connect_trakt(site, trakt)
    seen = await site.get(PATH)
    assert "Connect again" not in seen.text
    assert "Use another account" in seen.text
    await mark_account(
        site.services.db, site.users["anna"].id, "trakt", "Trakt ended it.", lost=True
    )
    card = (await site.get(PATH)).html.split('id="trakt"')[1].split("</section>")[0]
    assert card.count("Connect again") == 1
    assert "Connection ended" in card
