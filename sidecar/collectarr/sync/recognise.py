"""Which list, at which source, a pasted address or reference means."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectarr.errors import InvalidError
from collectarr.sources import Source


class UnclearError(InvalidError):
    """Well formed, but with more than one meaning; `details` has the `candidates`."""

    status = 422
    code = "unclear_list"


@dataclass(frozen=True, slots=True)
class Named:
    """A list by what its source calls it; `label` is what people call the source."""

    source: str
    reference: str
    label: str


def recognise(sources: Mapping[str, Source], text: str) -> tuple[Named, ...]:
    """All that `text` may mean. An address means one list, `user/name` may mean several.

    Sources that are not set up count only where no other knows the text.
    """
    found = [
        (source, Named(source.name, reference, source.label))
        for source in sources.values()
        if (reference := source.parse(text)) is not None
    ]
    usable = tuple(named for source, named in found if source.needs is None)
    return usable or tuple(named for _, named in found)


def the_one(sources: Mapping[str, Source], text: str) -> Named:
    """Raises InvalidError for what means no list, UnclearError for more than one."""
    found = recognise(sources, text)
    if not found:
        labels = _either([source.label for source in sources.values()])
        raise InvalidError(
            f"{text[:80]!r} is not a list at {labels}. Paste the list's address, as your browser"
            " shows it.",
            code="not_a_list",
        )
    if len(found) > 1:
        labels = _either([named.label for named in found])
        raise UnclearError(
            f"{text[:80]!r} could be a list at {labels}. Paste its whole address, as your browser"
            f" shows it, or say which source it is: {_either([named.source for named in found])}.",
            details={
                "candidates": [
                    {"source": named.source, "reference": named.reference} for named in found
                ]
            },
        )
    return found[0]


def _either(labels: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
