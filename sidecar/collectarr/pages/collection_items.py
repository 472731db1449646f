"""The titles of a collection: those it has, and those of its lists that it leaves out."""

from collections.abc import Sequence
from urllib.parse import quote

from collectarr.models import Kind, Order, Title
from collectarr.pages.editor_parts import fields_of
from collectarr.pages.lines import pager
from collectarr.pages.parts import Choice, Poster
from collectarr.pages.posters import poster_url, title_poster_url
from collectarr.pages.views import ItemsTab, Presence, TitleCard, TitleChoice
from collectarr.pages.visit import Visit
from collectarr.pages.words import id_links, matched_words
from collectarr.store.collections import Collection
from collectarr.store.servers import Server
from collectarr.sync.define_rules import names_a_title
from collectarr.sync.reasons import is_conflict
from collectarr.sync.rules import LeftOut
from collectarr.sync.show import ServerPresence, TitleRow, Titles

PER_PAGE = 60
KINDS = {Kind.MOVIE: "Film", Kind.SHOW: "Show", Kind.UNKNOWN: "Film or show"}
LABELS = {
    "all": "All",
    "owned": "In library",
    "missing": "Missing",
    "conflicts": "Conflicts",
    "out": "Left out",
}
ORDER_NOTE = "{order}. Emby sorts its collections by itself."
IN_ORDER = {
    Order.RANK: "In the order of the list",
    Order.TITLE: "By title",
    Order.YEAR: "By year",
    Order.RELEASED: "By day of release",
    Order.RATING: "By rating",
    Order.ADDED: "By the day they were put on the list",
}
NOT_COMPARED = "It has not been looked for on any server yet."


def items_tab(
    visit: Visit, collection: Collection, known: Sequence[Server], found: Titles
) -> ItemsTab:
    groups = _groups(found)
    show = visit.request.query.get("show", "all")
    show = show if show in groups else "all"
    shown = groups[show]
    path = f"/collections/{collection.id}"
    start = (visit.page_number() - 1) * PER_PAGE
    here = path if show == "all" else f"{path}?show={show}"
    # An empty group of a list that was read is not the same as a list never read.
    there = len(shown) or len(groups["all"])
    return ItemsTab(
        titles=tuple(
            _left_out_card(visit, start + place, row)
            if isinstance(row, LeftOut)
            else _title_card(visit, row, known, found.pins.get(row.rank), collection.id)
            for place, row in enumerate(shown[start : start + PER_PAGE], start=1)
        ),
        show=_choices(path, show, {value: len(rows) for value, rows in groups.items()}),
        pager=pager(visit, here if shown else path, PER_PAGE, there),
        note=ORDER_NOTE.format(order=IN_ORDER[collection.rules.order]),
        filled=any(groups.values()),
    )


def _choices(path: str, show: str, counts: dict[str, int]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value,
            LABELS[value],
            value == show,
            href=path if value == "all" else f"{path}?show={value}",
            count=count,
        )
        for value, count in counts.items()
    )


Rows = Sequence[TitleRow | LeftOut]


def _groups(found: Titles) -> dict[str, Rows]:
    """Where nobody has looked, nobody knows what is missing."""
    rows = found.rows
    groups: dict[str, Rows] = {"all": rows}
    if found.looked:
        groups["owned"] = [row for row in rows if row.in_library]
        groups["missing"] = [row for row in rows if not row.in_library]
    if conflicts := [row for row in rows if in_conflict(row)]:
        groups["conflicts"] = conflicts
    return {**groups, "out": found.left_out}


def in_conflict(row: TitleRow) -> bool:
    """Whether ids that disagree keep it out on some server."""
    return any(is_conflict(one.why) for one in row.servers if not one.item_ids)


def _title_card(
    visit: Visit, row: TitleRow, known: Sequence[Server], pin: Title | None, collection_id: int
) -> TitleCard:
    found = {presence.server_id: presence for presence in row.servers}
    owned = next((one for one in row.servers if one.item_ids), None)
    item = (owned.server_id, owned.item_ids[0]) if owned else None
    title = row.title
    return TitleCard(
        rank=row.rank,
        poster=_poster(visit, title, row.poster, item),
        kind=KINDS[title.kind],
        in_library=owned is not None if row.servers else None,
        why=_why(owned, row.servers),
        ids=id_links(title.kind, title.ids),
        servers=tuple(
            _presence(server, found[server.id]) for server in known if server.id in found
        ),
        pinned=pin is not None,
        conflict=in_conflict(row),
        match=f"/collections/{collection_id}/items/{row.rank}/match",
        choices=_choices_of(title, "pin" if pin is None else "unpin", "exclude"),
        fields=fields_of(pin or title, None),
    )


def _left_out_card(visit: Visit, place: int, row: LeftOut) -> TitleCard:
    title = row.item.title
    return TitleCard(
        rank=place,
        poster=_poster(visit, title, row.item.poster, None),
        kind=KINDS[title.kind],
        in_library=None,
        why=row.why,
        ids=id_links(title.kind, title.ids),
        left_out=True,
        choices=_choices_of(row.by or title, "pin" if row.by is None else "unexclude"),
        fields=fields_of(row.by or title, None),
    )


DECISIONS = {
    "pin": ("Always in", "pin"),
    "unpin": ("Not always in any more", "pin-off"),
    "exclude": ("Leave out", "ban"),
    "unexclude": ("Bring back", "undo-2"),
}


def _choices_of(title: Title, *verbs: str) -> tuple[TitleChoice, ...]:
    """None for a title that cannot be told from others."""
    return tuple(TitleChoice(verb, *DECISIONS[verb]) for verb in verbs if names_a_title(title))


def _poster(visit: Visit, title: Title, listed: str | None, item: tuple[int, str] | None) -> Poster:
    url = poster_url(visit.url, item, listed)
    if url is None and visit.services.posters.finds(title):
        url = title_poster_url(visit.url, title)
    return Poster(title.title, url, title.year)


def _why(owned: ServerPresence | None, presences: Sequence[ServerPresence]) -> str:
    if owned is not None:
        return owned.why
    if not presences:
        return NOT_COMPARED
    near = f" Near it: {', '.join(presences[0].near)}." if presences[0].near else ""
    return presences[0].why + near


def _presence(server: Server, presence: ServerPresence) -> Presence:
    if not presence.item_ids:
        return Presence(server.name)
    by = matched_words(presence.matched_by or "")
    return Presence(server.name, by, emby_page(server, presence.item_ids[0]))


def emby_page(server: Server, item_id: str) -> str:
    """The page of an item in the server's own web client."""
    base = server.url.removesuffix("/emby")
    place = "details" if server.kind == "jellyfin" else "!/item"
    return f"{base}/web/index.html#{place}?id={quote(item_id)}&serverId={quote(server.uid)}"
