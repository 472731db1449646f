"""What a list at Trakt is, and all of its rows, or an error."""

from dataclasses import replace
from typing import Any

from collectarr.errors import RejectedError, UnavailableError
from collectarr.models import ListInfo, Snapshot
from collectarr.sources.contract import OnPage
from collectarr.sources.trakt.answers import NAME, rejected
from collectarr.sources.trakt.references import ME, Reference, parse
from collectarr.sources.trakt.rows import list_info, list_infos
from collectarr.sources.trakt.shelves import chart_info, shelf_info, shelf_version
from collectarr.sources.trakt.visit import Visit
from collectarr.sources.trakt.walk import PAGE_SIZE, Promise, Walk

_MOST_LIST_PAGES = 20
_ALL = "movie,show,season,episode/rank/asc"
_MOST_RECOMMENDED = 100


def called(reference: Reference) -> str:
    return f"the list “{reference.text}”"


async def described(visit: Visit, reference: Reference, *, counted: bool = True) -> ListInfo:
    """`counted` False: without the request that only counts the rows of a shelf."""
    match reference.what:
        case "chart":
            return chart_info(reference)
        case "number":
            return await _numbered(visit, reference)
        case "list":
            user = reference.user
            return await _list(visit, f"/users/{user}/lists/{reference.name}", reference)
    reference = await settled(visit, reference)
    if reference.what == "recommendations":
        return shelf_info(reference)
    version = None
    if reference.user == await visit.own_name():
        version = shelf_version(reference, await visit.activities())
    return shelf_info(reference, version, await _count(visit, reference) if counted else None)


async def settled(visit: Visit, reference: Reference) -> Reference:
    """With the name of the account for `me`, and nobody else's recommendations."""
    if reference.user == ME:
        reference = reference.of(await visit.me())
    if reference.what == "recommendations" and reference.user != await visit.me():
        raise rejected("private", called(reference))
    return reference


async def _list(visit: Visit, path: str, reference: Reference) -> ListInfo:
    return list_info((await visit.get(path, called(reference))).data)


async def _numbered(visit: Visit, reference: Reference) -> ListInfo:
    """By its number a list answers from a cache that may be days old: only to learn whose it is.

    Private lists do not answer there; those of the account itself do as its own.
    """
    number = reference.name
    try:
        found = await _list(visit, f"/lists/{number}", reference)
    except RejectedError as error:
        if error.code != "not_found" or visit.secret is None:
            raise
        return await _list(visit, f"/users/{ME}/lists/{number}", reference)
    owned = parse(found.reference)
    if owned is None or owned.what != "list":
        return found
    return await _list(visit, f"/users/{owned.user}/lists/{number}", reference)


async def _count(visit: Visit, reference: Reference) -> int | None:
    reply = await visit.get(_path(reference), called(reference), page=1, limit=1)
    return Promise.in_headers(reply.headers).rows


def _path(reference: Reference) -> str:
    match reference.what, reference.name:
        case "chart", _:
            return f"/{reference.chart_path}"
        case "recommendations", _:
            return f"/recommendations/{reference.kind}s"
        case "collection", _:
            return f"/{reference.text}"
        case "shelf", "favorites":
            return f"/{reference.text}/movie,show/rank/asc"
        case "shelf", _:
            return f"/{reference.text}/{_ALL}"
    return f"/{reference.text}/items/{_ALL}"


async def whole(
    visit: Visit, reference: Reference, info: ListInfo | None, on_page: OnPage | None
) -> Snapshot:
    """Pages fit together only if the list stands still: if not, it is read once more."""
    if info is None:
        info = await described(visit, reference, counted=False)
    # The account's own name in place of `me`, and the slug in place of the number.
    reference = await settled(visit, parse(info.reference) or reference)
    for last in (False, True):
        walk = await _walk(visit, reference, info, on_page)
        if not walk.moved and (last or not walk.overlaps):
            after = await _after(visit, reference, info) if walk.pages > 1 else info
            if after.version == info.version and await _comes_again(visit, reference, info, walk):
                return walk.snapshot(after)
            info = after
        else:
            info = await _after(visit, reference, info)
    raise UnavailableError(
        f"{NAME} keeps changing {called(reference)} while it is read. Trying again later.",
        upstream=NAME,
        code="changing",
    )


async def _after(visit: Visit, reference: Reference, info: ListInfo) -> ListInfo:
    """The list as it is now; what has no mark of its changes is as it was."""
    if reference.what in ("list", "number"):
        return await described(visit, reference)
    if info.version is None:
        return info
    return replace(info, version=shelf_version(reference, await visit.activities(fresh=True)))


async def _comes_again(visit: Visit, reference: Reference, info: ListInfo, walk: Walk) -> bool:
    """Whether what has no mark of its changes is the same when it is read twice.

    A row that leaves one page while another comes to the end changes no count: without a second
    look the row between two pages would be missed. Charts move all day, and say so.
    """
    if walk.pages == 1 or reference.what == "chart" or info.version is not None:
        return True
    if visit.confirmed.has(reference.text, walk.marks):
        return True
    again = await _walk(visit, reference, info, None)
    same = not again.moved and again.marks == walk.marks
    if same:
        visit.confirmed.keep(reference.text, walk.marks)
    return same


async def _walk(visit: Visit, reference: Reference, info: ListInfo, on_page: OnPage | None) -> Walk:
    # Of what is no list nobody tells the count but its pages.
    told = info.item_count if reference.what in ("list", "number") else None
    walk = Walk(wanted=reference.count or None, hint=reference.kind, told=told)
    asks: dict[str, Any] = {"limit": PAGE_SIZE, "extended": "full"}
    if reference.what == "recommendations":
        walk.wanted = asks["limit"] = _MOST_RECOMMENDED
    more = True
    while more:
        page = walk.pages + 1
        reply = await visit.get(_path(reference), called(reference), page=page, **asks)
        more = walk.take(reply)
        if on_page is not None:
            on_page(len(walk.rows), walk.promised)
    if walk.lacks_what_is_told and await _has_others(visit, reference, walk):
        walk.told = None
    return walk


async def _has_others(visit: Visit, reference: Reference, walk: Walk) -> bool:
    """Whether what is missing are people and the like, which were not asked for."""
    reply = await visit.get(f"/{reference.text}/items", called(reference), page=1, limit=1)
    return (Promise.in_headers(reply.headers).rows or 0) >= (walk.told or 0)


async def all_lists(visit: Visit, path: str, about: str) -> list[ListInfo]:
    """All lists behind `path`, page by page."""
    infos: list[ListInfo] = []
    for page in range(1, _MOST_LIST_PAGES + 1):
        reply = await visit.get(path, about, page=page, limit=PAGE_SIZE)
        infos += list_infos(reply.data)
        if not reply.data or page >= (Promise.in_headers(reply.headers).pages or 1):
            break
    return infos
