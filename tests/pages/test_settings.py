"""Servers and the account."""

import pytest

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
    assert "Movies" in seen.text
    assert EMBY_KEY not in seen.html
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


async def test_removing_a_server_leaves_its_collections_in_emby(site: Site, anna: User) -> None:
    await site.furnish(anna)
    server = (await site.servers(anna))[0]
    seen = await site.follow(f"/settings/servers/{server.id}/remove")
    assert "Its collections in Emby stay" in seen.notes
    assert await site.servers(anna) == []
    assert site.emby.box_set("Films") is not None
    for path in ("/", "/collections/1", "/collections/1?tab=preview", "/runs/1"):
        assert (await site.get(path)).status == 200, path


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
