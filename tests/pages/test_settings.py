"""Servers and the account."""

import pytest

from collectarr.store.servers import list_libraries
from collectarr.store.users import User
from tests.pages.site import EMBY_KEY, Site
from tests.people import PASSWORD

NEXT = "another four words"


def fields_of(site: Site, **changes: str) -> dict[str, str]:
    return {"url": site.emby_url, "api_key": EMBY_KEY, "name": "Attic", "do": "add", **changes}


async def test_a_server_is_tested_in_four_steps_without_being_kept(site: Site, anna: User) -> None:
    seen = await site.post("/settings/servers", fields_of(site, do="test"))
    assert seen.status == 200
    assert seen.html.count(": fine") == 4
    assert "2 libraries: Movies, Series." in seen.text
    assert (seen.value("url"), seen.value("name")) == (site.emby_url, "Attic")
    assert (seen.value("api_key"), EMBY_KEY in seen.html) == (None, False)
    assert "Type it once more" in seen.text
    assert await site.servers(anna) == []


async def test_a_server_is_added_and_shown(site: Site, anna: User) -> None:
    assert "Type it once more" not in (await site.get("/settings/servers")).text
    seen = await site.follow("/settings/servers", fields_of(site))
    assert "Attic was added" in seen.notes
    assert "Last event none yet" in seen.text, "it leads to where its first event will show"
    assert EMBY_KEY not in seen.html
    assert "Movies" in (await site.get("/settings/servers")).text
    assert [server.name for server in await site.servers(anna)] == ["Attic"]


@pytest.mark.parametrize("do", ["add", "test"])
@pytest.mark.parametrize(
    ("field", "value", "words", "steps"),
    [
        ("url", "", "Type the address", (0, 0)),
        ("url", "ftp://somewhere", "http://", (0, 0)),
        ("url", "http://127.0.0.1:9", "", (0, 1)),
        ("api_key", "", "no API key", (0, 0)),
        ("api_key", "wrong-key", "not accepted", (1, 1)),
    ],
)
async def test_what_is_wrong_with_a_server_is_said_at_the_field(
    site: Site,
    anna: User,
    do: str,
    field: str,
    value: str,
    words: str,
    steps: tuple[int, int],
) -> None:
    fields = fields_of(site, do=do, **{field: value})
    seen = await site.post("/settings/servers", fields)
    assert seen.status == 422
    assert words in (seen.error(field) or "nothing is said")
    for name in ("url", "name"):
        assert seen.value(name) == fields[name]
    assert seen.value("api_key") is None
    assert "Type it once more" in seen.text
    assert not fields["api_key"] or fields["api_key"] not in seen.html
    assert (seen.html.count(": fine"), seen.html.count(": failed")) == steps
    assert await site.servers(anna) == []


async def test_the_same_server_twice_is_refused(site: Site, anna: User) -> None:
    await site.add_server(anna)
    seen = await site.post("/settings/servers", fields_of(site))
    assert (seen.status, "already here" in (seen.error("url") or "")) == (422, True)


async def test_a_kept_server_can_be_tested_again(site: Site, anna: User) -> None:
    server = await site.add_server(anna, "Attic")
    path = f"/settings/servers/{server.id}/test"
    assert "Attic is fine" in (await site.follow(path)).notes
    site.emby.fail("/Users", status=401, times=None)
    seen = await site.post(path)
    assert (seen.status, seen.html.count(": failed")) == (422, 1)
    assert "not accepted by Attic" in seen.text
    assert "Not working" in (await site.get("/settings/servers")).text
    site.emby.clear_faults()
    assert "Online" in (await site.follow(path)).text


async def test_a_server_is_renamed_and_given_another_key_on_the_page(
    site: Site, anna: User
) -> None:
    await site.follow("/settings/servers", fields_of(site))
    (server,) = await site.servers(anna)
    path = f"/settings/servers/{server.id}/edit"
    there = {"url": site.emby_url, "api_key": "", "name": "Cellar"}
    assert "Cellar is changed" in (await site.follow(path, there)).notes
    assert "as it was" in (await site.follow(path, there)).notes
    for changes, field, words in (
        ({"api_key": "wrong-key"}, "api_key", "not accepted"),
        ({"url": "ftp://somewhere"}, "url", "http://"),
        ({"url": "http://127.0.0.2:9"}, "api_key", "Type the API key again"),
        ({"url": "http://127.0.0.1:9", "api_key": EMBY_KEY}, "url", "Nothing answers"),
    ):
        seen = await site.post(path, {**there, "name": "Loft", **changes})
        assert seen.status == 422
        shown = f'id="edit-{field}-{server.id}-error"'
        assert words in seen.html.partition(shown)[2][:400], seen.text
        assert (EMBY_KEY in seen.html, "wrong-key" in seen.html) == (False, False)
        assert 'value="Loft"' in seen.html
    assert "Cellar is changed" in (await site.follow(path, {**there, "api_key": EMBY_KEY})).notes
    (now,) = await site.servers(anna)
    assert (now.name, now.url) == ("Cellar", server.url)


