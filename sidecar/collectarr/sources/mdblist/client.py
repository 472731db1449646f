"""MDBList: lists by their owners, read with an account's key or, if public, without one."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from collectarr.errors import RejectedError, UnavailableError, UpstreamError
from collectarr.http import Upstream, redact
from collectarr.models import ListInfo, Snapshot, utc_now
from collectarr.sources.contract import Account, Credential, OnPage
from collectarr.sources.mdblist.answers import NAME, Reply, ask, next_midnight, rejected, unexpected
from collectarr.sources.mdblist.references import HOSTS, is_id, parse
from collectarr.sources.mdblist.rows import (
    ListRow,
    count_of,
    keyless_info,
    list_info,
    list_infos,
    list_rows,
    page_of,
    version_of,
)
from collectarr.sources.mdblist.walk import PAGE_SIZE, Walk

DEFAULT_URL = "https://api.mdblist.com"
_ITEMS = {"unified": True, "limit": PAGE_SIZE, "append_to_response": "poster,genres"}
# MDBList answers 404 and 429 to requests side by side; one after another it is content.
_CONCURRENCY = 1
_PER_SECOND = 5.0
_READS = 2
T = TypeVar("T")


def connect(session: aiohttp.ClientSession, settings_url: str = DEFAULT_URL) -> "MdbList":
    """MDBList at the address in MDBLIST_URL; its pages stand at the same without `api.`."""
    api, public = (
        Upstream(session, NAME, url, concurrency=_CONCURRENCY, per_second=_PER_SECOND)
        for url in (settings_url, site_of(settings_url))
    )
    return MdbList(api, public)


def site_of(api_url: str) -> str:
    """Where people, and readers without a key, find the lists."""
    url = URL(api_url)
    host = (url.host or "").removeprefix("api.")
    return str(url.with_host(host) if host else url).rstrip("/")


class MdbList:
    """`api` wants a key with each request, `public` none."""

    name = "mdblist"

    def __init__(self, api: Upstream, public: Upstream) -> None:
        self._api = api
        self._public = public
        own = {URL(upstream.base_url).authority for upstream in (api, public)}
        self._hosts = HOSTS | own

    def parse(self, text: str) -> str | None:
        return parse(text, self._hosts)

    async def account(self, credential: Credential) -> Account:
        reply = await self._ask("/user", _secret(credential, "your account"), "your account")
        if not isinstance(reply.data, dict):
            raise unexpected("answered something that is no account.")
        return _account(reply.data)

    async def mine(self, credential: Credential) -> tuple[ListInfo, ...]:
        """The lists of the account itself, private ones too."""
        secret = _secret(credential, "your lists")
        return list_infos(await self._rows("/lists/user", secret, "your lists"), self._site)

    async def top(self, credential: Credential) -> tuple[ListInfo, ...]:
        """The lists that MDBList's people like most."""
        secret = _secret(credential, "popular lists")
        rows = await self._rows("/lists/top", secret, "popular lists")
        return list_infos(rows, self._site, listed=True)

    async def search(self, query: str, credential: Credential) -> tuple[ListInfo, ...]:
        """Public lists by the words in their name."""
        secret = _secret(credential, "the search for lists")
        reply = await self._ask("/lists/search", secret, "the search for lists", query=query)
        return list_infos(list_rows(reply), self._site, listed=True)

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        reference = self._canonical(reference)

        async def keyless() -> ListInfo:
            page = page_of(await self._keyless(reference))
            return keyless_info(reference, self._site, len(page.rows))

        return await _with_or_without_key(
            credential, lambda secret: self._describe(reference, secret), keyless
        )

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        reference = self._canonical(info.reference if info else reference)
        return await _with_or_without_key(
            credential,
            lambda secret: self._read(reference, secret, info, on_page),
            lambda: self._read_keyless(reference, info, on_page),
        )

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        """One request per owner, and one for private lists of the account itself.

        Raises UnavailableError if MDBList is down for all of them, or the quota is used up.
        """
        found: dict[str, str | None] = {}
        if credential.secret is not None:
            parsed = {self.parse(reference) for reference in references}
            named = {one for one in parsed if one is not None and not is_id(one)}
            found = await self._versions(named, credential.secret)
        return {reference: found.get(self.parse(reference) or "") for reference in references}

    async def _versions(self, wanted: set[str], secret: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        owners = sorted({reference.partition("/")[0] for reference in wanted})
        try:
            for owner in owners:
                rows = await self._listing_or_nothing(f"/lists/user/{owner}", secret)
                found |= _versions_by_slug(owner, rows)
            if wanted - found.keys():
                rows = await self._listing_or_nothing("/lists/user", secret)
                infos = list_infos(rows, self._site)
                found |= {info.reference: info.version for info in infos}
        except RejectedError:
            # The key is wrong: each list tells so itself, or is read without the key.
            return {}
        return found

    async def _listing_or_nothing(self, path: str, secret: str) -> list[ListRow]:
        """Nothing where only this owner is in trouble: each of its lists will tell."""
        try:
            return await self._rows(path, secret, "these lists")
        except UpstreamError as error:
            if _concerns_all(error):
                raise
            return []

    async def _describe(self, reference: str, secret: str) -> ListInfo:
        if is_id(reference):
            rows = await self._rows(f"/lists/{reference}", secret, _list(reference))
            if not rows:
                raise rejected("not_found", _list(reference))
            if rows[0].reference is None:
                return list_info(rows, self._site)
            reference = rows[0].reference
        rows = await self._rows_of(reference, secret)
        return list_info(rows, self._site, reference=reference)

    async def _rows_of(self, reference: str, secret: str) -> list[ListRow]:
        """The row of a list, or the rows of twins.

        Only listings of an owner carry the version, so they are asked first. Lists that are
        not in the owner's public listing can still be asked for by name.
        """
        owner, _, slug = reference.partition("/")
        try:
            listing = await self._rows(f"/lists/user/{owner}", secret, f"lists of {owner}")
        except RejectedError as error:
            if error.code != "not_found":
                raise
            listing = []
        rows = [row for row in listing if row.is_called(slug)]
        return rows or await self._unlisted(reference, secret)

    async def _unlisted(self, reference: str, secret: str) -> list[ListRow]:
        rows = await self._rows(f"/lists/{reference}", secret, _list(reference))
        if not rows:
            raise rejected("not_found", _list(reference))
        if any(row.private and row.updated is None for row in rows):
            ids = {row.id for row in rows}
            mine = await self._rows("/lists/user", secret, "your lists")
            rows = [row for row in mine if row.id in ids] or rows
        return rows

    async def _read(
        self, reference: str, secret: str, info: ListInfo | None, on_page: OnPage | None
    ) -> Snapshot:
        """Pages fit together only if the list stands still: if not, it is read once more."""
        info = info or await self._describe(reference, secret)
        for _ in range(_READS):
            walk = await self._walk(info, secret, on_page)
            if walk.pages == 1:
                return walk.snapshot(info)
            after = await self._describe(info.reference, secret)
            if (after.version, after.item_count) == (info.version, info.item_count):
                return walk.snapshot(after)
            info = after
        raise UnavailableError(
            f"{NAME} keeps changing {_list(info.reference)} while it is read. Trying again later.",
            upstream=NAME,
            code="changing",
        )

    async def _walk(self, info: ListInfo, secret: str, on_page: OnPage | None) -> Walk:
        walk = Walk(promised=info.item_count)
        hint = info.kinds[0] if len(info.kinds) == 1 else None
        path = f"/lists/{info.reference}/items"
        where: dict[str, Any] | None = {}
        while where is not None:
            reply = await self._ask(path, secret, _list(info.reference), **_ITEMS, **where)
            where = walk.take(page_of(reply, hint))
            if on_page is not None:
                on_page(len(walk.rows), walk.promised)
        return walk

    async def _read_keyless(
        self, reference: str, info: ListInfo | None, on_page: OnPage | None
    ) -> Snapshot:
        page = page_of(await self._keyless(reference))
        info = info or keyless_info(reference, self._site, len(page.rows))
        walk = Walk(promised=info.item_count)
        walk.take(page)
        if on_page is not None:
            on_page(len(walk.rows), walk.promised)
        # What is read this way has no version: it may lag behind the one that was described.
        return walk.snapshot(replace(info, version=None, public=True))

    async def _keyless(self, reference: str) -> Reply:
        about = _list(reference)
        if is_id(reference):
            raise rejected("key_needed", about)
        reply = await ask(self._public, f"/lists/{reference}/json", about=about)
        if not reply.data:
            raise rejected("private", about)
        return reply

    async def _rows(self, path: str, secret: str, about: str) -> list[ListRow]:
        return list_rows(await self._ask(path, secret, about))

    async def _ask(self, path: str, secret: str, about: str, **params: Any) -> Reply:
        return await ask(self._api, path, about=about, secret=secret, params=params)

    def _canonical(self, reference: str) -> str:
        canonical = self.parse(reference)
        if canonical is None:
            # What was pasted may be an API address with a key in it.
            raise rejected("not_found", _list(redact(reference[:100])))
        return canonical

    @property
    def _site(self) -> str:
        return self._public.base_url


async def _with_or_without_key(
    credential: Credential,
    keyed: Callable[[str], Awaitable[T]],
    keyless: Callable[[], Awaitable[T]],
) -> T:
    """A public list can be read without the key when the key is wrong or used up."""
    if credential.secret is None:
        return await keyless()
    try:
        return await keyed(credential.secret)
    except UpstreamError as error:
        if error.code not in {"key", "quota"}:
            raise
        try:
            return await keyless()
        except UpstreamError:
            raise error from None


def _secret(credential: Credential, about: str) -> str:
    if credential.secret is None:
        raise rejected("key_needed", about)
    return credential.secret


def _concerns_all(error: UpstreamError) -> bool:
    """Whether asking for the next owner would meet the same trouble."""
    if isinstance(error, UnavailableError):
        return error.http_status is None or error.code in {"quota", "rate"}
    return isinstance(error, RejectedError) and error.code in {"key", "tls"}


def _versions_by_slug(owner: str, rows: Iterable[ListRow]) -> dict[str, str | None]:
    twins: dict[str, list[ListRow]] = {}
    for row in rows:
        twins.setdefault(f"{owner}/{row.slug.lower()}", []).append(row)
    return {reference: version_of(group) for reference, group in twins.items()}


def _list(reference: str) -> str:
    return f"the list “{reference}”"


def _account(row: Mapping[str, Any]) -> Account:
    used = count_of(row.get("api_requests_count"))
    limit = count_of(row.get("api_requests") or row.get("rate_limit"))
    left = count_of(row.get("rate_limit_remaining"))
    if left is None and limit is not None and used is not None:
        left = max(0, limit - used)
    resets = count_of(row.get("rate_limit_reset"))
    return Account(
        username=str(row.get("username") or row.get("name") or row.get("user_id") or ""),
        plan=str(row["plan"]) if row.get("plan") else None,
        quota_limit=limit,
        quota_left=left,
        quota_resets_at=datetime.fromtimestamp(resets, UTC) if resets else next_midnight(utc_now()),
    )
