"""Trakt: lists, watchlists, collections and charts, read as an account or as anybody."""

from collections.abc import Sequence
from dataclasses import replace

import aiohttp
from yarl import URL

from collectarr.http import Upstream, redact
from collectarr.models import ListInfo, ListItem, Snapshot, Title
from collectarr.settings import Settings
from collectarr.sources.contract import Account, Credential, OnPage, SignIn, Tokens
from collectarr.sources.trakt.answers import NAME, NOT_SET_UP, rejected
from collectarr.sources.trakt.audience import for_whom
from collectarr.sources.trakt.changes import versions
from collectarr.sources.trakt.oauth import OAuth
from collectarr.sources.trakt.reading import all_lists, described, whole
from collectarr.sources.trakt.references import HOSTS, Reference, parse, title_path
from collectarr.sources.trakt.rows import list_infos
from collectarr.sources.trakt.shelves import LISTS_OF, SHELVES
from collectarr.sources.trakt.titles import resolve, search_titles, title_called
from collectarr.sources.trakt.visit import Accounts, Visit

_LISTS_AT_ONCE = 100
_LISTS_FOUND = 50


def connect(session: aiohttp.ClientSession, settings: Settings) -> "Trakt":
    """Trakt at TRAKT_URL and TRAKT_AUTH_URL, as the application of TRAKT_CLIENT_ID."""
    client_id, hidden = settings.trakt_client_id, settings.trakt_client_secret
    secret = hidden.get_secret_value() if hidden else None
    api, auth = (
        upstream(session, url, client_id, secret)
        for url in (settings.trakt_url, settings.trakt_auth_url)
    )
    return Trakt(api, auth, client_id, secret, settings.trakt_redirect_uri)


def upstream(
    session: aiohttp.ClientSession,
    url: str,
    client_id: str | None,
    client_secret: str | None = None,
    *,
    pause: float = 0.5,
    per_second: float = 20,
) -> Upstream:
    """One of Trakt's hosts with the headers that it wants. `pause`: seconds before trying again."""
    headers = {
        "Content-Type": "application/json",
        "trakt-api-version": "2",
        "trakt-api-key": client_id or "",
    }
    secrets = [word for word in (client_id, client_secret) if word]
    return Upstream(
        session,
        NAME,
        url,
        headers=headers,
        secrets=secrets,
        per_second=per_second,
        pause=pause,
    )


class Trakt(OAuth):
    """`api` answers for everybody's lists, `auth` signs people in."""

    name = "trakt"
    label = NAME
    sign_in: SignIn = "device"
    shelves = SHELVES

    def __init__(
        self,
        api: Upstream,
        auth: Upstream,
        client_id: str | None,
        client_secret: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        super().__init__(auth, client_id, client_secret, redirect_uri)
        self._api = api
        self._accounts = Accounts()
        self._hosts = HOSTS | {URL(api.base_url).authority}

    @property
    def needs(self) -> str | None:
        return None if self._client_id else NOT_SET_UP

    def parse(self, text: str) -> str | None:
        reference = parse(text, self._hosts)
        return reference.text if reference else None

    async def account(self, credential: Credential) -> Account:
        user = await self._visit(credential).settings()
        return Account(
            username=str(user.get("username") or user["ids"]["slug"]),
            plan="VIP" if user.get("vip") is True or user.get("vip_ep") is True else "Free",
        )

    async def shelf(self, name: str, credential: Credential) -> list[ListInfo]:
        visit = self._visit(credential)
        found = next((shelf for shelf in SHELVES if shelf.name == name), None)
        if found is None:
            raise rejected("not_found", f"a shelf called “{name[:50]}”")
        if found.references:
            return [await self.describe(reference, credential) for reference in found.references]
        path, about = LISTS_OF[name], found.label.lower()
        if found.personal:
            if credential.secret is None:
                raise rejected("key_needed", about)
            return await all_lists(visit, path, about)
        return list_infos((await visit.get(path, about, page=1, limit=_LISTS_AT_ONCE)).data)

    async def search(self, query: str, credential: Credential) -> list[ListInfo]:
        """Public lists by the words in their name."""
        asks = {"query": query, "page": 1, "limit": _LISTS_FOUND}
        reply = await self._visit(credential).get("/search/list", "the search for lists", **asks)
        return list_infos(reply.data)

    async def search_titles(self, query: str, credential: Credential) -> list[ListItem]:
        return await search_titles(self._visit(credential), query)

    async def resolve(self, titles: Sequence[Title], credential: Credential) -> list[Title | None]:
        """One request per title, for the first 50 that have an id; None for the rest."""
        return await resolve(self._visit(credential), titles)

    async def title_at(self, address: str, credential: Credential) -> Title | None:
        named = title_path(address, self._hosts)
        return await title_called(self._visit(credential), *named) if named else None

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        visit = self._visit(credential)
        return await for_whom(visit, await described(visit, self._canonical(reference)))

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        visit = self._visit(credential)
        read = await whole(visit, self._canonical(reference), info, on_page)
        return replace(read, info=await for_whom(visit, read.info))

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        visit = self._visit(credential)
        parsed = {reference: parse(reference, self._hosts) for reference in references}
        found = await versions(visit, filter(None, parsed.values()))
        return {text: found.get(one) if one else None for text, one in parsed.items()}

    async def refresh(self, tokens: Tokens) -> Tokens:
        renewed = await super().refresh(tokens)
        self._accounts.renewed(tokens.access, renewed.access)
        return renewed

    def _visit(self, credential: Credential) -> Visit:
        self._known()
        return Visit(self._api, self._accounts, credential)

    def _canonical(self, reference: str) -> Reference:
        found = parse(reference, self._hosts)
        if found is None:
            # What was pasted may be an address with a token in it.
            raise rejected("not_found", f"the list “{redact(reference[:100])}”")
        return found
