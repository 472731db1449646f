"""Users, invitations, registering, and where one is signed in: on the pages."""

import re

import pytest

from collectarr.store import audit, users
from collectarr.store.users import User
from tests.flows.world import film
from tests.pages.conftest import MakeSite
from tests.pages.site import EMBY_KEY, MDBLIST_KEY, Seen, Site
from tests.pages.test_held import held_run, shrunk, taken
from tests.people import PASSWORD

NEXT = "another four words"
BEN = {"username": "ben", "email": "ben@example.org", "password": PASSWORD, "role": "user"}
MINE = {"username": "ben", "password": PASSWORD, "confirm": PASSWORD}


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    return await make_site(registration="invite")


async def by_name(site: Site, name: str) -> User | None:
    found = await users.find_sign_in(site.services.db, name)
    return found[0] if found else None


async def actions(site: Site) -> list[str]:
    rows, _ = await audit.list_entries(site.services.db)
    return [row.action for row in reversed(rows)]


async def invited(site: Site, **fields: str) -> str:
    """The path of the link that an invitation gives."""
    seen = await site.post("/settings/users/invites", {"invite_role": "user", **fields})
    assert seen.status == 201, seen.text
    return link_in(seen)


def link_in(seen: Seen) -> str:
    found = re.search(r'<code id="invite-link">http://[^/]+(/[^<]+)</code>', seen.html)
    assert found is not None
    return found[1]


# Users


async def test_an_administrator_adds_and_changes_a_user(site: Site, anna: User) -> None:
    seen = await site.follow("/settings/users", BEN)
    assert "ben can sign in now." in seen.notes
    assert "ben@example.org" in seen.text
    assert PASSWORD not in seen.html
    ben = await by_name(site, "ben")
    assert ben is not None
    path = f"/settings/users/{ben.id}"
    assert (await site.get(path)).value("email") == "ben@example.org"
    changed = {"username": "benny", "email": "", "role": "administrator"}
    assert "benny was changed." in (await site.follow(path, changed)).notes
    seen = await site.follow(f"{path}/password", {"password": NEXT})
    assert "signed out everywhere" in seen.notes
    assert await site.services.auth.check_password("benny", NEXT, "x")
    assert (await actions(site))[-4:] == [
        *("user_created", "role_changed", "user_changed", "password_reset"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("username", "", "username"),
        ("username", "ANNA", "username"),
        ("email", "nonsense", "email"),
        ("password", "password123", "password"),
        ("role", "king", "role"),
    ],
)
async def test_what_is_wrong_with_a_user_is_said_at_the_field(
    site: Site, anna: User, field: str, value: str, at: str
) -> None:
    seen = await site.post("/settings/users", {**BEN, field: value})
    assert seen.status == 422
    assert seen.error(at)
    assert seen.value("email") == {**BEN, field: value}["email"]
    assert PASSWORD not in seen.html
    assert await by_name(site, "ben") is None


async def test_removing_a_user_asks_to_be_sure(site: Site, anna: User) -> None:
    await site.post("/settings/users", BEN)
    ben = await by_name(site, "ben")
    assert ben is not None
    path = f"/settings/users/{ben.id}/remove"
    refused = await site.post(path)
    assert (refused.status, "Tick the box" in refused.summary) == (422, True)
    assert await by_name(site, "ben") is not None
    assert "ben was removed" in (await site.follow(path, {"sure": "yes"})).notes
    assert await by_name(site, "ben") is None


async def test_the_last_administrator_is_told_so(site: Site, anna: User) -> None:
    path = f"/settings/users/{anna.id}"
    for seen in (
        await site.post(path, {"role": "user"}),
        await site.post(f"{path}/remove", {"sure": "yes"}),
    ):
        assert (seen.status, "last administrator" in seen.text) == (422, True)
    seen = await site.get(path)
    assert seen.value("username") is None, "one's own name is changed with one's password"


async def test_whoever_stops_being_administrator_lands_where_they_may_be(
    site: Site, anna: User
) -> None:
    await site.post("/settings/users", {**BEN, "role": "administrator"})
    seen = await site.follow(f"/settings/users/{anna.id}", {"role": "user"})
    assert seen.status == 200
    assert (await site.get("/settings/users")).status == 403


async def test_removing_oneself_ends_at_the_door(site: Site, anna: User) -> None:
    await site.post("/settings/users", {**BEN, "role": "administrator"})
    seen = await site.follow(f"/settings/users/{anna.id}/remove", {"sure": "yes"})
    assert "anna was removed" in seen.text
    assert (await site.get("/runs")).location.startswith("/login")


