"""What is wrong with several fields, told all at once rather than in rounds."""

from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from collectarr.errors import InvalidError

T = TypeVar("T")


class Problems:
    """Collects what checks raise. `raise_any` raises one InvalidError that names every field."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.fields = dict(known or {})
        self._errors: list[InvalidError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """What is wrong inside is noted, and work goes on behind it."""
        try:
            yield
        except InvalidError as error:
            fields = error.details.get("fields")
            if not fields:
                raise
            for name, text in fields.items():
                self.fields.setdefault(name, str(text))
            self._errors.append(error)

    async def of(self, check: Awaitable[T], otherwise: T) -> T:
        with self.noted():
            return await check
        return otherwise

    def raise_any(self) -> None:
        if not self.fields:
            return
        if len(self._errors) == 1 and self._errors[0].details["fields"] == self.fields:
            raise self._errors[0]
        if len(self.fields) == 1:
            raise InvalidError(next(iter(self.fields.values())), details={"fields": self.fields})
        raise InvalidError("Please look at these fields again.", details={"fields": self.fields})
