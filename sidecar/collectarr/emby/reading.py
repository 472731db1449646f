"""What a server holds: its items, what changed among them, its box sets and their members."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from collectarr.emby.check import Checking
from collectarr.emby.rows import Row, box_set_of, item_of, member_of
from collectarr.emby.walk import OnPage, Walk, walk
from collectarr.emby.wire import Params, batches, is_item_id, valid_id
from collectarr.errors import RejectedError, UnavailableError, UnexpectedAnswerError
from collectarr.models import BoxSet, Item, Library, Member, utc_now

PAGE = 1100
BOX_SETS_PAGE = 10_000
DELTA_PAGES = 5
# The other parameters of a read by ids take some 400 characters more than those of a write.
_IDS_ROOM = 3600
_LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)
_FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)
_LEAN = {"EnableImages": False, "EnableUserData": False}
# Without the last two, Emby may show a box set in place of the films in it: Emby 4.x knows
# the first name, 3.x and Jellyfin the second.
_TITLES = {
    "Recursive": True,
    "IncludeItemTypes": "Movie,Series",
    "Fields": "ProviderIds,ProductionYear,Path,OriginalTitle,PresentationUniqueKey,DateCreated",
    "GroupItemsIntoCollections": False,
    "CollapseBoxSetItems": False,
    **_LEAN,
}
_BOX_SETS = {
    "Recursive": True,
    "IncludeItemTypes": "BoxSet",
    "Fields": "Etag,DateLastSaved,ChildCount,ProviderIds,Path,Overview",
    "EnableUserData": False,
    "EnableImageTypes": "Primary",
}
_OLDEST_FIRST = {"SortBy": "DateCreated,SortName", "SortOrder": "Ascending"}
_TOP_LEVEL = frozenset({"AggregateFolder", "CollectionFolder", "UserRootFolder", "UserView"})

T = TypeVar("T")


class DeltaFilter(StrEnum):
    """The filters that some servers honour. Emby 3.2 and Jellyfin 10.8 always answer 0 rows
    to the first (measured), 4.9 honours it; Emby 3.2 honours the second.
    """

    SAVED = "MinDateLastSaved"
    SAVED_FOR_USER = "MinDateLastSavedForUser"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every film and show. If not `complete`, what is absent may well be there.

    `server_time` is the server's clock when the sweep began: where the next delta starts.
    """

    items: tuple[Item, ...]
    complete: bool
    server_time: datetime


@dataclass(frozen=True, slots=True)
class Delta:
    """What was saved since then; not `complete` means there was more: sweep."""

    items: tuple[Item, ...]
    server_time: datetime
    complete: bool


