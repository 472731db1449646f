"""The lists of a collection on its form: moved, taken off, added, without a script."""

from collections.abc import Mapping

from collectarr.pages.collection_parts import ListLine
from collectarr.pages.lines import web_address
from collectarr.pages.parts import Choice
from collectarr.pages.typed import Typed
from collectarr.pages.words import count
from collectarr.store.collections import Collection
from collectarr.store.lists import StoredList
from collectarr.sync.define import ListChoice

OPS = (
    ("union", "Add its titles"),
    ("intersect", "Keep only what is on it too"),
    ("minus", "Take out what is on it"),
)
BY_HAND = "Kept by hand"


def stored_lists(collection: Collection) -> tuple[dict[str, str], tuple[str, ...]]:
    """Fields as they are kept: how each list is joined, and the ids of the lists in order."""
    ops = {f"op-{entry.list_id}": entry.op for entry in collection.lists}
    return ops, tuple(str(entry.list_id) for entry in collection.lists)


def list_lines(
    fields: Typed,
    collection: Collection,
    stored: Mapping[int, StoredList],
    labels: Mapping[str, str],
) -> tuple[ListLine, ...]:
    """`labels`: what each source is called."""
    return tuple(
        ListLine(
            known.id,
            known.name,
            labels.get(known.source, BY_HAND),
            ", ".join(part for part in _about(known) if part),
            web_address(known.url),
            op_choices(fields.get(f"op-{known.id}")),
        )
        for known in (stored[key] for key in _ids(fields, collection))
    )


def _about(known: StoredList) -> tuple[str, str]:
    size = count(known.item_count, "title") if known.snapshot else "not read yet"
    return size, f"by {known.owner}" if known.owner else ""


def op_choices(selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(op, label, op == (selected or "union")) for op, label in OPS)


def _ids(fields: Typed, collection: Collection) -> list[int]:
    """Those of the form that the collection has, in the form's order; all, where it names none."""
    own = {str(entry.list_id): entry.list_id for entry in collection.lists}
    named = [own[key] for key in dict.fromkeys(fields.all("lists")) if key in own]
    return named or list(own.values())


def rearranged(fields: Typed, act: str) -> Typed:
    """The form after a button of a list was pressed: `up:ID`, `down:ID` or `remove:ID`."""
    verb, _, key = act.partition(":")
    keys = list(fields.all("lists"))
    if key not in keys:
        return fields
    place = keys.index(key)
    keys.pop(place)
    if verb != "remove":
        keys.insert(max(0, place + (1 if verb == "down" else -1)), key)
    values = dict(fields.values)
    if keys:
        # Where the others are added to: there is nothing yet that it could take out of.
        values[f"op-{keys[0]}"] = "union"
    return Typed(values, fields.servers, {**fields.many, "lists": tuple(keys)})


def chosen_lists(
    fields: Typed, collection: Collection
) -> tuple[tuple[ListChoice, ...], tuple[str, ...]]:
    """The lists as the form has them, and the name of each one's field.

    Nothing where they are as they were: then nobody has to be asked about them.
    """
    ids = _ids(fields, collection)
    now = [ListChoice("", op=fields.get(f"op-{key}") or "union", list_id=key) for key in ids]
    names = [f"op-{key}" for key in ids]
    address = fields.get("add_list")
    if address:
        now.append(ListChoice("", address, fields.get("add_op") or "union"))
        names.append("add_list")
    was = [ListChoice("", op=entry.op, list_id=entry.list_id) for entry in collection.lists]
    return (tuple(now), tuple(names)) if now != was else ((), ())
