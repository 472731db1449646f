"""What every source of lists can do, what only some can, and the words for it.

A source raises exactly three errors: UnavailableError (try later), RejectedError (credentials,
permission, private, unknown list) and UnexpectedAnswerError (it changed something).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from collectarr.models import ListInfo, ListItem, Snapshot, Title

OnPage = Callable[[int, int | None], None]
"""Called after each page of a read with the rows so far and the rows promised, if known."""
SignIn = Literal["none", "key", "device"]
"""How a user connects an account: not at all, by pasting a key, by a code on another screen."""
RECONNECT = "reconnect"
"""Code of the RejectedError for an account that only its owner can bring back."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks. Without `secret` only what everybody may see can be read.

    `shared`: the secret is the installation's, and this user may see no more with it than what
    is public: what else it opens belongs to whoever gave it.

    `renew`, where there is one, takes a secret that was refused and gives the credential with
    the one that is good now. It raises RejectedError (`RECONNECT`) when there is none any more,
    UnavailableError when that cannot be told just now.
    """

    secret: str | None = field(default=None, repr=False)
    user_id: int | None = None
    shared: bool = False
    renew: Callable[[str], Awaitable["Credential"]] | None = field(
        default=None, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind a credential; the quota counts requests."""

    username: str
    plan: str | None = None
    quota_limit: int | None = None
    quota_left: int | None = None
    quota_resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """One place to browse at a source. `name` stands in addresses, `label` is for people.

    A shelf holds lists, or, where `references` are given, is itself those lists: a chart of films
    and one of shows, say. `personal`: only for somebody with an account of their own.
    """

    name: str
    label: str
    personal: bool = False
    references: tuple[str, ...] = ()


class Source(Protocol):
    """One place that lists come from."""

    @property
    def name(self) -> str:
        """The word for it in the store and in addresses, like `mdblist`."""

    @property
    def label(self) -> str:
        """What people call it, like `MDBList`."""

    @property
    def sign_in(self) -> SignIn: ...

    @property
    def needs(self) -> str | None:
        """What an administrator has to set before it can be used at all; None: nothing."""

    @property
    def shelves(self) -> Sequence[Shelf]: ...

    def parse(self, text: str) -> str | None:
        """The canonical reference in a pasted URL or reference; None if it is not ours."""

    async def account(self, credential: Credential) -> Account:
        """Whose credential this is. The way to test one."""

    async def shelf(self, name: str, credential: Credential) -> Sequence[ListInfo]:
        """The lists on a shelf that holds lists, as many as the source gives for one look."""

    async def search(self, query: str, credential: Credential) -> Sequence[ListInfo]:
        """Public lists by the words in their name; none where the source cannot search them."""

    async def describe(self, reference: str, credential: Credential) -> ListInfo:
        """What the list is, without its rows. Cheap: one request as a rule."""

    async def read(
        self,
        reference: str,
        credential: Credential,
        info: ListInfo | None = None,
        on_page: OnPage | None = None,
    ) -> Snapshot:
        """The whole list in list order, or an error; never a part of it as if it were whole.

        `info` is a fresh answer of `describe`, to save asking again.
        """

    async def changes(
        self, references: Sequence[str], credential: Credential
    ) -> dict[str, str | None]:
        """The version of each list now, in few requests. None: not known, read it."""


@runtime_checkable
class CountsRequests(Protocol):
    """A source that says with its answers how many requests an account has left."""

    def requests_left(self, credential: Credential) -> int | None:
        """As its last answer said; None while it said nothing."""


@runtime_checkable
class SearchesTitles(Protocol):
    """A source that finds films and shows by their name."""

    async def search_titles(self, query: str, credential: Credential) -> Sequence[ListItem]: ...


@runtime_checkable
class ReadsAddresses(Protocol):
    """A source whose own addresses of films and shows carry no id that others know."""

    async def title_at(self, address: str, credential: Credential) -> Title | None:
        """What stands at `address`, as a browser shows it; None for what is none of its titles."""


@runtime_checkable
class Resolves(Protocol):
    """A source that knows a title by one of its ids."""

    async def resolve(
        self, titles: Sequence[Title], credential: Credential
    ) -> Sequence[Title | None]:
        """For each title, in order, the same with all ids, kind, name and year that the source
        knows; None where it does not know it. A title of `Kind.UNKNOWN` has an IMDb id.
        """


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many titles one request may name, and how many requests one run may make."""

    titles: int
    requests: int


@runtime_checkable
class ResolvesAtOnce(Resolves, Protocol):
    """A source that takes several titles with one request. Others are asked one by one."""

    @property
    def bounds(self) -> Bounds: ...


@runtime_checkable
class HasKey(Protocol):
    """A source for which the installation may have a key, for those who have none of their own."""

    @property
    def installation_key(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gave. `refresh` is good for one use."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A sign-in that waits for a person to type `user_code` at `verification_url`.

    Seconds: it is over after `expires_in`; ask every `interval`.
    """

    device_code: str = field(repr=False)
    user_code: str
    verification_url: str
    expires_in: int
    interval: int


@runtime_checkable
class SignsIn(Protocol):
    """A source whose accounts are connected by OAuth."""

    async def device_code(self) -> DeviceCode: ...

    async def device_tokens(self, code: DeviceCode) -> Tokens | None:
        """None while the person has not decided. Raises RejectedError (`expired`, `denied`) at
        the end of it, UnavailableError (`rate`) when asked too often.
        """

    def authorize_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Where a browser is sent; `challenge` is the S256 form of a PKCE verifier."""

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Raises RejectedError (`RECONNECT`) for a code that is not good (any more)."""

    async def refresh(self, tokens: Tokens) -> Tokens:
        """The next pair; the one before is void then, whether or not the answer arrives.

        Raises RejectedError (`RECONNECT`) for a refresh token that is used up or revoked.
        """

    async def revoke(self, tokens: Tokens) -> None: ...