class Reading(Checking):
    """Every read is made as one administrator: with a key alone Emby is slow, and shows a box
    set without members (measured on Emby 3.2). `_counts`: how many members each box set had
    when all were listed last.
    """

    _counts: Mapping[str, int | None] = MappingProxyType({})

    async def sweep(self, libraries: Sequence[Library], on_page: OnPage | None = None) -> Sweep:
        """All films and shows of the server, ⌈M/1000⌉ reads; once more if it moved meanwhile.

        Raises UpstreamError as it comes: half a sweep is not returned.
        """
        query = {**_TITLES, **_OLDEST_FIRST}
        done = await self._walk_twice(query, _items_in(libraries), PAGE, on_page)
        return Sweep(tuple(done.found.values()), done.complete, done.server_time)

    async def prove_delta_filter(self) -> DeltaFilter:
        """The filter that this server honours: a far past gives rows and a far future none.

        A server ignores a filter that it does not know and answers with everything.
        """
        for candidate in (DeltaFilter.SAVED, DeltaFilter.SAVED_FOR_USER):
            if await self._rows_since(candidate, _LONG_AGO) and not await self._rows_since(
                candidate, _FAR_AHEAD
            ):
                return candidate
        return DeltaFilter.NONE

    async def _rows_since(self, candidate: DeltaFilter, since: datetime) -> int:
        query = {**_TITLES, "UserId": await self.user(), candidate.value: _stamp(since)}
        try:
            page = await self.page(query, 0, 1)
        except (RejectedError, UnavailableError) as error:
            if error.http_status not in (400, 500):
                raise
            return 0
        return len(page.rows)

    async def delta(
        self,
        delta_filter: DeltaFilter,
        since: datetime,
        libraries: Sequence[Library],
        limit: int = PAGE,
    ) -> Delta:
        """Films and shows saved since then, up to five answers of `limit` rows."""
        if delta_filter is DeltaFilter.NONE:
            return Delta((), utc_now(), complete=False)
        # Emby stamps whole seconds.
        query = {
            **_TITLES,
            **_OLDEST_FIRST,
            delta_filter.value: _stamp(since - timedelta(seconds=1)),
        }
        done = await self._walk(query, _items_in(libraries), limit, max_pages=DELTA_PAGES)
        return Delta(tuple(done.found.values()), done.server_time, done.complete)

    async def items_by_id(
        self, ids: Iterable[str], libraries: Sequence[Library]
    ) -> tuple[Item, ...]:
        """Those of `ids` that are films or shows on this server."""
        rows = await self.rows_by_id(ids, _TITLES)
        items = (item_of(row, libraries) for row in rows.values())
        return tuple(item for item in items if item is not None)

    async def rows_by_id(self, ids: Iterable[str], params: Params) -> dict[str, Row]:
        """Only what was asked for: a filter that the server cannot read returns everything.

        What is missing is asked for once more by itself: of several versions of one film that
        are asked for together, Emby 4.x shows one.
        """
        asked = list(dict.fromkeys(item_id for item_id in ids if is_item_id(item_id)))
        found: dict[str, Row] = {}
        for part in batches(asked, room=_IDS_ROOM):
            missing = part
            while missing:
                rows = await self._rows_asked_for(missing, params)
                found.update(rows)
                missing = [i for i in missing if i not in rows] if rows else []
        return found

    async def _rows_asked_for(self, ids: Sequence[str], params: Params) -> dict[str, Row]:
        query = {**params, "Ids": ",".join(ids), "UserId": await self.user()}
        page = await self.page(query, 0, len(ids))
        wanted = set(ids)
        return {row["Id"]: row for row in page.rows if row["Id"] in wanted}

    async def box_sets(self) -> tuple[BoxSet, ...]:
        """All of the server, whole or an error: one that is not listed would look deleted.

        `Etag` means something on Emby 3.2 only if `DateLastSaved` is asked for too.
        """
        found = await self._whole(_BOX_SETS, box_set_of, BOX_SETS_PAGE, "its collections")
        self._counts = {key: box_set.child_count for key, box_set in found.items()}
        return tuple(found.values())

    async def box_sets_by_id(self, ids: Iterable[str]) -> tuple[BoxSet, ...]:
        """Those of `ids` that are box sets. With many of them on a server the whole list takes a
        while: measured on Emby 3.2, some 3 ms each.
        """
        rows = await self.rows_by_id(ids, _BOX_SETS)
        found = (box_set_of(row) for row in rows.values())
        return tuple(box_set for box_set in found if box_set is not None)

    async def members(self, box_set_id: str) -> tuple[Member, ...]:
        """All members of a box set, whole or an error.

        Not recursive: that would list the episodes of its shows as well. Raises RejectedError
        (gone) when the box set does not exist, which Emby answers like an empty one, or with
        its libraries; UnavailableError (incomplete) where the box set itself, asked right after
        if the list of all did not say the same, says twice that it holds more than was listed.
        """
        for _ in range(2):
            found = await self._members(box_set_id)
            if found and len(found) == self._counts.get(box_set_id):
                break
            if len(found) >= await self._counted(box_set_id):
                break
        else:
            raise self._incomplete("the members of a collection")
        return tuple(member_of(row) for row in found.values())

    async def _members(self, box_set_id: str) -> dict[str, Row]:
        query = {
            "ParentId": valid_id(box_set_id),
            "Fields": "ProductionYear,PresentationUniqueKey",
            **_LEAN,
        }
        what = "the members of a collection"
        found = await self._whole(query, _listed, PAGE, what)
        if not found or any(row.get("Type") in _TOP_LEVEL for row in found.values()):
            await self.box_set_object(box_set_id)
        if any(row.get("Type") in _TOP_LEVEL for row in found.values()):
            raise UnexpectedAnswerError(
                f"{self.name} listed its libraries in place of {what}.", upstream=self.name
            )
        return found

    async def _counted(self, box_set_id: str) -> int:
        """How many members the box set says it has; 0 where it does not say."""
        for box_set in await self.box_sets_by_id([box_set_id]):
            return box_set.child_count or 0
        return 0

    async def box_set_object(self, box_set_id: str) -> dict[str, Any]:
        """Everything Emby knows about a box set, fit to be changed and sent back.

        Raises RejectedError: `gone` if there is none, `not_a_box_set` if the id is another
        item's.
        """
        path = f"/Users/{await self.user()}/Items/{valid_id(box_set_id)}"
        try:
            data = (await self.read(path)).json()
        except (RejectedError, UnavailableError) as error:
            # Jellyfin answers 500 for an item that is not there.
            if error.http_status in (404, 500) and not await self.rows_by_id([box_set_id], {}):
                raise self._gone() from None
            raise
        if not isinstance(data, dict) or data.get("Id") != box_set_id:
            raise UnexpectedAnswerError(
                f"{self.name} answered something other than the collection asked for.",
                upstream=self.name,
            )
        self.same_server(data.get("ServerId"))
        if data.get("Type") != "BoxSet":
            raise RejectedError(
                f"What {self.name} has under this id is not a collection. Nothing was changed.",
                upstream=self.name,
                code="not_a_box_set",
            )
        return data

    def _gone(self) -> RejectedError:
        return RejectedError(
            f"This collection no longer exists on {self.name}.", upstream=self.name, code="gone"
        )

    async def _whole(
        self, query: Params, make: Callable[[Row], T | None], limit: int, what: str
    ) -> dict[str, T]:
        done = await self._walk_twice(query, make, limit)
        if not done.complete:
            raise self._incomplete(what)
        return done.found

    def _incomplete(self, what: str) -> UnavailableError:
        return UnavailableError(
            f"{self.name} did not list {what} completely, twice. Nothing was changed;"
            " trying again later.",
            upstream=self.name,
            code="incomplete",
        )

    async def _walk_twice(
        self,
        query: Params,
        make: Callable[[Row], T | None],
        limit: int,
        on_page: OnPage | None = None,
    ) -> Walk[T]:
        done = await self._walk(query, make, limit, on_page=on_page)
        return done if done.complete else await self._walk(query, make, limit, on_page=on_page)

    async def _walk(
        self,
        query: Params,
        make: Callable[[Row], T | None],
        limit: int,
        *,
        max_pages: int | None = None,
        on_page: OnPage | None = None,
    ) -> Walk[T]:
        params = {**query, "UserId": await self.user()}

        return await walk(
            lambda start, size: self.page(params, start, size),
            make,
            limit=limit,
            max_pages=max_pages,
            on_page=on_page,
        )


def _items_in(libraries: Sequence[Library]) -> Callable[[Row], Item | None]:
    return lambda row: item_of(row, libraries)


def _listed(row: Row) -> Row | None:
    return row


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
