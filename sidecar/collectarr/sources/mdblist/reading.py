"""All rows of a list at MDBList, or an error."""

from collections.abc import Awaitable, Callable
from typing import Any

from collectarr.errors import UnavailableError
from collectarr.models import ListInfo, Snapshot
from collectarr.sources.contract import OnPage
from collectarr.sources.mdblist.answers import NAME, Reply
from collectarr.sources.mdblist.references import is_external, is_own, items_path
from collectarr.sources.mdblist.rows import page_of
from collectarr.sources.mdblist.walk import PAGE_SIZE, Walks
from collectarr.sources.pages import Confirmed

Ask = Callable[..., Awaitable[Reply]]
"""Asks for a path; what else is given goes into the query."""
# What is appended costs no request of its own.
_ITEMS = {"unified": True, "limit": PAGE_SIZE, "append_to_response": "poster,genres,ratings"}
_READS = 2


async def whole(
    ask: Ask,
    describe: Callable[[], Awaitable[ListInfo]],
    info: ListInfo,
    on_page: OnPage | None,
    confirmed: Confirmed,
) -> Snapshot:
    """Pages fit together only if the list stands still: if not, it is read once more."""
    for _ in range(_READS):
        walks = await _walks(ask, info, on_page)
        if walks.is_one_page:
            return walks.snapshot(info)
        stood_still = await _comes_again(ask, info, walks, confirmed)
        after = await describe()
        if stood_still and _marks(after) == _marks(info):
            return walks.snapshot(after)
        info = after
    raise UnavailableError(
        f"{NAME} keeps changing the list “{info.reference}” while it is read. Trying again later.",
        upstream=NAME,
        code="changing",
    )


async def _comes_again(ask: Ask, info: ListInfo, walks: Walks, confirmed: Confirmed) -> bool:
    """Whether what has no mark of its changes, or repeats rows, is the same when it is read twice.

    A row that leaves one page while another comes to the end changes no count: without a second
    look the row between two pages would be missed. The mark of an external list tells when it was
    fetched, not what changed in it.
    """
    marked = info.version is not None and not is_external(info.reference)
    if (marked and not walks.overlaps) or confirmed.has(info.reference, walks.marks):
        return True
    same = (await _walks(ask, info, None)).marks == walks.marks
    if same:
        confirmed.keep(info.reference, walks.marks)
    return same


async def _walks(ask: Ask, info: ListInfo, on_page: OnPage | None) -> Walks:
    walks = Walks(info.item_count)
    hint = info.kinds[0] if len(info.kinds) == 1 else None
    for path in paths_of(info):
        walk = walks.begin()
        where: dict[str, Any] | None = {}
        while where is not None:
            where = walk.take(page_of(await ask(path, **_ITEMS, **where), hint))
            if on_page is not None:
                on_page(walks.came, walks.promised)
    return walks


def paths_of(info: ListInfo) -> list[str]:
    """Where the rows are of exactly the lists that `info` describes.

    By its name an owner is given a private twin too, which a public listing says nothing of.
    """
    if is_own(info.reference) or info.source_id is None:
        return [items_path(info.reference)]
    return [items_path(number) for number in info.source_id.split("+")]


def _marks(info: ListInfo) -> object:
    return info.version, info.item_count, info.source_id
