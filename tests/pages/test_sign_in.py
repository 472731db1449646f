"""The first account, signing in and out."""

import pytest

from collectarr.store.users import User
from tests.pages.conftest import MakeSite
from tests.pages.site import Site
from tests.people import PASSWORD

FIRST = {
    "username": "anna",
    "email": "anna@example.org",
    "password": PASSWORD,
    "confirm": PASSWORD,
}


async def test_the_first_account_is_made_and_signed_in(site: Site) -> None:
    assert (await site.get("/")).location == "/setup"
    assert (await site.get("/login")).location == "/setup"
    assert (await site.get("/setup")).status == 200
    seen = await site.follow("/setup", FIRST)
    assert "Three steps" in seen.text
    assert "anna" in seen.text


async def test_set_up_is_over_once_there_is_somebody(site: Site, anna: User) -> None:
    site.client.session.cookie_jar.clear()
    assert (await site.get("/setup")).location == "/login"
    sent = await site.post("/setup", {**FIRST, "username": "eve"})
    assert (sent.status, sent.location) == (303, "/login")
    assert "Only here." not in (await site.get("/settings/account")).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("username", "", "letters"),
        ("email", "nonsense", "e-mail"),
        ("password", "short", "10 to 128"),
        ("confirm", "another password", "differ"),
    ],
)
async def test_a_wrong_field_of_set_up_is_named_and_the_rest_kept(
    site: Site, field: str, value: str, words: str
) -> None:
    fields = {**FIRST, field: value}
    if field == "password":
        fields["confirm"] = value
    seen = await site.post("/setup", fields)
    assert seen.status == 422
    assert words in (seen.error(field) or "")
    assert words in seen.summary
    assert (seen.value("username"), seen.value("email")) == (fields["username"], fields["email"])
    assert PASSWORD not in seen.html


async def test_from_elsewhere_set_up_wants_the_code_of_the_log(site: Site) -> None:
    behind = {"X_Forwarded_For": "203.0.113.9"}
    assert "Set-up code" in (await site.get("/setup", **behind)).text
    seen = await site.post("/setup", {**FIRST, "token": "guess"}, **behind)
    assert (seen.status, seen.value("token")) == (422, "guess")
    assert seen.error("token")
    token = site.services.auth.setup_token
    seen = await site.post("/setup", {**FIRST, "token": token}, **behind)
    assert (seen.status, seen.location) == (303, "/")


async def test_a_wrong_password_keeps_the_name_and_tells_no_more(site: Site, anna: User) -> None:
    site.client.session.cookie_jar.clear()
    texts = set()
    for name in ("anna", "nobody"):
        fields = {"username": name, "password": "wrong password", "next": "/runs"}
        seen = await site.post("/login", fields)
        assert (seen.status, seen.value("username")) == (422, name)
        assert seen.value("next") == "/runs"
        assert "wrong password" not in seen.html
        texts.add(seen.summary)
    assert texts == {"The name or the password is wrong."}


async def test_empty_fields_are_named(site: Site, anna: User) -> None:
    site.client.session.cookie_jar.clear()
    seen = await site.post("/login", {"username": "", "password": ""})
    assert seen.status == 422
    assert seen.error("username")
    assert seen.error("password")


async def test_too_many_attempts_are_told_to_wait(site: Site, anna: User) -> None:
    site.client.session.cookie_jar.clear()
    for _ in range(30):
        seen = await site.post("/login", {"username": "anna", "password": "wrong password"})
        if seen.status == 429:
            break
    assert seen.status == 429
    assert int(seen.response.headers["Retry-After"]) > 0
    assert "Wait" in seen.summary
    assert seen.value("username") == "anna"


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/runs?status=HELD", "/runs?status=HELD"),
        ("/collections/1?tab=history", "/collections/1?tab=history"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/runs\r\nSet-Cookie: a=b", "/"),
    ],
)
async def test_signing_in_leads_to_the_page_asked_for_and_never_away(
    site: Site, anna: User, asked: str, led: str
) -> None:
    site.client.session.cookie_jar.clear()
    sent = await site.post("/login", {"username": "anna", "password": PASSWORD, "next": asked})
    assert (sent.status, sent.location) == (303, led)
    assert (await site.get("/login")).location == "/"


async def test_signing_out_ends_the_session(site: Site, anna: User) -> None:
    cookies = {c.key: c.value for c in site.client.session.cookie_jar}
    seen = await site.follow("/logout")
    assert "You are signed out." in seen.text
    site.client.session.cookie_jar.update_cookies(cookies, site.client.make_url("/"))
    assert (await site.get("/runs")).status == 303


@pytest.mark.parametrize(("registration", "offered"), [("closed", False), ("open", True)])
async def test_registering_is_only_offered_where_it_is_open(
    make_site: MakeSite, registration: str, offered: bool
) -> None:
    site = await make_site(registration=registration)
    await site.sign_up()
    site.client.session.cookie_jar.clear()
    assert ("Make an account" in (await site.get("/login")).text) is offered
