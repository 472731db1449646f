"""Looking at sources before anything is taken from them: shelves, searches, and whole lists.

Each look costs requests of somebody's quota, so answers are kept for some minutes, for the user
who asked alone, and say how old they are.
"""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from collectarr.errors import InvalidError, NotFoundError, RejectedError, UpstreamError
from collectarr.models import ListInfo, ListItem, Snapshot, utc_now
from collectarr.sources import Credential, SearchesTitles, Shelf, Source
from collectarr.sync.outside import Outside

T = TypeVar("T")
KEPT_FOR = timedelta(minutes=10)
MOST_ROWS = 60_000
"""Rows of all answers together: some sixty lists, or one that is as long as lists get."""
AT_ONCE = 3
"""Looks of one user at one source side by side; its client may bound them further."""
TOLD_LATE = 30.0
"""Seconds in which a failure that nobody waited for any more is still worth telling."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a source said, and when. `problem`: why it was not read anew, though that was wanted."""

    value: T
    read_at: datetime
    problem: str = ""


@dataclass(slots=True)
class _Kept:
    """`stale`: to be read anew, and good only until that succeeds. After a failure it stands in
    until `again_at` (of the monotonic clock), with the `problem`.
    """

    answer: Answer[Any]
    rows: int
    stale: bool = False
    again_at: float = 0.0
    problem: str = ""

    def is_good(self) -> bool:
        return not self.stale and utc_now() - self.answer.read_at < KEPT_FOR

    def stand_in(self) -> Answer[Any]:
        return replace(self.answer, problem=self.problem)


Key = tuple[int, str, str, str]
Look = Callable[[Credential], Awaitable[T]]


@dataclass(slots=True)
class _UnderWay:
    """A look, and how many wait for it."""

    task: asyncio.Task[Answer[Any]]
    waiting: int = 0


def _key(user_id: int, source: str, kind: str = "", name: str = "") -> Key:
    """`name` as people gave it: words are sought without regard to case and spaces."""
    words = " ".join(name.split()).casefold()
    return user_id, source, kind, words if kind in ("search", "titles") else name


