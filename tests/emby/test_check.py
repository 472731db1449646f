"""The four steps that tell whether a server can be used."""

import json
from typing import Any

import pytest
from aiohttp import web

from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.models import Library

UID = "e8de78b0b3e94f129922a61bb990ead9"
INFO = {"ServerName": "Den", "Version": "3.2.40.0", "Id": UID}
FOLDERS = [{"Name": "Movies", "ItemId": "1", "CollectionType": "movies", "Locations": ["/m"]}]


def user(identity: str, **policy: Any) -> dict[str, Any]:
    return {"Id": identity, "Name": identity, "Policy": policy}


BOSS = user("a1", IsAdministrator=True, EnableAllFolders=True)


class House:
    """Answers by path; a status in place of data is that refusal."""

    def __init__(self, **changes: Any) -> None:
        self.answers: dict[str, Any] = {
            "/emby/System/Info/Public": INFO,
            "/emby/System/Info": INFO,
            "/emby/Users": [BOSS],
            "/emby/Library/VirtualFolders": FOLDERS,
        }
        self.answers.update({f"/{key.replace('__', '/')}": data for key, data in changes.items()})

    async def __call__(self, request: web.Request) -> web.Response:
        found = self.answers.get(request.path, 404)
        if isinstance(found, int):
            return web.Response(status=found, text="Unable to find the specified file.")
        if isinstance(found, str):
            return web.Response(text=found, content_type="text/html")
        return web.Response(text=json.dumps(found), content_type="application/json")


async def test_a_check_tells_who_the_server_is_and_what_it_holds(tiny: Any) -> None:
    emby = await tiny(House(), user_id=None, uid=None)
    found = await emby.client.check()
    assert (found.facts.uid, found.facts.name, found.facts.version) == (UID, "Den", "3.2.40.0")
    assert found.facts.kind == "emby"
    assert found.admin_user_id == "a1"
    assert found.libraries == (Library("1", "Movies", "movies", ("/m",)),)
    assert found.latency_ms >= 0


async def test_jellyfin_is_told_by_its_product_name(tiny: Any) -> None:
    public = {**INFO, "Version": "10.8.6", "ProductName": "Jellyfin Server"}
    emby = await tiny(House(emby__System__Info__Public=public))
    assert (await emby.client.check()).facts.kind == "jellyfin"


@pytest.mark.parametrize("page", ["<html>router</html>", {"hello": 1}, ["x"], 401, 404])
async def test_what_is_not_emby_is_said_to_be_none(tiny: Any, page: Any) -> None:
    emby = await tiny(House(emby__System__Info__Public=page))
    with pytest.raises(UnexpectedAnswerError) as refused:
        await emby.client.check()
    assert refused.value.code == "not_emby"


async def test_emby_that_answers_only_without_its_prefix_is_told_apart(tiny: Any) -> None:
    house = House(emby__System__Info__Public=404, System__Info__Public=INFO)
    emby = await tiny(house)
    with pytest.raises(UnexpectedAnswerError, match="not under /emby") as refused:
        await emby.client.check()
    assert refused.value.code == "path"


async def test_a_wrong_key_is_told_from_a_wrong_address(tiny: Any) -> None:
    emby = await tiny(House(emby__System__Info=401))
    with pytest.raises(RejectedError) as refused:
        await emby.client.check()
    assert refused.value.code == "key"


async def test_nothing_at_the_address_is_unavailable(upstream_at: Any) -> None:
    from collectarr.emby.client import EmbyClient

    client = EmbyClient(upstream_at("http://127.0.0.1:9/emby"), api_key="k" * 32)
    with pytest.raises(UnavailableError) as refused:
        await client.check()
    assert refused.value.code == "refused"


async def test_another_server_at_the_old_address_is_refused(tiny: Any) -> None:
    emby = await tiny(House(), uid="f" * 32)
    with pytest.raises(RejectedError) as refused:
        await emby.client.check()
    assert refused.value.code == "server_changed"


async def test_only_an_administrator_who_sees_all_folders_will_do(tiny: Any) -> None:
    users = [
        user("plain", IsAdministrator=False, EnableAllFolders=True),
        user("half", IsAdministrator=True, EnableAllFolders=False),
        user("off", IsAdministrator=True, IsDisabled=True),
        user("hidden", IsAdministrator=True, IsHidden=True),
        user("open", IsAdministrator=True),
        BOSS,
    ]
    emby = await tiny(House(emby__Users=users), user_id=None)
    assert (await emby.client.check()).admin_user_id == "open"


async def test_the_administrator_of_old_is_kept_while_he_fits(tiny: Any) -> None:
    users = [user("new", IsAdministrator=True), BOSS]
    emby = await tiny(House(emby__Users=users), user_id="a1")
    assert (await emby.client.check()).admin_user_id == "a1"
    gone = await tiny(House(emby__Users=users), user_id="left")
    assert (await gone.client.check()).admin_user_id == "new"
    assert gone.client.user_id == "new"


@pytest.mark.parametrize("users", [[], [user("plain", IsAdministrator=False)], [{"Id": "x"}], 403])
async def test_without_an_administrator_the_check_says_so(tiny: Any, users: Any) -> None:
    emby = await tiny(House(emby__Users=users), user_id=None)
    with pytest.raises(RejectedError) as refused:
        await emby.client.check()
    assert refused.value.code == "administrator"


async def test_users_are_found_under_either_path(tiny: Any) -> None:
    newer = House(emby__Users=404, emby__Users__Query={"Items": [BOSS], "TotalRecordCount": 1})
    emby = await tiny(newer, user_id=None)
    assert (await emby.client.check()).admin_user_id == "a1"


@pytest.mark.parametrize("data", [FOLDERS, {"Items": FOLDERS, "TotalRecordCount": 1}])
async def test_libraries_come_bare_or_in_an_envelope_under_either_path(
    tiny: Any, data: Any
) -> None:
    old = await tiny(House(emby__Library__VirtualFolders=data))
    new = await tiny(
        House(emby__Library__VirtualFolders__Query=data, emby__Library__VirtualFolders=404)
    )
    assert [library.id for library in await old.client.libraries()] == ["1"]
    assert [library.id for library in await new.client.libraries()] == ["1"]


async def test_a_read_finds_its_administrator_once(tiny: Any) -> None:
    house = House(emby__Items={"Items": [], "TotalRecordCount": 0})
    emby = await tiny(house, user_id=None)
    await emby.client.box_sets()
    await emby.client.box_sets()
    assert emby.asked == ["GET /emby/Users", "GET /emby/Items", "GET /emby/Items"]
    assert "UserId=a1" in emby.urls[1]
