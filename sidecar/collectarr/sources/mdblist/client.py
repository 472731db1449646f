"""MDBList: lists by their owners, read with an account's key or, if public, without one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
from yarl import URL

from collectarr.errors import RejectedError
from collectarr.http import Upstream, redact, requests_left
from collectarr.models import ListInfo, Snapshot, Title
from collectarr.settings import Settings
from collectarr.sources.contract import Account, Bounds, Credential, OnPage, Shelf, SignIn
from collectarr.sources.mdblist.answers import NAME, Reply, ask, or_nothing, rejected
from collectarr.sources.mdblist.keys import (
    all_shown,
    own_secret,
    secret_of,
    shown,
    with_or_without_key,
)
from collectarr.sources.mdblist.listings import (
    ListRow,
    keyless_info,
    list_info,
    list_infos,
    list_rows,
    public_of,
    versions_by_slug,
)
from collectarr.sources.mdblist.own import Own
from collectarr.sources.mdblist.reading import whole
from collectarr.sources.mdblist.references import (
    HOSTS,
    WATCHLIST,
    is_external,
    is_id,
    is_own,
    is_watchlist,
    owner_in,
    parse,
    watchlist_of,
)
from collectarr.sources.mdblist.resolve import MOST_IDS, resolve
from collectarr.sources.mdblist.rows import page_of
from collectarr.sources.mdblist.walk import Walks
from collectarr.sources.pages import Confirmed

DEFAULT_URL = "https://api.mdblist.com"
# MDBList answers 404 and 429 to requests side by side; one after another it is content.
_CONCURRENCY = 1
_PER_SECOND = 5.0
_MOST_COUNTED = 1000


def connect(session: aiohttp.ClientSession, settings: Settings) -> "MdbList":
    """MDBList at the address in MDBLIST_URL; its pages stand at the same without `api.`."""
    api, public = (
        Upstream(session, NAME, url, concurrency=_CONCURRENCY, per_second=_PER_SECOND)
        for url in (settings.mdblist_url, site_of(settings.mdblist_url))
    )
    key = settings.mdblist_api_key
    return MdbList(api, public, key.get_secret_value() if key else None)


def site_of(api_url: str) -> str:
    """Where people, and readers without a key, find the lists."""
    url = URL(api_url)
    host = (url.host or "").removeprefix("api.")
    return str(url.with_host(host) if host else url).rstrip("/")


class MdbList:
    """`api` wants a key with each request, `public` none."""

    name = "mdblist"
    label = NAME
    sign_in: SignIn = "key"
    needs: str | None = None
    shelves = (
        Shelf("mine", "Your lists", personal=True),
        Shelf(WATCHLIST, "Your watchlist", personal=True, references=(WATCHLIST,)),
        Shelf("liked", "Lists you like", personal=True),
        Shelf("external", "Your external lists", personal=True),
        Shelf("top", "Popular lists"),
    )

    bounds = Bounds(MOST_IDS, 5)

    def __init__(
        self, api: Upstream, public: Upstream, installation_key: str | None = None
    ) -> None:
        self.installation_key = installation_key
        self._api = api
        self._public = public
        own = {URL(upstream.base_url).authority for upstream in (api, public)}
        self._hosts = HOSTS | own
        self._own = Own(self._ask)
        self._left: dict[str, int] = {}
        self._confirmed = Confirmed()
        self._shelved = {
            "mine": self.mine,
            WATCHLIST: self.watchlist,
            "liked": self.liked,
            "external": self.external,
            "top": self.top,
        }

    def parse(self, text: str) -> str | None:
        return parse(text, self._hosts)

    async def account(self, credential: Credential) -> Account:
        return await self._own.account(secret_of(credential, "your account"))

    async def shelf(self, name: str, credential: Credential) -> tuple[ListInfo, ...]:
        if name not in self._shelved:
            raise rejected("not_found", f"a shelf called “{name}”")
        return await self._shelved[name](credential)

    async def mine(self, credential: Credential) -> tuple[ListInfo, ...]:
        """The lists of the account itself, private ones too."""
        secret = own_secret(credential, "your lists")
        return list_infos(await self._rows("/lists/user", secret, "your lists"), self._site)

    async def top(self, credential: Credential) -> tuple[ListInfo, ...]:
        """The lists that MDBList's people like most."""
        secret = secret_of(credential, "popular lists")
        rows = await self._rows("/lists/top", secret, "popular lists")
        return self._listed(rows, credential)

    async def liked(self, credential: Credential) -> tuple[ListInfo, ...]:
        """Other people's lists that the account likes: as many as come with one request."""
        secret = own_secret(credential, "the lists that you like")
        rows = await self._rows("/lists/liked", secret, "the lists that you like")
        return self._listed(rows, credential)

    async def external(self, credential: Credential) -> tuple[ListInfo, ...]:
        """Lists elsewhere (IMDb, Letterboxd, ...) that MDBList reads for the account."""
        return await self._own.externals(own_secret(credential, "your external lists"))

    async def watchlist(self, credential: Credential) -> tuple[ListInfo, ...]:
        return (await self.describe(WATCHLIST, credential),)

    async def lists_of(self, user: str, credential: Credential) -> tuple[ListInfo, ...]:
        """The public lists of a user, by name or id."""
        about = f"the lists of {user}"
        if watchlist_of(user) is None:
            raise rejected("not_found", about)
        secret = secret_of(credential, about)
        rows = await self._rows(f"/lists/user/{user.strip().lower()}", secret, about)
        return self._listed(rows, credential)

    async def search(self, query: str, credential: Credential) -> tuple[ListInfo, ...]:
        """Public lists by the words in their name; `@user` or `user/`: those of a user."""
        owner = owner_in(query)
        if owner is not None:
            try:
                return await self.lists_of(owner, credential)
            except RejectedError as error:
                if error.code != "not_found":
                    raise
                return ()
        secret = secret_of(credential, "the search for lists")
        reply = await self._ask("/lists/search", secret, "the search for lists", query=query)
        return self._listed(list_rows(reply), credential)

    def _listed(self, rows: Iterable[ListRow], credential: Credential) -> tuple[ListInfo, ...]:
        """Out of a public listing, which may yet show an owner what is private."""
        return all_shown(list_infos(rows, self._site, listed=True), credential)

    async def resolve(self, titles: Sequence[Title], credential: Credential) -> list[Title | None]:
        """One request of the quota for each 200 ids of one kind and database."""
        secret = secret_of(credential, "titles by their ids")

        async def batch(database: str, kind: str, numbers: Sequence[str]) -> Any:
            body = {"ids": list(numbers)}
            about = f"titles by their ids ({database})"
            reply = await ask(
                self._api, f"/{database}/{kind}", about=about, secret=secret, body=body
            )
            return reply.data

        return await resolve(batch, titles)

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        reference = self._canonical(reference)
        if is_own(reference):
            own_secret(credential, _list(reference))

        async def keyless() -> ListInfo:
            page = page_of(await self._keyless(reference))
            return keyless_info(reference, self._site, len(page.rows))

        async def keyed(secret: str) -> ListInfo:
            whose = replace(credential, secret=secret)
            return shown(await self._describe(reference, whose), credential)

        return await with_or_without_key(credential, _list(reference), keyed, keyless)

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        reference = self._canonical(info.reference if info else reference)
        if is_own(reference):
            own_secret(credential, _list(reference))
        return await with_or_without_key(
            credential,
            _list(reference),
            lambda secret: self._read(reference, replace(credential, secret=secret), info, on_page),
            lambda: self._read_keyless(reference, info, on_page),
            # Whoever reads many lists has to know that a key is wrong or used up for today.
            instead_of=(),
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
            if credential.shared:
                named = {one for one in named if not is_own(one)}
            found = await self._versions(named, credential.secret)
        return {reference: found.get(self.parse(reference) or "") for reference in references}

    async def _versions(self, wanted: set[str], secret: str) -> dict[str, str | None]:
        own = set(filter(is_own, wanted))
        try:
            return {
                **await self._own.versions(own, secret),
                **await self._listed_versions(wanted - own, secret),
            }
        except RejectedError:
            # The key is wrong: each list tells so itself, or is read without the key.
            return {}

    async def _listed_versions(self, wanted: set[str], secret: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for owner in sorted({reference.partition("/")[0] for reference in wanted}):
            rows = await or_nothing(self._rows(f"/lists/user/{owner}", secret, "these lists"))
            found |= versions_by_slug(owner, rows)
        if wanted - found.keys():
            rows = await or_nothing(self._rows("/lists/user", secret, "these lists"))
            found |= {info.reference: info.version for info in list_infos(rows, self._site)}
        return found

    async def _describe(self, reference: str, credential: Credential) -> ListInfo:
        secret = secret_of(credential, _list(reference))
        if is_watchlist(reference):
            return await self._own.watchlist(reference, secret)
        if is_external(reference):
            return await self._own.external(reference, secret)
        if is_id(reference):
            rows = await self._rows_by_id(reference, secret)
            if credential.shared and any(row.private for row in rows):
                # Before anything is asked whose trouble would name the owner.
                raise rejected("private", _list(reference))
            return await self._named(rows, secret)
        rows = await self._rows_of(reference, secret)
        return list_info(rows, self._site, reference=reference)

    async def _named(self, rows: list[ListRow], secret: str) -> ListInfo:
        """What was asked for by its number, by its name where that means the same list."""
        reference = rows[0].reference
        if reference is None:
            return list_info(rows, self._site)
        named = await self._rows_of(reference, secret)
        numbers = {row.id for row in named}
        if all(row.id in numbers for row in rows):
            return list_info(named, self._site, reference=reference)
        # One of them is private, or called otherwise now: the name means less, or another one.
        return list_info(rows, self._site, reference=parse("+".join(row.id for row in rows)))

    async def _rows_by_id(self, reference: str, secret: str) -> list[ListRow]:
        """Of twins those that are still there, as far as this key sees them."""
        found: list[ListRow] = []
        for number in reference.split("+"):
            try:
                found += await self._rows(f"/lists/{number}", secret, _list(reference))
            except RejectedError as error:
                if error.code != "not_found":
                    raise
        if not found:
            raise rejected("not_found", _list(reference))
        return found

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
        rows = public_of([row for row in listing if row.is_called(slug)])
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
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None,
        on_page: OnPage | None,
    ) -> Snapshot:
        secret = secret_of(credential, _list(reference))
        if is_watchlist(reference):
            await self._own.check(reference, secret)

        async def described() -> ListInfo:
            where = info.reference if info else reference
            return shown(await self._describe(where, credential), credential)

        async def asked(path: str, **params: Any) -> Reply:
            return await self._ask(path, secret, _list(reference), **params)

        # Without its numbers it is not known which of the twins was described.
        is_exact = info is not None and (info.source_id is not None or is_own(reference))
        known = shown(info, credential) if info and is_exact else await described()
        return await whole(asked, described, known, on_page, self._confirmed)

    async def _read_keyless(
        self, reference: str, info: ListInfo | None, on_page: OnPage | None
    ) -> Snapshot:
        page = page_of(await self._keyless(reference))
        info = info or keyless_info(reference, self._site, len(page.rows))
        walks = Walks(info.item_count)
        walks.begin().take(page)
        if on_page is not None:
            on_page(walks.came, walks.promised)
        # What is read this way has no version: it may lag behind the one that was described.
        return walks.snapshot(replace(info, version=None, public=True))

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
        reply = await ask(self._api, path, about=about, secret=secret, params=params)
        self._count(reply, secret)
        return reply

    def _count(self, reply: Reply, secret: str) -> None:
        left = requests_left(reply.headers)
        if left is not None:
            if len(self._left) >= _MOST_COUNTED:
                self._left.clear()
            self._left[secret] = left

    def requests_left(self, credential: Credential) -> int | None:
        return self._left.get(credential.secret or "")

    def _canonical(self, reference: str) -> str:
        canonical = self.parse(reference)
        if canonical is None:
            # What was pasted may be an API address with a key in it.
            raise rejected("not_found", _list(redact(reference[:100])))
        return canonical

    @property
    def _site(self) -> str:
        return self._public.base_url


def _list(reference: str) -> str:
    return f"the list “{reference}”"