async def test_only_administrators_see_and_change_users(site: Site, anna: User) -> None:
    assert 'href="/settings/users"' in (await site.get("/settings/account")).html
    await site.sign_up("ben")
    assert 'href="/settings/users"' not in (await site.get("/settings/account")).html
    for path in ("", "/1"):
        assert (await site.get(f"/settings/users{path}")).status == 403
    for path in ("", "/invites", "/invites/1/revoke", "/1", "/1/password", "/1/remove"):
        sent = await site.post(f"/settings/users{path}", {**BEN, "sure": "yes"})
        assert sent.status == 403, path
    assert (await site.services.db.value("SELECT count(*) FROM users")) == 2


async def test_what_a_user_is_called_is_never_markup(site: Site, anna: User) -> None:
    odd = "<b>@x.org"
    await site.post("/settings/users", {**BEN, "email": odd})
    assert await by_name(site, odd) is not None
    seen = await site.get("/settings/users")
    assert "<b>" not in seen.html
    assert odd in seen.text


# Invitations


async def test_an_invitation_makes_an_account_and_signs_in(site: Site, anna: User) -> None:
    link = await invited(site, invite_email="ben@example.org")
    assert link not in (await site.get("/settings/users")).html, "shown once"
    site.client.session.cookie_jar.clear()
    seen = await site.get(link)
    assert (seen.status, seen.value("email")) == (200, "ben@example.org")
    token = link.partition("invite=")[2]
    seen = await site.follow("/register", {**MINE, "invite": token, "email": "ben@example.org"})
    assert "ben" in seen.text
    ben = await by_name(site, "ben@example.org")
    assert ben is not None
    assert ben.role == "user"
    site.client.session.cookie_jar.clear()
    assert (await site.get(link)).status == 404
    assert (await actions(site))[-2:] == ["invite_created", "invite_used"]


async def test_a_revoked_invitation_opens_nothing(site: Site, anna: User) -> None:
    link = await invited(site)
    assert "opens nothing" in (await site.follow("/settings/users/invites/1/revoke")).notes
    site.client.session.cookie_jar.clear()
    assert (await site.get(link)).status == 404
    token = link.partition("invite=")[2]
    assert (await site.post("/register", {**MINE, "invite": token})).status == 404


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("username", "", "letters"),
        ("username", "ANNA", "taken"),
        ("password", "collectarr1", "first that others would try"),
        ("confirm", "something else", "differ"),
        ("email", "nonsense", "e-mail"),
    ],
)
async def test_a_wrong_field_is_named_and_the_invitation_kept(
    site: Site, anna: User, field: str, value: str, words: str
) -> None:
    token = (await invited(site)).partition("invite=")[2]
    site.client.session.cookie_jar.clear()
    fields = {**MINE, "invite": token, field: value}
    if field == "password":
        fields["confirm"] = value
    seen = await site.post("/register", fields)
    assert seen.status == 422
    assert words in (seen.error(field) or "")
    assert (seen.value("invite"), seen.value("username")) == (token, fields["username"])
    assert (await site.post("/register", {**MINE, "invite": token})).status == 303


@pytest.mark.parametrize(
    ("registration", "status"), [("closed", 404), ("invite", 404), ("open", 200)]
)
async def test_without_an_invitation_one_may_register_only_where_it_is_open(
    make_site: MakeSite, registration: str, status: int
) -> None:
    site = await make_site(registration=registration)
    assert (await site.get("/register")).status == 404, "the first account is made at /setup"
    await site.sign_up()
    site.client.session.cookie_jar.clear()
    assert (await site.get("/register")).status == status
    assert (await site.get("/register?invite=made-up")).status == 404
    sent = await site.post("/register", MINE)
    assert sent.status == (303 if status == 200 else 404)
    found = await by_name(site, "ben")
    assert (found is not None and found.role == "user") is (status == 200)


async def test_where_registration_is_closed_the_page_says_how_to_open_it(
    make_site: MakeSite,
) -> None:
    site = await make_site(registration="closed")
    await site.sign_up()
    assert "REGISTRATION=invite" in (await site.get("/settings/users")).text
    sent = await site.post("/settings/users/invites", {"invite_role": "user"})
    assert sent.status == 422


# The audit trail


