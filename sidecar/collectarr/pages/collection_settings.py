"""The settings tab of a collection: as it is kept, or as it was typed and refused."""

from collections.abc import Sequence

from collectarr.errors import InvalidError, UpstreamError
from collectarr.pages.collection_form import (
    Typed,
    definition_of,
    mode_choices,
    refused,
    server_choices,
)
from collectarr.pages.collection_lists import chosen_lists, list_lines, op_choices, stored_lists
from collectarr.pages.collection_rules import kept_titles, rules_form, stored_fields
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

NAMELESS = "Type a name."


def _stored(collection: Collection, targets: Sequence[Target]) -> Typed:
    """The fields of the form as they are kept."""
    values, many = stored_fields(collection)
    ops, ids = stored_lists(collection)
    own = {
        "name": collection.name,
        "interval_hours": str(collection.interval_hours),
        "mode": collection.mode.value,
    }
    here = frozenset(str(target.server_id) for target in targets)
    return Typed({**values, **ops, **own}, here, {**many, "lists": ids})


async def settings_tab(
    visit: Visit,
    collection: Collection,
    known: Sequence[Server],
    targets: Sequence[Target],
    form: Form | None,
    typed: Typed | None,
) -> SettingsTab:
    """`typed`: what was sent and is not kept; None: as it is kept. `form` tells what is wrong."""
    fields, errors = typed or _stored(collection, targets), form.errors if form else {}
    followed = (await summaries.lists_of(visit.db, [collection.id])).get(collection.id, [])
    stored = await lists.get_lists(visit.db, [entry.list_id for entry in collection.lists])
    every = await stored_collections.list_collections(visit.db, visit.user.id)
    others = [row for row in every if row.id != collection.id]
    labels = {name: source.label for name, source in visit.outside.sources.items()}
    _, kept = stored_lists(collection)
    edit = CollectionForm(
        form=Form({**fields.values, **(form.values if form else {})}, errors),
        servers=server_choices(known, fields.servers),
        modes=mode_choices(fields.get("mode")),
        source=source_of(followed),
        rules=rules_form(fields, others, errors, collection),
        lists=list_lines(fields, collection, stored, labels),
        add_ops=op_choices(fields.get("add_op")),
        moved=fields.all("lists") not in ((), kept),
    )
    return SettingsTab(edit, adopted=any(target.origin == "adopted" for target in targets))


async def save(visit: Visit, collection: Collection, fields: Typed) -> Form | None:
    """Keep what was typed. Returns what is wrong with it, and keeps nothing then."""
    known = await servers.list_servers(visit.db, visit.user.id)
    chosen, names = chosen_lists(fields, collection)
    try:
        _check_named(fields)
        titles = kept_titles(fields, collection) if fields.get("which") else ()
        definition = definition_of(fields, known, chosen, enabled=collection.enabled, titles=titles)
        await redefine_collection(visit.db, visit.outside, collection, definition)
    except (InvalidError, UpstreamError) as error:
        return refused(fields, error, "add_list" if fields.get("add_list") else "", lists=names)
    return None


def _check_named(fields: Typed) -> None:
    if not fields.get("name"):
        raise InvalidError(NAMELESS, details={"fields": {"name": NAMELESS}})
