"""The settings tab of a collection: as it is kept, or as it was typed and refused."""

from collections.abc import Sequence

from collectarr.errors import InvalidError, UpstreamError
from collectarr.pages.collection_form import (
    Typed,
    mode_choices,
    refused,
    server_choices,
    typed_definition,
)
from collectarr.pages.collection_lists import chosen_lists, list_lines, op_choices, stored_lists
from collectarr.pages.collection_rules import kept_titles, rules_form, stored_fields
from collectarr.pages.collection_upkeep import (
    Kept,
    stored_upkeep_fields,
    typed_upkeep,
    upkeep_form,
)
from collectarr.pages.lines import source_of
from collectarr.pages.parts import Form
from collectarr.pages.views import CollectionForm, SettingsTab
from collectarr.pages.visit import Visit
from collectarr.store import collections as stored_collections
from collectarr.store import lists, servers, summaries
from collectarr.store.collections import Collection
from collectarr.store.servers import Server
from collectarr.store.targets import Target
from collectarr.sync.define import redefine_collection
from collectarr.sync.hold import usual_limits
from collectarr.sync.leave import about_to_leave, take_back

FITTING = frozenset({"movies", "tvshows", "mixed", ""})
"""Kinds of libraries that can hold films or shows."""
NAMELESS = "Type a name."


def _stored(collection: Collection, targets: Sequence[Target], kept: Sequence[Kept]) -> Typed:
    """The fields of the form as they are kept."""
    values, many = stored_fields(collection)
    upkeep, boxes = stored_upkeep_fields(collection.upkeep, kept)
    ops, ids = stored_lists(collection)
    own = {
        "name": collection.name,
        "interval_hours": str(collection.interval_hours),
        "mode": collection.mode.value,
    }
    here = frozenset(str(target.server_id) for target in targets)
    return Typed(
        {**values, **upkeep, **ops, **own}, here, {**many, "lists": ids, "libraries": boxes}
    )


async def settings_tab(
    visit: Visit,
    collection: Collection,
    known: Sequence[Server],
    targets: Sequence[Target],
    form: Form | None,
    typed: Typed | None,
) -> SettingsTab:
    """`typed`: what was sent and is not kept; None: as it is kept. `form` tells what is wrong."""
    kept = await _kept(visit, known)
    fields, errors = typed or _stored(collection, targets, kept), form.errors if form else {}
    followed = (await summaries.lists_of(visit.db, [collection.id])).get(collection.id, [])
    stored = await lists.get_lists(visit.db, [entry.list_id for entry in collection.lists])
    every = await stored_collections.list_collections(visit.db, visit.user.id)
    others = [row for row in every if row.id != collection.id]
    labels = {name: source.label for name, source in visit.outside.sources.items()}
    _, in_order = stored_lists(collection)
    edit = CollectionForm(
        form=Form({**fields.values, **(form.values if form else {})}, errors),
        servers=server_choices(known, fields.servers),
        modes=mode_choices(fields.get("mode")),
        source=source_of(followed),
        rules=rules_form(fields, others, errors, collection),
        lists=list_lines(fields, collection, stored, labels),
        add_ops=op_choices(fields.get("add_op")),
        moved=fields.all("lists") not in ((), in_order),
        upkeep=upkeep_form(fields, kept, await usual_limits(visit.db)),
        unknown=await _unknown(visit, collection),
    )
    return SettingsTab(edit, adopted=any(target.origin == "adopted" for target in targets))


async def save(
    visit: Visit, collection: Collection, fields: Typed
) -> tuple[Form | None, list[str]]:
    """Keep what was typed. Returns what is wrong with it, all of it, and keeps nothing then; and
    else what stays in Emby on servers that it leaves.
    """
    known = await servers.list_servers(visit.db, visit.user.id)
    lists_now, names = chosen_lists(fields, collection)
    problems: dict[str, str] = {} if fields.get("name") else {"name": NAMELESS}
    definition = typed_definition(
        fields,
        known,
        lists_now,
        problems,
        enabled=collection.enabled,
        titles=kept_titles(fields, collection) if fields.get("which") else (),
        upkeep=typed_upkeep(fields, await _kept(visit, known), problems),
    )
    staying = definition.server_ids or ()
    try:
        kept = []
        if fields.get("empty_left") == "yes" and "servers" not in problems:
            kept = await about_to_leave(visit.db, collection, staying)
        changed = await redefine_collection(
            visit.db, visit.outside, collection, definition, problems
        )
    except (InvalidError, UpstreamError) as error:
        where = "add_list" if fields.get("add_list") else ""
        return refused(fields, error, where, lists=names), []
    return None, await take_back(visit.db, visit.outside, changed, kept)


async def _kept(visit: Visit, known: Sequence[Server]) -> list[Kept]:
    """The libraries that may be chosen from."""
    found = []
    for server in known:
        rows = await servers.list_libraries(visit.db, server.id)
        used = [(row.id, row.name) for row in rows if row.used and row.kind in FITTING]
        found.append(Kept(server, used))
    return found


async def _unknown(visit: Visit, collection: Collection) -> dict[str, str]:
    """Genres that the collection asks about and that no title of its lists has, by field."""
    asked = {name: getattr(collection.rules, name) for name in ("genres", "without_genres")}
    if not any(asked.values()):
        return {}
    known = await lists.genres_of(visit.db, [entry.list_id for entry in collection.lists])
    strange = {name: [word for word in words if word not in known] for name, words in asked.items()}
    return {
        name: f"No title of your lists has this genre: {', '.join(words)}. Is it spelled right?"
        for name, words in strange.items()
        if words and known
    }
