"""What may be seen with which key: a user's own, that of the installation, or none."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TypeVar

from collectarr.errors import UpstreamError
from collectarr.models import ListInfo
from collectarr.sources.contract import Credential
from collectarr.sources.mdblist.answers import rejected

_WITHDRAWN = frozenset({"private", "not_found"})
T = TypeVar("T")


async def with_or_without_key(
    credential: Credential,
    about: str,
    keyed: Callable[[str], Awaitable[T]],
    keyless: Callable[[], Awaitable[T]],
    *,
    instead_of: Collection[str] = ("key", "quota"),
) -> T:
    """A public list can be read without the key when the key is wrong or used up.

    What the key of the installation opens may still be public where its row does not say so.
    What is not is told as if it were not there: `about` names only what was asked for.
    `instead_of`: the codes of refusals that are not told but got round.
    """
    if credential.secret is None:
        return await keyless()
    try:
        return await keyed(credential.secret)
    except UpstreamError as error:
        hidden = credential.shared and error.code in _WITHDRAWN
        if not hidden and error.code not in instead_of:
            raise
        try:
            return await keyless()
        except UpstreamError:
            raise (rejected("not_found", about) if hidden else error) from None


def shown(info: ListInfo, credential: Credential) -> ListInfo:
    """Somebody else's key opens what is private to them: that is not shown."""
    if credential.shared and not info.public:
        raise rejected("private", f"the list “{info.reference}”")
    return info


def all_shown(infos: Iterable[ListInfo], credential: Credential) -> tuple[ListInfo, ...]:
    """Those that may be shown; of the others not even the names."""
    return tuple(info for info in infos if info.public or not credential.shared)


def own_secret(credential: Credential, about: str) -> str:
    """For what belongs to an account: the key has to be the user's own."""
    if credential.shared:
        raise rejected("key_needed", about)
    return secret_of(credential, about)


def secret_of(credential: Credential, about: str) -> str:
    if credential.secret is None:
        raise rejected("key_needed", about)
    return credential.secret
