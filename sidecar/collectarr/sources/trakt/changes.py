"""Which lists at Trakt changed, in as few requests as it takes.

One look at `last_activities` tells of everything of the account itself; each list of somebody
else costs a look of its own. Charts and other people's watchlists have no mark of change.
"""

import asyncio
from collections.abc import Iterable, Mapping

from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.models import ListInfo
from collectarr.sources.trakt.reading import all_lists, described
from collectarr.sources.trakt.references import ME, Reference
from collectarr.sources.trakt.shelves import LISTS_OF, shelf_version
from collectarr.sources.trakt.visit import Visit

Versions = dict[Reference, str | None]


async def versions(visit: Visit, references: Iterable[Reference]) -> Versions:
    """The version of each that has one.

    Raises UnavailableError if Trakt is down for all of them, or asks us to wait.
    """
    wanted = set(references)
    try:
        own = await _own(visit, wanted)
        found = await _own_versions(visit, own) if own else {}
    except RejectedError:
        # The account is in trouble: each list tells so itself.
        return {}
    foreign = [one for one in wanted - own if one.what in ("list", "number")]
    return found | dict(await asyncio.gather(*(_version(visit, one) for one in foreign)))


async def _own(visit: Visit, references: Iterable[Reference]) -> set[Reference]:
    of_people = [reference for reference in references if reference.user]
    if visit.secret is None or not of_people:
        return set()
    name = await visit.me()
    return {reference for reference in of_people if reference.user in (name, ME)}


async def _own_versions(visit: Visit, own: Iterable[Reference]) -> Versions:
    activities = await visit.activities(fresh=True)
    found = {one: shelf_version(one, activities) for one in own if one.what != "list"}
    named = [one for one in own if one.what == "list"]
    if named:
        known = await _own_lists(visit, activities)
        found |= {one: known.get(one.name) for one in named}
    return found


async def _own_lists(visit: Visit, activities: Mapping[str, object]) -> Mapping[str, str | None]:
    """The versions of the account's own lists by slug: remembered while none of them changed."""
    lists, known = activities.get("lists"), visit.known
    changed_at = lists.get("updated_at") if isinstance(lists, dict) else None
    if not isinstance(changed_at, str) or changed_at != known.lists_at:
        infos = await all_lists(visit, LISTS_OF["lists"], "your lists")
        known.lists = {_slug(info): info.version for info in infos}
        known.lists_at = changed_at if isinstance(changed_at, str) else None
    return known.lists


def _slug(info: ListInfo) -> str:
    return info.reference.rpartition("/")[2]


async def _version(visit: Visit, reference: Reference) -> tuple[Reference, str | None]:
    """Nothing where only this list is in trouble: reading it will tell."""
    try:
        return reference, (await described(visit, reference)).version
    except UpstreamError as error:
        if _concerns_all(error):
            raise
        return reference, None


def _concerns_all(error: UpstreamError) -> bool:
    """Whether asking for the next list would meet the same trouble."""
    return isinstance(error, UnavailableError) and (
        error.http_status is None or error.code == "rate"
    )