class Browsing:
    """What users looked at lately. Equal questions at the same time are asked once.

    A look goes on to its end if whoever asked has no patience left: the next one to ask, or the
    same one again, gets what it brought.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._looks: dict[Key, _UnderWay] = {}
        self._failed: dict[Key, tuple[float, BaseException]] = {}
        self._slots: dict[tuple[int, str], asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, AT_ONCE)
        )

    def source(self, name: str) -> Source:
        """Raises NotFoundError."""
        found = self._outside.sources.get(name)
        if found is None:
            raise NotFoundError("There is no such source.")
        return found

    def shelf(self, source: str, name: str) -> Shelf:
        """Raises NotFoundError."""
        for shelf in self.source(source).shelves:
            if shelf.name == name:
                return shelf
        raise NotFoundError("There is nothing of that name at this source.")

    async def lists(self, user_id: int, source: str, shelf: str) -> Answer[Sequence[ListInfo]]:
        """The lists on a shelf; of one that is lists itself, those."""
        known, found = self.source(source), self.shelf(source, shelf)

        async def look(credential: Credential) -> Sequence[ListInfo]:
            if not found.references:
                return await known.shelf(shelf, credential)
            return [await known.describe(one, credential) for one in found.references]

        key = (user_id, source, "shelf", shelf)
        return await self._ask(key, look, len, personal=found.personal)

    async def search(self, user_id: int, source: str, query: str) -> Answer[Sequence[ListInfo]]:
        known, words = self.source(source), " ".join(query.split())

        async def look(credential: Credential) -> Sequence[ListInfo]:
            return await known.search(words, credential)

        if not words:
            return Answer((), utc_now())
        return await self._ask((user_id, source, "search", words.casefold()), look, len)

    async def titles(self, user_id: int, source: str, query: str) -> Answer[Sequence[ListItem]]:
        """Films and shows by their name, where the source finds them; else none."""
        known, words = self.source(source), " ".join(query.split())

        if not words or not isinstance(known, SearchesTitles):
            return Answer((), utc_now())
        look = partial(known.search_titles, words)
        return await self._ask((user_id, source, "titles", words.casefold()), look, len)

    async def describe(self, user_id: int, source: str, text: str) -> Answer[ListInfo]:
        """Raises InvalidError for what names no list there."""
        known, reference = self.source(source), self.reference(source, text)

        look = partial(known.describe, reference)
        return await self._ask((user_id, source, "list", reference), look, lambda _: 1)

    async def read(self, user_id: int, source: str, text: str) -> Answer[Snapshot]:
        """All rows of a list. Raises InvalidError for what names none there."""
        known, reference = self.source(source), self.reference(source, text)

        async def look(credential: Credential) -> Snapshot:
            return await known.read(reference, credential)

        return await self._ask(
            (user_id, source, "rows", reference), look, lambda snapshot: len(snapshot.items)
        )

    def reference(self, source: str, text: str) -> str:
        """Raises InvalidError."""
        known = self.source(source)
        reference = known.parse(text)
        if reference is None:
            raise InvalidError(
                f"{text[:80]!r} is not a list at {known.label}. Paste the list's address, or"
                " what it is called there.",
                code="not_a_list",
            )
        return reference

    def known(self, user_id: int, source: str, reference: str) -> Snapshot | None:
        """The rows of a list, if this user looked at them lately. Nobody is asked."""
        kept = self._kept.get((user_id, source, "rows", reference))
        return None if kept is None else kept.answer.value

    def refresh(self, user_id: int, source: str, *about: str) -> None:
        """Ask anew next time. What is known stays, to stand in should that fail."""
        key = _key(user_id, source, *about)
        self._failed.pop(key, None)
        kept = self._kept.get(key)
        if kept is not None:
            kept.stale, kept.again_at, kept.problem = True, 0.0, ""

    def try_again(self, user_id: int, source: str) -> None:
        """The account was looked after: what failed before is asked for again at once."""
        for key in [key for key in self._failed if key[:2] == (user_id, source)]:
            del self._failed[key]
        for key, kept in self._kept.items():
            if key[:2] == (user_id, source):
                kept.again_at, kept.problem = 0.0, ""

    def before(self, user_id: int, source: str, *about: str) -> Answer[Any] | None:
        """What stands in while a refresh takes its time; None where there is no refresh."""
        kept = self._kept.get(_key(user_id, source, *about))
        return kept.stand_in() if kept is not None and kept.stale else None

    def forget(self, user_id: int, source: str, *about: str) -> None:
        """Another account sees other things. `about` (`shelf` and its name, say) narrows what."""
        wanted = (user_id, source, *about)
        stores: tuple[dict[Key, Any], ...] = (self._kept, self._failed, self._looks)
        for store in stores:
            for key in [key for key in store if key[: len(wanted)] == wanted]:
                del store[key]

    async def close(self) -> None:
        tasks = [look.task for look in self._looks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _credential(self, user_id: int, source: str, *, personal: bool = False) -> Credential:
        """Raises UnavailableError where its quota is known to be used up."""
        found = await self._outside.credential(user_id, source)
        if personal and found.shared:
            return Credential(None, user_id)
        error = self._outside.quotas.used_up(source, found)
        if error is not None:
            raise error
        return found

    async def _ask(
        self, key: Key, look: Look[T], rows: Callable[[T], int], *, personal: bool = False
    ) -> Answer[T]:
        kept = self._kept.get(key)
        if kept is not None and kept.is_good():
            self._kept.move_to_end(key)
            return kept.answer
        if kept is not None and time.monotonic() < kept.again_at:
            return kept.stand_in()
        until, error = self._failed.pop(key, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise error
        under_way = self._looks.get(key) or self._begin(key, look, rows, personal)
        under_way.waiting += 1
        try:
            return await asyncio.shield(under_way.task)
        except UpstreamError:
            kept = self._kept.get(key)
            if kept is None or not kept.problem:
                raise
            return kept.stand_in()
        finally:
            under_way.waiting -= 1

    def _begin(
        self, key: Key, look: Look[T], rows: Callable[[T], int], personal: bool
    ) -> _UnderWay:
        async def ask() -> Answer[T]:
            async with self._slots[key[:2]]:
                credential = await self._credential(*key[:2], personal=personal)
                return Answer(await self._told(key, look, credential), utc_now())

        under_way = self._looks[key] = _UnderWay(asyncio.create_task(ask()))
        under_way.task.add_done_callback(lambda _: self._ended(key, under_way, rows))
        return under_way

    async def _told(self, key: Key, look: Look[T], credential: Credential) -> T:
        """What the source answers; what that says of the account is noted."""
        standing, source = self._outside.standing, key[1]
        try:
            found = await look(credential)
        except UpstreamError as error:
            await standing.refused(source, credential, error)
            raise
        await standing.answered(source, credential, read=key[2] == "rows")
        return found

    def _ended(self, key: Key, look: _UnderWay, rows: Callable[[Any], int]) -> None:
        """Nothing is kept of what was forgotten meanwhile."""
        error = None if look.task.cancelled() else look.task.exception()
        if self._looks.get(key) is not look:
            return
        del self._looks[key]
        if look.task.cancelled():
            return
        if error is None:
            answer = look.task.result()
            self._keep(key, _Kept(answer, 1 + rows(answer.value)))
        elif isinstance(error, UpstreamError):
            self._note(key, error, waiting=look.waiting > 0)

    def _note(self, key: Key, error: UpstreamError, *, waiting: bool) -> None:
        """A refusal is an answer: the list is private now, or gone. All else may pass."""
        kept, now = self._kept.get(key), time.monotonic()
        if kept is not None and kept.stale and not isinstance(error, RejectedError):
            kept.again_at, kept.problem = now + TOLD_LATE, error.message
            return
        if isinstance(error, RejectedError):
            self._kept.pop(key, None)
        if not waiting:
            self._failed = {one: kept for one, kept in self._failed.items() if kept[0] > now}
            self._failed[key] = (now + TOLD_LATE, error)

    def _keep(self, key: Key, kept: _Kept) -> None:
        """The newest last; the oldest go when there is too much."""
        self._kept.pop(key, None)
        self._kept[key] = kept
        total = sum(one.rows for one in self._kept.values())
        while total > MOST_ROWS and len(self._kept) > 1:
            total -= self._kept.popitem(last=False)[1].rows
