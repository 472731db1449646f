"""The Emby stand-in's routes about items and box sets: read, update, refresh, delete, members."""

from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from collectarr.demo.emby.boxsets import described
from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.profile import EmbyProfile
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.rows import Rows, full_row
from collectarr.demo.emby.state import StoredBoxSet, StoredItem
from collectarr.demo.emby.text import sort_name
from collectarr.demo.emby.wire import NOT_FOUND, Ask, Refusal, answer, done

_NULL_SOURCE = "Value cannot be null.\nParameter name: source"
_NULL_GUID = "Value cannot be null.\nParameter name: g"


async def items(core: EmbyCore, ask: Ask) -> web.Response:
    rows = core.selection.select(ask)
    start = max(ask.number("StartIndex") or 0, 0)
    limit = ask.number("Limit")
    page = rows[start:] if limit is None else rows[start : start + max(limit, 0)]
    write = Rows(
        core.state,
        ask.reader,
        frozenset(name.lower() for name in ask.many("Fields")),
        images=ask.flag("EnableImages") is not False,
        user_data=ask.flag("EnableUserData") is not False,
    )
    body: dict[str, Any] = {
        "Items": [write.row(item) for item in page],
        "TotalRecordCount": _total(core.state.profile, ask, len(rows), start, len(page)),
    }
    if core.state.profile.product:
        body["StartIndex"] = start
    return answer(body)


def _total(profile: EmbyProfile, ask: Ask, total: int, start: int, shown: int) -> int:
    """The count cannot be trusted everywhere: past the end, or when it was not wanted."""
    if ask.flag("EnableTotalRecordCount") is False and profile.uncounted_total != "all":
        return shown if profile.uncounted_total == "page" else 0
    if total and start >= total and not profile.total_past_the_end:
        return 0
    return total


async def item(core: EmbyCore, ask: Ask) -> web.Response:
    """The whole item, also where a list would hide it from this user."""
    found = _found(core, ask)
    if found.damaged:
        raise Refusal(400, _NULL_SOURCE)
    return answer(full_row(core.state, ask.reader, found))


def _found(core: EmbyCore, ask: Ask) -> StoredItem:
    item_id = ask.part("id")
    if core.state.profile.numeric_ids and not (item_id.isdigit() or len(item_id) == 32):
        raise Refusal(500, "Unrecognized Guid format.")
    found = core.state.find(item_id)
    if found is None:
        raise Refusal(404, NOT_FOUND)
    return found


async def update(core: EmbyCore, ask: Ask) -> web.Response:
    """Wants the whole item back. With less it fails, and the item is spoilt until a refresh."""
    _administrator(ask)
    found = _found(core, ask)
    body = await ask.json()
    tags = "TagItems" if core.state.profile.tag_items else "Tags"
    needed = ("Name", "ProviderIds", "Genres", "Studios", tags)
    if not isinstance(body, dict) or any(body.get(key) is None for key in needed):
        found.damaged = True
        raise Refusal(400, _NULL_SOURCE)
    _write(core, found, body)
    core.box_sets.changed(found)
    return done()


def _write(core: EmbyCore, found: StoredItem, body: dict[str, Any]) -> None:
    """Newer servers take a forced sort name only with `SortName` among the locked fields."""
    if core.state.profile.numeric_ids and "SortName" not in (body.get("LockedFields") or []):
        body = {key: value for key, value in body.items() if key != "ForcedSortName"}
    ids = {str(name): str(value) for name, value in body["ProviderIds"].items() if value}
    if isinstance(found, StoredBoxSet):
        found.provider_ids = ids
    else:
        core.state.reidentify(found, ids)
        found.year = body.get("ProductionYear") or found.year
    described(found, body)
    found.name = str(body["Name"])
    found.sort_name = str(body.get("ForcedSortName") or sort_name(found.name))


async def refresh(core: EmbyCore, ask: Ask) -> web.Response:
    library = core.state.libraries.get(ask.part("id"))
    if library is not None:
        core.shelf.refresh(library)
    else:
        _found(core, ask).damaged = False
    return done()


async def delete(core: EmbyCore, ask: Ask) -> web.Response:
    """Box sets, but films and their files just as well. Older servers refuse an API key."""
    if ask.user is None and not core.state.profile.key_deletes:
        raise Refusal(400, _NULL_GUID)
    _administrator(ask)
    _delete(core, _found(core, ask))
    return done()


async def delete_many(core: EmbyCore, ask: Ask) -> web.Response:
    if not core.state.profile.post_deletes:
        raise Refusal(500, "Object reference not set to an instance of an object")
    _administrator(ask)
    for found in [core.state.find(item_id) for item_id in ask.many("Ids")]:
        if found is not None:
            _delete(core, found)
    return done()


def _delete(core: EmbyCore, found: StoredItem) -> None:
    if isinstance(found, StoredBoxSet):
        core.box_sets.delete(found)
    else:
        core.shelf.remove(found)


async def delete_info(core: EmbyCore, ask: Ask) -> web.Response:
    return answer({"Paths": [_found(core, ask).path]})


def _administrator(ask: Ask) -> None:
    if ask.user is not None and not ask.user.admin:
        raise Refusal(403, "User does not have permission to do this.")


async def create(core: EmbyCore, ask: Ask) -> web.Response:
    body = await _body(core, ask)
    ids = [part.strip() for part in body.get("ids", "").split(",") if part.strip()]
    box = core.box_sets.create(body.get("name", ""), ids)
    result = {"Id": box.id}
    return answer(result | {"Name": box.name} if core.state.profile.numeric_ids else result)


async def _body(core: EmbyCore, ask: Ask) -> dict[str, str]:
    """What to create, from the query, a form or a JSON body."""
    given = dict(ask.params)
    text = (await ask.request.read()).decode("utf-8", "replace")
    if not text:
        return given
    if ask.request.content_type == "application/json":
        if not core.state.profile.json_create:
            raise Refusal(500)
        given |= {key.lower(): str(value) for key, value in (await ask.json() or {}).items()}
    elif ask.request.content_type == "application/x-www-form-urlencoded":
        given |= {key.lower(): value for key, value in parse_qsl(text)}
    return given


async def add_members(core: EmbyCore, ask: Ask) -> web.Response:
    if ask.many("Ids"):
        core.box_sets.add(ask.part("id"), ask.many("Ids"))
    return done()


async def remove_members(core: EmbyCore, ask: Ask) -> web.Response:
    if ask.many("Ids"):
        core.box_sets.remove(ask.part("id"), ask.many("Ids"))
    return done()


def _posts(profile: EmbyProfile) -> bool:
    return profile.post_deletes


ROUTES = (
    Route("GET", "/Items", items),
    Route("DELETE", "/Items", delete_many),
    Route("POST", "/Items/Delete", delete_many, there=_posts),
    Route("GET", "/Users/{user}/Items", items),
    Route("GET", "/Users/{user}/Items/{id}", item),
    Route("POST", "/Items/{id}", update),
    Route("DELETE", "/Items/{id}", delete),
    Route("POST", "/Items/{id}/Delete", delete, there=_posts),
    Route("GET", "/Items/{id}/DeleteInfo", delete_info, there=_posts),
    Route("POST", "/Items/{id}/Refresh", refresh),
    Route("POST", "/Collections", create),
    Route("POST", "/Collections/{id}/Items", add_members),
    Route("DELETE", "/Collections/{id}/Items", remove_members),
    Route("POST", "/Collections/{id}/Items/Delete", remove_members, there=_posts),
)