async def test_removing_a_server_leaves_its_collections_in_emby(site: Site, anna: User) -> None:
    await site.furnish(anna)
    server = (await site.servers(anna))[0]
    seen = await site.follow(f"/settings/servers/{server.id}/remove")
    assert "Its collections in Emby stay" in seen.notes
    assert await site.servers(anna) == []
    assert site.emby.box_set("Films") is not None
    for path in ("/", "/collections/1", "/collections/1?tab=preview", "/runs/1"):
        assert (await site.get(path)).status == 200, path


async def test_an_administrator_signs_in_on_the_page_and_out_again(site: Site, anna: User) -> None:
    server = await site.add_server(anna, "Attic")
    assert "Nobody is signed in" in (await site.get("/settings/servers")).text
    path = f"/settings/servers/{server.id}"
    wrong = {"username": "emby", "password": "a wr0ng one"}
    seen = await site.post(f"{path}/sign-in", wrong)
    assert seen.status == 422
    assert "does not take this name and password" in (seen.error(f"username-{server.id}") or "")
    assert "wr0ng" not in seen.html
    seen = await site.follow(f"{path}/sign-in", {"username": "emby", "password": "emby"})
    assert "Signed in to Attic as emby" in seen.notes
    assert "Collections are deleted as emby" in seen.text
    seen = await site.follow(f"{path}/sign-out")
    assert "Signed out of Attic" in seen.notes
    assert "Nobody is signed in" in seen.text


async def test_libraries_are_chosen_on_the_page_and_one_it_did_not_show_is_left(
    site: Site, anna: User
) -> None:
    server = await site.add_server(anna, "Attic")
    path = f"/settings/servers/{server.id}"
    known = {row.name: row.id for row in await list_libraries(site.services.db, server.id)}
    seen = await site.follow(f"{path}/libraries", {"offered": known["Series"]})
    assert "Collections follow with their next sync" in seen.notes
    assert "Series not in use" in seen.text
    seen = await site.follow(f"{path}/libraries", {"offered": known["Series"]})
    assert "as they were" in seen.notes
    rows = await list_libraries(site.services.db, server.id)
    assert {row.name: row.used for row in rows} == {"Movies": True, "Series": False}


async def test_a_look_is_kept(site: Site, anna: User) -> None:
    for theme in ("light", "system", "dark"):
        await site.post("/settings/account/theme", {"theme": theme})
        assert f'data-theme="{theme}"' in (await site.get("/")).html
    assert (await site.post("/settings/account/theme", {"theme": "pink"})).status == 400


@pytest.mark.parametrize(
    ("field", "value"), [("current", "wrong password"), ("password", "short"), ("confirm", "x")]
)
async def test_a_password_is_not_changed_by_half(
    site: Site, anna: User, field: str, value: str
) -> None:
    fields = {"current": PASSWORD, "password": NEXT, "confirm": NEXT, field: value}
    if field == "password":
        fields["confirm"] = value
    seen = await site.post("/settings/account/password", fields)
    assert seen.status == 422
    assert seen.error(field)
    assert NEXT not in seen.html
    await site.sign_in("anna")


async def test_a_new_password_ends_the_other_sessions_only(site: Site, anna: User) -> None:
    first = {cookie.key: cookie.value for cookie in site.client.session.cookie_jar}
    await site.sign_in("anna")
    assert "In 2 places" in (await site.get("/settings/account")).text
    fields = {"current": PASSWORD, "password": NEXT, "confirm": NEXT}
    seen = await site.follow("/settings/account/password", fields)
    assert "Your password is changed" in seen.notes
    assert "Only here." in seen.text
    site.client.session.cookie_jar.update_cookies(first, site.client.make_url("/"))
    assert (await site.get("/runs")).status == 303


async def test_signing_out_everywhere_includes_here(site: Site, anna: User) -> None:
    seen = await site.follow("/settings/account/sessions")
    assert "signed out everywhere" in seen.text
    assert (await site.get("/runs")).location.startswith("/login")
