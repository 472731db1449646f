"""With whose credential a list is read, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from collectarr.errors import RejectedError, UpstreamError
from collectarr.models import ListInfo, Snapshot
from collectarr.sources import RECONNECT, Credential, OnPage, Source
from collectarr.store.db import Database
from collectarr.store.lists import PUBLIC, StoredList
from collectarr.store.source_accounts import LOST, find_account
from collectarr.sync.outside import Outside

PART = "part"
"""Code of the error for a list of which one part is withdrawn."""
WITHDRAWN = frozenset({"private", "not_found", PART})
"""What a source says of a list that this credential may not see, or that is not there."""
_CREDENTIAL = (
    RECONNECT,
    *("locked", "key", "not_set_up", "client", "quota", "limit", "vip", "key_needed"),
)
ANOTHER_MAY = frozenset(_CREDENTIAL)
"""What is wrong with the credential, not with the list."""
_TELLING = ("private", PART, "not_found", *_CREDENTIAL)


@dataclass(frozen=True, slots=True)
class Reader:
    """A user to read a list for. `error`: why that cannot even be tried."""

    user_id: int
    credential: Credential
    error: UpstreamError | None = None

    @property
    def own(self) -> bool:
        """What it opens beyond what is public is this user's to see."""
        return self.credential.secret is not None and not self.credential.shared

    @property
    def named(self) -> bool:
        """Not just anybody."""
        return self.credential.secret is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader saw of a list: either of the two."""

    reader: Reader
    snapshot: Snapshot | None = None
    error: UpstreamError | None = None

    @property
    def withdrawn(self) -> bool:
        if self.snapshot is not None:
            return not self.snapshot.info.public
        return self.error is not None and self.error.code in WITHDRAWN


@dataclass(slots=True)
class Looks:
    """All looks at one list, until one was good or nobody else could do better."""

    looks: list[Look] = field(default_factory=list)

    @property
    def snapshot(self) -> Snapshot | None:
        return self.looks[-1].snapshot

    @property
    def withdrawn(self) -> bool:
        """Of who just anybody is, a source says as little as it can."""
        return any(look.withdrawn for look in self._witnesses())

    def error(self) -> UpstreamError:
        """The most telling one: what is wrong with the list before what is with credentials."""
        errors = [look.error for look in self._witnesses() if look.error is not None]
        return min(errors, key=_rank)

    def of(self, user_id: int) -> Look | None:
        for look in self.looks:
            if look.reader.user_id == user_id and (look.reader.own or look.reader.error):
                return look
        return None

    def _witnesses(self) -> Sequence[Look]:
        return [look for look in self.looks if look.reader.named] or self.looks


def _rank(error: UpstreamError) -> int:
    return _TELLING.index(error.code) if error.code in _TELLING else -1


async def readers_of(
    db: Database, outside: Outside, known: StoredList, users: Sequence[int]
) -> list[Reader]:
    """The users' own credentials first, each once; of a list that is one user's only theirs."""
    if known.audience != PUBLIC:
        users = [user for user in users if known.audience == f"user:{user}"]
    found: dict[str | int, Reader] = {}
    for user in users:
        reader = await reader_of(db, outside, known, user)
        if reader.named:
            found.setdefault(reader.credential.secret or user, reader)
    return sorted(found.values(), key=lambda reader: not reader.own)


async def reader_of(db: Database, outside: Outside, known: StoredList, user_id: int) -> Reader:
    try:
        credential = await outside.credential(user_id, known.source)
    except UpstreamError as error:
        return Reader(user_id, Credential(None, user_id), error)
    if credential.secret is None:
        account = await find_account(db, user_id, known.source)
        if account is not None and account.state == LOST:
            words = account.error or "This account has to be connected again in the settings."
            return Reader(user_id, credential, RejectedError(words, code=RECONNECT))
    return Reader(user_id, credential)


async def look(
    outside: Outside,
    known: StoredList,
    reader: Reader,
    on_page: OnPage | None = None,
    *,
    agreed: bool = False,
) -> Look:
    """Read the list. Asks nothing of a credential whose quota is known to be used up.

    `agreed`: a person says that a part of it that is gone may be missing.
    """
    source = outside.sources[known.source]
    error = reader.error or outside.quotas.used_up(source.name, reader.credential)
    if error is not None:
        return Look(reader, error=error)
    try:
        snapshot = await _read(source, known, reader.credential, on_page)
        if lacks(known, snapshot.info):
            snapshot = await _in_full(source, known, reader, on_page) or snapshot
        if lacks(known, snapshot.info) and not agreed:
            return Look(reader, error=part_withdrawn(source, known.name))
    except UpstreamError as failed:
        return Look(reader, error=failed)
    if not snapshot.info.public and not reader.own:
        return Look(reader, error=not_yours(source, known.name))
    return Look(reader, snapshot)


def not_yours(source: Source, name: str) -> RejectedError:
    return RejectedError(
        f"The list {name} is private. Connect the {source.label} account that may read it.",
        upstream=source.label,
        code="private",
    )


def part_withdrawn(source: Source, name: str) -> RejectedError:
    return RejectedError(
        f"Part of the list {name} is private now, or deleted. Connect the {source.label} account"
        " that may read it, or accept the list as it is.",
        upstream=source.label,
        code=PART,
    )


def not_there(source: Source, reference: str) -> RejectedError:
    """Of what is not for this user to see: as if there were no such list."""
    return RejectedError(
        f"{source.label} does not know the list “{reference}”. It may have been renamed, deleted"
        " or made private.",
        upstream=source.label,
        code="not_found",
    )


async def _read(
    source: Source, known: StoredList, credential: Credential, on_page: OnPage | None
) -> Snapshot:
    """Where it is now: `info.reference` of the answer is another one if it was renamed."""
    try:
        snapshot = await source.read(known.reference, credential, None, on_page)
    except RejectedError as error:
        moved = await _elsewhere(source, known, credential) if error.code in WITHDRAWN else None
        if moved is None:
            raise
        return await _moved(source, known, credential, moved, on_page)
    if lacks(known, snapshot.info):
        return snapshot
    if known.source_id and snapshot.info.source_id not in (None, known.source_id):
        # The list that stands here is another one: ours may have got another name.
        moved = await _elsewhere(source, known, credential)
        if moved is not None:
            return await _moved(source, known, credential, moved, on_page)
    return snapshot


async def _moved(
    source: Source,
    known: StoredList,
    credential: Credential,
    moved: ListInfo,
    on_page: OnPage | None,
) -> Snapshot:
    snapshot = await source.read(moved.reference, credential, moved, on_page)
    if lacks(known, snapshot.info):
        return snapshot
    # It is the same list, whichever other numbers are told now.
    return replace(snapshot, info=replace(snapshot.info, source_id=known.source_id))


def lacks(known: StoredList, info: ListInfo) -> bool:
    """Whether of several lists that were read as one some are not among these any more.

    They may be private now. Before the first reading there is nothing to miss.
    """
    before, now = _numbers(known.source_id), _numbers(info.source_id)
    is_kept = known.snapshot > 0 or known.audience != PUBLIC
    return is_kept and bool(before & now) and bool(before - now)


def _numbers(source_id: str | None) -> frozenset[str]:
    return frozenset(source_id.split("+")) if source_id else frozenset()


async def _in_full(
    source: Source, known: StoredList, reader: Reader, on_page: OnPage | None
) -> Snapshot | None:
    """All parts by their numbers, where this reader may see those that the name does not mean."""
    credential = reader.credential
    info = await _by_number(source, known, credential)
    if info is None or lacks(known, info):
        return None
    snapshot = await source.read(info.reference, credential, info, on_page)
    if lacks(known, snapshot.info):
        return None
    nameless = info.reference in (known.reference, known.source_id)
    reference = known.reference if nameless else snapshot.info.reference
    info = replace(snapshot.info, reference=reference, source_id=known.source_id)
    return replace(snapshot, info=info)


async def _elsewhere(source: Source, known: StoredList, credential: Credential) -> ListInfo | None:
    """The same list under another name, if that can be told and is so."""
    info = await _by_number(source, known, credential)
    if info is None or info.reference in (known.reference, known.source_id):
        return None
    return info


async def _by_number(source: Source, known: StoredList, credential: Credential) -> ListInfo | None:
    if known.source_id is None:
        return None
    try:
        return await source.describe(known.source_id, credential)
    except RejectedError as error:
        if error.code in WITHDRAWN | {"key_needed"}:
            return None
        raise


def was_renamed(known: StoredList, info: ListInfo) -> bool:
    same = bool(_numbers(known.source_id) & _numbers(info.source_id))
    return same and info.reference != known.reference