async def test_what_is_done_on_the_pages_is_written_down(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    await site.post("/settings/sources/mdblist", {"key": MDBLIST_KEY})
    await site.post("/settings/sources/mdblist/disconnect")
    site.mdblist.set_items("demo", "films", [film(1)])
    await site.post(f"/collections/{collection.id}/delete", {"sure": "yes"})
    await site.post("/settings/servers/1/remove")
    server = {"url": site.emby_url, "api_key": EMBY_KEY, "name": "Attic", "do": "add"}
    await site.post("/settings/servers", server)
    await site.post("/settings/account/profile", {"username": "Anna", "proof": PASSWORD})
    fields = {"current": PASSWORD, "password": NEXT, "confirm": NEXT}
    await site.post("/settings/account/password", fields)
    await site.post("/settings/account/sessions")
    assert await actions(site) == [
        *("sign_in", "source_key_set", "source_key_removed", "collection_deleted"),
        *("server_removed", "server_added", "profile_changed", "password_changed"),
        "session_revoked",
    ]
    rows, _ = await audit.list_entries(site.services.db)
    for secret in (EMBY_KEY, MDBLIST_KEY, PASSWORD, NEXT):
        assert secret not in str(rows)


@pytest.mark.parametrize("act", ["approve", "reject"])
async def test_an_answer_about_removals_is_written_down(site: Site, anna: User, act: str) -> None:
    collection = await shrunk(site, anna)
    run = await held_run(site, anna)
    await site.post(f"/runs/{run}/{act}")
    await site.wait_for_runs(anna)
    said = {"approve": "removals_approved", "reject": "removals_rejected"}[act]
    rows, _ = await audit.list_entries(site.services.db)
    assert (rows[0].action, rows[0].subject) == (said, collection.name)


async def test_a_box_set_that_is_taken_over_is_written_down(site: Site, anna: User) -> None:
    collection = await taken(site, anna)
    path = f"/collections/{collection.id}/box-set"
    await site.post(path, {"choice": "adopt", "server_id": "1"})
    await site.wait_for_runs(anna)
    assert (await actions(site))[-1] == "box_set_adopted"


# One's own account


async def test_a_profile_is_changed_with_the_password(site: Site, anna: User) -> None:
    wish = {"username": "anna", "email": "anna@example.org"}
    for proof in ("", "wrong password"):
        seen = await site.post("/settings/account/profile", {**wish, "proof": proof})
        assert (seen.status, seen.value("email")) == (422, "anna@example.org")
        assert seen.error("proof")
    seen = await site.follow("/settings/account/profile", {**wish, "proof": PASSWORD})
    assert "Saved." in seen.notes
    assert await by_name(site, "anna@example.org") is not None


async def test_another_place_is_signed_out_alone(site: Site, anna: User) -> None:
    first = {cookie.key: cookie.value for cookie in site.client.session.cookie_jar}
    await site.sign_in("anna")
    seen = await site.get("/settings/account")
    keys = re.findall(r'name="session" value="([^"]+)"', seen.html)
    assert len(keys) == 1, "where one is now has no such button"
    seen = await site.follow("/settings/account/sessions/end", {"session": keys[0]})
    assert "Signed out there." in seen.notes
    assert "Only here." in seen.text
    seen = await site.follow("/settings/account/sessions/end", {"session": keys[0]})
    assert "had ended already" in seen.notes
    site.client.session.cookie_jar.update_cookies(first, site.client.make_url("/"))
    assert (await site.get("/runs")).status == 303


async def test_nobody_signs_out_somebody_else(site: Site, anna: User) -> None:
    key = await site.services.db.value("SELECT id FROM sessions WHERE user_id = ?", anna.id)
    await site.sign_up("ben")
    await site.post("/settings/account/sessions/end", {"session": str(key)})
    left = await site.services.db.value("SELECT count(*) FROM sessions WHERE id = ?", key)
    assert left == 1


async def test_somebody_is_signed_out_everywhere_with_one_button(site: Site, anna: User) -> None:
    await site.follow("/settings/users", BEN)
    ben = await by_name(site, "ben")
    assert ben is not None
    await site.services.auth.keys.create(ben.id, "Home page", "read")
    seen = await site.follow(f"/settings/users/{ben.id}/end", {})
    assert "signed out in no places, and 1 API key revoked" in seen.notes
    assert (await actions(site))[-2:] == ["session_revoked", "api_key_revoked"]
    assert (
        f"/settings/users/{anna.id}/end" not in (await site.get(f"/settings/users/{anna.id}")).html
    )
