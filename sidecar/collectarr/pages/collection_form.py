"""The fields of a collection: what they offer, and what was typed into them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from collectarr.errors import InvalidError
from collectarr.models import Mode
from collectarr.pages.parts import Choice
from collectarr.pages.visit import chosen, typed
from collectarr.pages.words import MODES
from collectarr.store.servers import Server
from collectarr.sync.define import Definition, ListChoice


@dataclass(frozen=True, slots=True)
class Typed:
    """A submitted form. `servers` are the values of the ticked boxes."""

    values: Mapping[str, str]
    servers: frozenset[str]

    @classmethod
    async def of(cls, request: web.Request) -> "Typed":
        return cls(await typed(request), frozenset(await chosen(request, "servers")))

    def get(self, name: str) -> str:
        return self.values.get(name, "").strip()


def mode_choices(selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(mode, label, mode == selected, text) for mode, label, text in MODES)


def server_choices(known: Sequence[Server], selected: Collection[str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            str(server.id),
            server.name,
            str(server.id) in selected,
            "It does not answer at the moment." if server.error else "",
        )
        for server in known
    )


def definition_of(
    fields: Typed, known: Sequence[Server], lists: Sequence[ListChoice], *, enabled: bool = True
) -> Definition:
    """What was typed, if it makes sense. Raises InvalidError that names the fields."""
    problems: dict[str, str] = {}
    hours = fields.get("interval_hours")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:6]) <= 168):
        problems["interval_hours"] = "Type a number of hours between 1 and 168."
    if fields.get("mode") not in tuple(Mode):
        problems["mode"] = "Choose one of these."
    ids = [server.id for server in known if str(server.id) in fields.servers]
    if known and not ids:
        problems["servers"] = "Choose at least one server."
    if problems:
        raise InvalidError("Please look at this again.", details={"fields": problems})
    return Definition(
        fields.get("name") or None,
        tuple(lists),
        Mode(fields.get("mode")),
        int(hours),
        enabled,
        tuple(ids),
    )
