"""Titles pasted as an address that holds no id: whoever the address is of is asked for one."""

from collections.abc import Sequence
from dataclasses import replace

from collectarr.errors import UpstreamError
from collectarr.models import Title
from collectarr.sources import ReadsAddresses
from collectarr.sources.manual import Entry, Understood
from collectarr.sync.outside import Outside

MOST_ASKED = 50
"""Each costs a request, and somebody waits for the answer."""


async def looked_up(outside: Outside, user_id: int, understood: Understood) -> Understood:
    """With what the addresses lead to. One that leads nowhere now is a title by name and year if it
    says a year; else nothing could find it, so it counts as not understood.
    """
    known = await _titles(outside, user_id, [one for one in understood.titles if one.address])
    kept: list[Entry] = []
    lines = list(understood.not_understood)
    for entry in understood.titles:
        found = known.get(entry.address)
        if found is not None:
            kept.append(replace(entry, title=found))
        elif entry.address and entry.title.year is None:
            lines.append(entry.unsolved())
        else:
            kept.append(entry)
    lines.sort(key=lambda line: line.line)
    return replace(understood, titles=tuple(kept), not_understood=tuple(lines))


async def _titles(outside: Outside, user_id: int, entries: Sequence[Entry]) -> dict[str, Title]:
    """By address. A source that fails is not asked again."""
    waiting = list(dict.fromkeys(entry.address for entry in entries))[:MOST_ASKED]
    found: dict[str, Title] = {}
    for source in outside.sources.values():
        if source.needs or not isinstance(source, ReadsAddresses):
            continue
        try:
            credential = await outside.credential(user_id, source.name)
            for address in waiting:
                title = None if address in found else await source.title_at(address, credential)
                if title is not None:
                    found[address] = title
        except UpstreamError:
            continue
    return found
