"""Whether a watchlist, favourites or a collection at Trakt is for everybody to see."""

from dataclasses import replace

from collectarr.errors import RejectedError
from collectarr.models import ListInfo
from collectarr.sources.trakt.references import Reference, parse
from collectarr.sources.trakt.visit import Visit

_SHELVES = frozenset({"shelf", "collection"})


async def for_whom(visit: Visit, info: ListInfo) -> ListInfo:
    """The same, public if it is a shelf of somebody else that anybody is shown.

    Trakt's rows do not say so. What came without a token needs no proof; otherwise it takes one
    more request. The shelves of the account itself stay its own.
    """
    reference = parse(info.reference)
    if info.public or reference is None or reference.what not in _SHELVES:
        return info
    if visit.secret is not None:
        if reference.user == await visit.me():
            return info
        if not await _is_shown_to_all(visit, reference):
            return info
    return replace(info, public=True)


async def _is_shown_to_all(visit: Visit, reference: Reference) -> bool:
    about = f"the list “{reference.text}”"
    try:
        if reference.name == "favorites":
            # Nobody is shown them without a token: the owner's profile has to tell.
            user = (await visit.get(f"/users/{reference.user}", about)).data
            return isinstance(user, dict) and user.get("private") is False
        await visit.as_anybody().get(f"/{reference.text}", about, page=1, limit=1)
    except RejectedError:
        return False
    return True
