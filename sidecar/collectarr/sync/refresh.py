"""One run's reading of lists: each once, by whoever may, without ever believing a bad one."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from collectarr.errors import RejectedError, UpstreamError
from collectarr.models import Snapshot, utc_now
from collectarr.runner import Report
from collectarr.sources import RECONNECT, Credential, Source
from collectarr.store import lists
from collectarr.store.db import Database
from collectarr.store.lists import PUBLIC, StoredList
from collectarr.store.source_accounts import find_account
from collectarr.sync.judge import changed_hands, is_of, kept, promise, refusal, suspicion
from collectarr.sync.outside import Outside
from collectarr.sync.readers import (
    ANOTHER_MAY,
    PART,
    WITHDRAWN,
    Look,
    Looks,
    Reader,
    look,
    reader_of,
    readers_of,
    was_renamed,
)
from collectarr.sync.resolve import Resolver

READ_ANYWAY = timedelta(hours=24)
AT_ONCE = 4
"""Lists of one source that are read side by side; its client may bound them further."""
_STATES = {"private": "private", PART: "private", "not_found": "gone"}

Users = Mapping[int, Sequence[int]]
"""List id -> the users of this run who have it in a collection."""


class Refresh:
    """What the lists of one run have in common. `problems`: list id -> what is wrong with it."""

    def __init__(
        self,
        db: Database,
        outside: Outside,
        report: Report,
        users: Users,
        *,
        forced: bool = False,
        accept_short: bool = False,
    ) -> None:
        self.problems: dict[int, str] = {}
        self._db = db
        self._outside = outside
        self._report = report
        self._users = users
        self._forced = forced
        self._accept_short = accept_short
        now = utc_now()
        # As exact as times are stored.
        self._began = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._begun = 0
        self._resolver = Resolver(db, outside)
        self._accounts: set[tuple[int, str]] = set()
        self._notes: dict[int, list[str]] = {}

    async def read_all(self, source: Source, stored: Sequence[StoredList]) -> None:
        """The lists of one source: which of them changed, in few requests, then those."""
        versions = {} if self._forced else await self._versions(source, stored)
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for known in stored:
                group.create_task(self._read_in_turn(known.id, versions.get(known.id), slots))

    async def without_source(self, stored: Sequence[StoredList]) -> None:
        for known in stored:
            words = f"there is no source called {known.source} here any more.{kept(known)}"
            await self._problem(known, f"The list {known.name} could not be read: {words}")

    def told(self) -> Iterator[tuple[str, str]]:
        """(level, words) for the run's log, in the order of the lists."""
        moved = [list_id for list_id in self.problems if list_id not in self._users]
        for list_id in (*self._users, *sorted(moved)):
            yield from (("info", words) for words in self._notes.get(list_id, ()))
            if list_id in self.problems:
                yield "warning", self.problems[list_id]

    async def _versions(self, source: Source, stored: Sequence[StoredList]) -> dict[int, str]:
        """Of lists that may be left unread. Asked as one user, as the next where that is no use."""
        found: dict[int, str] = {}
        waiting = [known for known in stored if _is_calm(known)]
        turn = 0
        while waiting:
            groups: dict[int, list[StoredList]] = {}
            for known in waiting:
                for user_id in self._users[known.id][turn : turn + 1]:
                    groups.setdefault(user_id, []).append(known)
            waiting = []
            for user_id, group in groups.items():
                versions = await self._changes(source, user_id, group)
                if versions is None:
                    waiting += group
                else:
                    found |= versions
            turn += 1
        return found

    async def _changes(
        self, source: Source, user_id: int, group: Sequence[StoredList]
    ) -> dict[int, str] | None:
        """None: perhaps another user gets an answer."""
        await self._report.stage(f"Asking {source.label} what changed")
        credential = Credential(None, user_id)
        try:
            credential = await self._outside.credential(user_id, source.name)
            if self._outside.quotas.used_up(source.name, credential):
                return None
            said = await source.changes([known.reference for known in group], credential)
        except UpstreamError as error:
            # The readings themselves will say what is wrong.
            await self._outside.standing.refused(source.name, credential, error)
            return None if error.code in ANOTHER_MAY else {}
        marks = {known.id: said.get(known.reference) for known in group}
        return {key: mark for key, mark in marks.items() if mark is not None} or None

    async def _read_in_turn(
        self, list_id: int, version: str | None, slots: asyncio.Semaphore
    ) -> None:
        async with slots, self._outside.reading(list_id):
            known = (await lists.get_lists(self._db, [list_id])).get(list_id)
            if known is None:
                return
            self._begun += 1
            words = f"Reading the list {known.name}"
            await self._report.stage(words, self._begun, len(self._users))
            if not self._forced and self._was_read_meanwhile(known):
                return
            if version is not None and version == known.version and _is_calm(known):
                await lists.record_list_check(self._db, list_id, None)
                return
            await self._refresh(known)

    def _was_read_meanwhile(self, known: StoredList) -> bool:
        looked = known.checked_at is not None and known.checked_at >= self._began
        return looked and known.error is None and known.snapshot > 0

    async def _refresh(self, known: StoredList) -> None:
        looks = await self._look(known)
        last = looks.looks[-1]
        if last.snapshot is not None and (known.audience != PUBLIC or not last.withdrawn):
            await self._take(known, last)
            await self._tell_lost(known, looks)
        elif known.audience == PUBLIC and (last.snapshot is not None or looks.withdrawn):
            await self._turned_private(known, looks)
        else:
            await self._failed(known, looks.error())

    async def _tell_lost(self, known: StoredList, looks: Looks) -> None:
        """An account that is lost is said, though the list could be read without it.

        Of its own lists others may be shown less, so there it is a problem of this run.
        """
        for seen in looks.looks[:-1]:
            if seen.error is None or seen.error.code != RECONNECT:
                continue
            words = f"The list {known.name} was read without the account. {seen.error.message}"
            account = await find_account(self._db, seen.reader.user_id, known.source)
            if account is not None and is_of(known.owner, account.username):
                self.problems.setdefault(known.id, words)
            else:
                self._note(known.id, words)

    async def _look(self, known: StoredList) -> Looks:
        """One reader after the other, until one can tell what the list is."""
        looks = Looks()
        for reader in await readers_of(self._db, self._outside, known, self._users[known.id]):
            looks.looks.append(await self._look_as(known, reader))
            error = looks.looks[-1].error
            if error is None and known.audience == PUBLIC and looks.looks[-1].withdrawn:
                break  # it may be private, or only what its owner's account says of its own
            if error is None or error.code not in ANOTHER_MAY | WITHDRAWN:
                return looks
        if self._anybody_may_try(known, looks):
            user_id = self._users[known.id][0]
            anybody = Reader(user_id, Credential(None, user_id))
            looks.looks.append(await self._look_as(known, anybody))
        return looks

    def _anybody_may_try(self, known: StoredList, looks: Looks) -> bool:
        """Some sources show public lists to everybody. Not in place of waiting for a quota."""
        if not looks.looks:
            return True
        codes = {one.error.code for one in looks.looks if one.error is not None}
        if PART in codes or (known.audience != PUBLIC and codes & WITHDRAWN):
            return False
        return self._forced or known.snapshot == 0 or "quota" not in codes

    async def _look_as(self, known: StoredList, reader: Reader) -> Look:
        def on_page(came: int, promised: int | None) -> None:
            if promised:
                self._report.progress(f"Reading the list {known.name}", came, promised)

        seen = await look(self._outside, known, reader, on_page, agreed=self._accept_short)
        account, standing = (reader.user_id, known.source), self._outside.standing
        if seen.error is not None:
            await standing.refused(known.source, reader.credential, seen.error)
        else:
            first = account not in self._accounts
            self._accounts.add(account)
            await standing.answered(known.source, reader.credential, read=first)
        return seen

    async def _take(self, known: StoredList, seen: Look) -> bool:
        """Take in a reading if it is good, and put it where it belongs now."""
        snapshot = seen.snapshot
        assert snapshot is not None
        reference, audience = _place(known, snapshot, seen.reader.user_id)
        stays = (reference, audience) == (known.reference, known.audience)
        other = None
        if not stays:
            other = await lists.find_list(self._db, known.source, reference, audience)
        problem = changed_hands(known, snapshot.info)
        if problem is None and not self._accept_short:
            problem = refusal(known, snapshot) or (refusal(other, snapshot) if other else None)
        if problem is not None:
            await self._problem(known, problem, refused=snapshot)
            return False
        suspect = suspicion(known, snapshot) or (suspicion(other, snapshot) if other else None)
        if other is None and known.audience == PUBLIC != audience:
            # The public one stays as it is, for those who may not see what is private now.
            other = await lists.add_twin_list(self._db, known, reference, audience)
        items = await self._resolver.items(seen.reader.user_id, snapshot.items)
        info = replace(snapshot.info, source_id=snapshot.info.source_id or known.source_id)
        whole = replace(snapshot, items=items, info=info)
        await lists.save_snapshot(self._db, (other or known).id, whole, suspect=suspect)
        home = other or await lists.move_list(self._db, known, reference, audience)
        await self._settle(known, home, seen)
        if snapshot.short_by and not self._accept_short:
            words = f"{promise(known, snapshot)} What came is taken; the rest will follow."
            await self._problem(home, words)
        return True

    async def _settle(self, known: StoredList, home: StoredList, seen: Look) -> None:
        """Collections follow their list; what became of it is said."""
        assert seen.snapshot is not None
        info, user_id = seen.snapshot.info, seen.reader.user_id
        if home.id != known.id:
            alone = user_id if home.audience != PUBLIC else None
            await lists.hand_over(self._db, known.id, home.id, alone)
        elif known.state != "ok":
            await lists.grant_access(self._db, known.id)
        if was_renamed(known, info):
            words = f"renamed to {info.name} ({info.reference})"
            self._note(known.id, f"The list {known.name} was {words}.")
        if known.audience == PUBLIC != home.audience and user_id in self._users[known.id]:
            words = "is private now. Your own account reads it from here on."
            self._note(known.id, f"The list {known.name} {words}")
        elif home.audience == PUBLIC and (known.audience != PUBLIC or known.state == "private"):
            self._note(known.id, f"The list {known.name} is public now.")

    async def _turned_private(self, known: StoredList, looks: Looks) -> None:
        """Each user is checked alone; the last public copy stays for those who see it no more."""
        here = self._users[known.id]
        first = known.state in ("ok", "failing")
        everyone = await lists.users_of_list(self._db, known.id) if first else here
        left, codes = [], {one.error.code for one in looks.looks if one.error is not None}
        for user_id in sorted({*everyone, *here}):
            seen = looks.of(user_id) or await self._look_alone(known, user_id)
            if seen.snapshot is not None:
                codes.add("private")
                if not seen.snapshot.info.public and await self._take(known, seen):
                    continue
            elif isinstance(seen.error, RejectedError):
                codes |= {PART} & {seen.error.code}
                await lists.drop_access(self._db, known.id, user_id)
            left.append(user_id)
        self.problems.pop(known.id, None)
        if not codes & {"private", PART}:
            await self._failed(known, looks.error(), said=bool(left))
            return
        what = "Part of the list" if PART in codes else "The list"
        words = (
            f"{what} {known.name} is private now.{kept(known)} Nothing is taken out; what its"
            " owner changes arrives again once it is public, or your account may read it."
        )
        await self._problem(known, words, state="private", said=bool({*left} & {*here}))

    async def _look_alone(self, known: StoredList, user_id: int) -> Look:
        reader = await reader_of(self._db, self._outside, known, user_id)
        if reader.own or reader.error is not None:
            return await self._look_as(known, reader)
        return Look(reader, error=RejectedError("No account of their own.", code="key_needed"))

    async def _failed(self, known: StoredList, error: UpstreamError, *, said: bool = True) -> None:
        words = f"The list {known.name} could not be read: {error.message}{kept(known)}"
        state = _STATES.get(error.code, "failing")
        if state == "failing" and known.state in _STATES.values():
            state = known.state  # nobody said that it is back
        await self._problem(known, words, state=state, said=said)

    async def _problem(
        self,
        known: StoredList,
        words: str,
        *,
        state: str = "failing",
        refused: Snapshot | None = None,
        said: bool = True,
    ) -> None:
        await lists.record_list_check(self._db, known.id, words, state, refused)
        if said:
            self.problems[known.id] = words

    def _note(self, list_id: int, words: str) -> None:
        self._notes.setdefault(list_id, []).append(words)


def _is_calm(known: StoredList) -> bool:
    """Nothing speaks against leaving it unread if its source says that it did not change."""
    doubtful = known.error is not None or known.short_by > 0
    recent = known.read_at is not None and utc_now() - known.read_at < READ_ANYWAY
    return bool(known.version) and recent and not doubtful


def _place(known: StoredList, snapshot: Snapshot, user_id: int) -> tuple[str, str]:
    """Under which reference, and for whom, a list is kept after this reading."""
    info = snapshot.info
    reference = info.reference if was_renamed(known, info) else known.reference
    audience = lists.audience_of(info, user_id)
    if known.audience != PUBLIC and known.suspect is not None:
        audience = known.audience  # first a person decides about what it lost
    return reference, audience
