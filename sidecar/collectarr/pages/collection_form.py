"""The fields of a collection: what they offer, and what was typed into them."""

import re
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence

from collectarr.errors import CollectarrError, InvalidError
from collectarr.models import Mode, Title, Upkeep
from collectarr.pages.collection_rules import typed_merge, typed_rules
from collectarr.pages.parts import Choice, Form
from collectarr.pages.typed import Typed
from collectarr.pages.visit import wrong
from collectarr.pages.words import MODES
from collectarr.store.servers import Server
from collectarr.sync.define import Definition, ListChoice

__all__ = ["Typed", "definition_of", "mode_choices", "refused", "server_choices"]

_LIST_FIELD = re.compile(r"lists\.(\d+)\.\w+")


def mode_choices(selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(mode, label, mode == selected, text) for mode, label, text in MODES)


def server_choices(known: Sequence[Server], selected: Several[str]) -> tuple[Choice, ...]:
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
    fields: Typed,
    known: Sequence[Server],
    lists: Sequence[ListChoice],
    *,
    enabled: bool = True,
    titles: Sequence[tuple[Title, ...]] = (),
) -> Definition:
    """What was typed, if it makes sense. `titles`: pins and exclusions, where they may change.

    Raises InvalidError that names the fields.
    """
    problems: dict[str, str] = {}
    found = typed_definition(fields, known, lists, problems, enabled=enabled, titles=titles)
    if problems:
        raise InvalidError("Please look at this again.", details={"fields": problems})
    return found


def typed_definition(
    fields: Typed,
    known: Sequence[Server],
    lists: Sequence[ListChoice],
    problems: dict[str, str],
    *,
    enabled: bool,
    titles: Sequence[tuple[Title, ...]] = (),
    upkeep: Upkeep | None = None,
) -> Definition:
    """What was typed; what makes no sense goes into `problems`, with something else in place."""
    hours = fields.get("interval_hours")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:6]) <= 168):
        problems["interval_hours"] = "Type a number of hours between 1 and 168."
    if fields.get("mode") not in tuple(Mode):
        problems["mode"] = "Choose one of these."
    ids = [server.id for server in known if str(server.id) in fields.servers]
    if known and not ids:
        problems["servers"] = "Choose at least one server."
    rules = typed_rules(fields, problems)
    pins, exclusions = titles or (None, None)
    return Definition(
        fields.get("name") or None,
        tuple(lists),
        Mode.KEEP if "mode" in problems else Mode(fields.get("mode")),
        24 if "interval_hours" in problems else int(hours),
        enabled,
        tuple(ids),
        typed_merge(fields),
        rules,
        pins,
        exclusions,
        upkeep,
    )


def refused(
    fields: Typed, error: CollectarrError, where: str = "", *, lists: Sequence[str] = ()
) -> Form:
    """The form as it was typed, with what is wrong at its fields, else at `where`.

    `lists` names the field of each list in turn; those beyond it are at `where`.
    """
    form = wrong(fields.values, error, where)
    return Form(form.values, dict(_named(form.errors, where, lists)))


def _named(
    errors: Mapping[str, str], where: str, lists: Sequence[str]
) -> Sequence[tuple[str, str]]:
    found = []
    for name, text in errors.items():
        place = _LIST_FIELD.fullmatch(name)
        if place:
            number = int(place[1])
            name = lists[number] if number < len(lists) else where  # noqa: PLW2901
        found.append((_field(name), text))
    return found


def _field(name: str) -> str:
    """The field of the form for one of the API."""
    for before in ("filters.", "order.", "upkeep.guard.", "upkeep."):
        name = name.removeprefix(before)
    return f"season_{name[7:]}_day" if name.startswith("season.") else name
