"""Titles that a list names by too few ids, completed by the sources that know them by one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import structlog

from collectarr.errors import UpstreamError
from collectarr.models import Ids, Kind, ListItem, Title, utc_now
from collectarr.sources import Credential, Resolves, Source
from collectarr.sources.contract import Bounds, ResolvesAtOnce
from collectarr.store.db import Database
from collectarr.store.known_titles import TitleKey, load_known_titles, save_known_titles
from collectarr.store.source_accounts import find_account
from collectarr.sync.outside import Outside

log = structlog.stdlib.get_logger(__name__)

SPARE = 0.1
"""Of an account's quota: what is left for reading lists, whatever titles are unknown."""
_ENOUGH = {Kind.MOVIE: ("imdb", "tmdb"), Kind.SHOW: ("imdb", "tmdb", "tvdb"), Kind.UNKNOWN: ()}


ONE_BY_ONE = Bounds(1, 50)


async def complete_titles(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[Title]:
    """The same titles in the same order, with what sources know of those that lack ids or kind.

    What nobody knows, or what cannot be asked now, stays as it is. Never raises for a source.
    """
    return await Resolver(db, outside).titles(user_id, titles)


async def known_to_nobody(
    db: Database, outside: Outside, user_id: int, titles: Sequence[Title]
) -> list[bool]:
    """Of each title whether asking leads nowhere: it was asked for in vain, or nobody can be."""
    keys = [key_of(title) for title in titles]
    answers = await load_known_titles(db, {key for key in keys if key is not None})
    waiting = any(key is not None and key not in answers for key in keys)
    nobody = waiting and not await _somebody_to_ask(outside, user_id)
    return [
        key is None or (nobody if key not in answers else _completed(title, answers) == title)
        for key, title in zip(keys, titles, strict=True)
    ]


async def _somebody_to_ask(outside: Outside, user_id: int) -> bool:
    for source in outside.sources.values():
        if not isinstance(source, Resolves) or source.needs:
            continue
        try:
            credential = await outside.credential(user_id, source.name)
        except UpstreamError:
            return True
        if source.sign_in != "key" or credential.secret is not None:
            return True
    return False


def lacks(title: Title) -> bool:
    """Whether its ids are too few to find it in a library."""
    known = title.ids.as_dict()
    return all(known[provider] is None for provider in _ENOUGH[title.kind])


def key_of(title: Title) -> TitleKey | None:
    """The id to ask by; None where there is none to ask by, or no need to."""
    if title.title and not lacks(title):
        return None
    providers = ("imdb",) if title.kind is Kind.UNKNOWN else ("imdb", "tmdb", "tvdb", "trakt")
    known = title.ids.as_dict()
    for provider in providers:
        if known[provider] is not None:
            return TitleKey(title.kind.value, provider, str(known[provider]))
    return None


class Resolver:
    """What one run may ask, and has asked already."""

    def __init__(self, db: Database, outside: Outside) -> None:
        self._db = db
        self._outside = outside
        self._asked: dict[str, int] = defaultdict(int)
        self._failed: set[tuple[int, str]] = set()

    async def items(self, user_id: int, items: Sequence[ListItem]) -> tuple[ListItem, ...]:
        titles = await self.titles(user_id, [item.title for item in items])
        return tuple(
            item if item.title is title else replace(item, title=title)
            for item, title in zip(items, titles, strict=True)
        )

    async def titles(self, user_id: int, titles: Sequence[Title]) -> list[Title]:
        wanted = {key: title for title in titles if (key := key_of(title)) is not None}
        if not wanted:
            return list(titles)
        known = await load_known_titles(self._db, wanted)
        new = {key: title for key, title in wanted.items() if key not in known}
        if new:
            answers = await self._ask(user_id, new)
            await save_known_titles(self._db, answers)
            known |= answers
        return [_completed(title, known) for title in titles]

    async def _ask(
        self, user_id: int, titles: Mapping[TitleKey, Title]
    ) -> dict[TitleKey, Title | None]:
        """Each source is asked for what those before it did not know."""
        answers: dict[TitleKey, Title | None] = {}
        for source in self._outside.sources.values():
            waiting = {key: titles[key] for key in titles if answers.get(key) is None}
            if not isinstance(source, Resolves) or not waiting:
                continue
            credential = await self._credential(user_id, source)
            if credential is not None:
                answers |= await self._ask_source(user_id, source, credential, waiting)
        return answers

    async def _credential(self, user_id: int, source: Source) -> Credential | None:
        """None where this source cannot or should not be asked for this user."""
        if source.needs or (user_id, source.name) in self._failed:
            return None
        account = await find_account(self._db, user_id, source.name)
        if account is not None and account.quota_limit and account.quota_left is not None:
            past = account.quota_resets_at is not None and account.quota_resets_at <= utc_now()
            if account.quota_left < SPARE * account.quota_limit and not past:
                return None
        try:
            credential = await self._outside.credential(user_id, source.name)
        except UpstreamError:
            return None
        if source.sign_in == "key" and credential.secret is None:
            return None
        return None if self._outside.quotas.used_up(source.name, credential) else credential

    async def _ask_source(
        self,
        user_id: int,
        source: Source,
        credential: Credential,
        titles: Mapping[TitleKey, Title],
    ) -> dict[TitleKey, Title | None]:
        assert isinstance(source, Resolves)
        answers: dict[TitleKey, Title | None] = {}
        bounds = source.bounds if isinstance(source, ResolvesAtOnce) else ONE_BY_ONE
        for keys in _batches(titles, bounds.titles):
            if self._asked[source.name] >= bounds.requests:
                break
            self._asked[source.name] += 1
            try:
                said = await source.resolve([titles[key] for key in keys], credential)
            except UpstreamError as error:
                log.info("titles not completed", source=source.name, problem=error.message)
                await self._outside.standing.refused(source.name, credential, error)
                self._failed.add((user_id, source.name))
                break
            if len(said) == len(keys):
                answers |= dict(zip(keys, said, strict=True))
        return answers


def _batches(keys: Mapping[TitleKey, Title], size: int) -> Iterator[list[TitleKey]]:
    """Of one kind and one sort of id each: sources take no mixture."""
    groups: dict[tuple[str, str], list[TitleKey]] = defaultdict(list)
    for key in keys:
        groups[key.kind, key.provider].append(key)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _completed(title: Title, known: Mapping[TitleKey, Title | None]) -> Title:
    key = key_of(title)
    answer = known.get(key) if key is not None else None
    if answer is None or answer.kind is Kind.UNKNOWN:
        return title
    if title.kind not in (Kind.UNKNOWN, answer.kind):
        return title
    ids = _merged(title.ids, answer.ids)
    if ids is None:
        return title
    if title.kind is Kind.UNKNOWN or not title.title or _is_id(title):
        named = answer.title or title.title
    else:
        named = title.title
    return Title(
        kind=answer.kind,
        title=named,
        year=title.year or answer.year,
        ids=ids,
        original_title=title.original_title or answer.original_title,
    )


def _merged(ours: Ids, theirs: Ids) -> Ids | None:
    """None where they contradict each other: then it is another title."""
    pairs = [(ours.imdb, theirs.imdb), (ours.tmdb, theirs.tmdb)]
    pairs += [(ours.tvdb, theirs.tvdb), (ours.trakt, theirs.trakt)]
    if any(one is not None and other is not None and one != other for one, other in pairs):
        return None
    return Ids(
        ours.imdb or theirs.imdb,
        ours.tmdb or theirs.tmdb,
        ours.tvdb or theirs.tvdb,
        ours.trakt or theirs.trakt,
    )


def _is_id(title: Title) -> bool:
    """A row without a title is called by one of its ids."""
    ids = title.ids.as_dict().items()
    return title.title in {name for key, value in ids for name in (str(value), f"{key}:{value}")}
