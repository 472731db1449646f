"""A submitted form, with the fields that have several values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from collectarr.pages.visit import chosen, typed

SEVERAL = ("servers", "lists", "not_in", "unpin", "unexclude", "libraries")


@dataclass(frozen=True, slots=True)
class Typed:
    """`values` of fields with one; `servers` and `many` are those of ticked boxes and the like."""

    values: Mapping[str, str]
    servers: frozenset[str]
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    async def of(cls, request: web.Request) -> "Typed":
        many = {name: tuple(await chosen(request, name)) for name in SEVERAL}
        return cls(await typed(request), frozenset(many["servers"]), many)

    def get(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        return self.many.get(name, ())
