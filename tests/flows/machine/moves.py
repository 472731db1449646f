"""What people do: to lists, to libraries, to box sets in Emby's own pages."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from collectarr.demo.emby.image_routes import put_image
from collectarr.demo.emby.state import StoredBoxSet, StoredItem
from collectarr.errors import InvalidError
from collectarr.models import Mode, Otherwise, Season, Upkeep, utc_now
from collectarr.store import corrections, servers
from collectarr.sync.correct import exclude_title, pin_title
from collectarr.sync.define import Definition, redefine_collection
from tests.flows.machine.house import FILMS, House
from tests.flows.machine.ledger import Ledger
from tests.flows.machine.model import PERSON, Box, Listed, Model
from tests.flows.machine.pictures import THEIRS
from tests.flows.machine.sight import Key, Place, key_of, number_of
from tests.flows.world import film

T = TypeVar("T")


def pick(rows: Sequence[T], number: int) -> T | None:
    return rows[number % len(rows)] if rows else None


class Lists:
    """MDBList, and what comes of its lists."""

    def __init__(self, house: House, model: Model) -> None:
        self._house = house
        self._model = model

    def _slug(self, c: int) -> str:
        return ("alpha", "beta")[c]

    def list(self, c: int, films: frozenset[int]) -> None:
        self.mend(c)
        self._model.lists[c].now = films
        rows = [film(number) for number in sorted(films)]
        self._house.mdblist.set_items("other", self._slug(c), rows)

    def swap(self, c: int, number: int) -> None:
        """One film comes, or goes."""
        films = self._model.lists[c].now ^ {number % FILMS + 1}
        self.list(c, films or frozenset({1}))

    def spoil(self, c: int, how: str) -> None:
        self.mend(c)
        listed: Listed = self._model.lists[c]
        mdblist, slug = self._house.mdblist, self._slug(c)
        if not listed.believed:
            return  # the first reading has nothing to lose, and is taken as it is
        listed.spoiled = how
        rows = [film(number) for number in sorted(listed.now)]
        where = rf"/lists/(other/{slug}|{101 + c})(/|$)"
        if how == "short":
            mdblist.set_items("other", slug, rows[: len(rows) // 2])
            mdblist.promise(slug, len(rows) + 1)
        elif how == "empty":
            mdblist.set_items("other", slug, [])
        elif how == "error":
            mdblist.fail(where, status=500, times=None)
        elif how == "html":
            mdblist.fail(where, status=200, body="<html>Just a moment</html>", times=None)
        else:
            mdblist.set_private("other", slug)

    def mend(self, c: int) -> None:
        listed, slug = self._model.lists[c], self._slug(c)
        if listed.spoiled is None:
            return
        listed.spoiled = None
        mdblist = self._house.mdblist
        mdblist.promise(slug, None)
        mdblist.set_private("other", slug, False)
        mdblist.control.faults.active = [
            fault for fault in mdblist.control.faults.active if slug not in fault.path
        ]
        mdblist.set_items("other", slug, [film(number) for number in sorted(listed.now)])


class Shelves:
    """The libraries of the two servers."""

    def __init__(self, house: House, model: Model, ledger: Ledger) -> None:
        self._house = house
        self._model = model
        self._ledger = ledger

    def _films(self, s: int, *, named: bool = True) -> list[StoredItem]:
        return [x for x in self._house.embys[s].items if (number_of(x) is not None) == named]

    def _moved(self, s: int, change: Callable[[], object]) -> None:
        """What these items were, and what they are now, is not to be judged before a look."""
        before = self._all(s)
        change()
        after = self._all(s)
        self._model.moved_in_library(s, {key for _, key in before ^ after})
        self._ledger.meet()

    def _all(self, s: int) -> set[tuple[str, Key]]:
        emby = self._house.embys[s]
        return {(item.id, key_of(emby, item)) for item in emby.items}

    def film(self, s: int, number: int, attic: bool) -> None:
        emby, one = self._house.embys[s], film(number % FILMS + 1)
        library = list(emby.core.state.libraries)[attic]
        there = self._all(s)
        emby.add_item("movie", one.title, one.year, one.ids.imdb, one.ids.tmdb, library=library)
        new = {key for _, key in self._all(s) - there}
        old = {key for _, key in there}
        # A version more of a film that somebody took out, or put in: nobody said of which.
        self._model.moved_in_library(s, new & old)
        dead = {key for target in self._model.targets.values() for key in target.gone}
        self._model.moved_in_library(s, new & dead)
        self._ledger.meet()

    def lose(self, s: int, number: int) -> None:
        item = pick(self._films(s), number)
        if item is not None:
            self._moved(s, lambda: self._house.embys[s].remove_item(item.id))

    def rehome(self, s: int, number: int) -> None:
        """The file moves: the same film under another id."""
        item = pick(self._films(s), number)
        if item is None:
            return
        emby, one = self._house.embys[s], film(number_of(item) or 0)
        self._moved(s, lambda: emby.remove_item(item.id))
        path = f"/media/Movies/moved/{len(emby.requests)}-{item.id}.mkv"
        emby.add_item("movie", one.title, one.year, one.ids.imdb, one.ids.tmdb, path=path)
        self._ledger.meet()

    def nameless(self, s: int) -> None:
        """A file that Emby does not know yet."""
        emby = self._house.embys[s]
        emby.add_item("movie", f"Unsorted {len(emby.items)}", 1900 + len(emby.items))
        self._ledger.meet()

    def ids(self, s: int, number: int) -> None:
        """Emby finds out what a file is, late."""
        item = pick(self._films(s, named=False), number)
        if item is not None and item.id not in self._model.pins.values():
            self._become(s, item, number % FILMS + 1)

    def renumber(self, s: int, number: int, other: int) -> None:
        """Emby had taken it for another film."""
        item = pick(self._films(s), number)
        if item is not None:
            self._become(s, item, other % FILMS + 1)

    def _become(self, s: int, item: StoredItem, number: int) -> None:
        one, emby = film(number), self._house.embys[s]
        ids = {"imdb": one.ids.imdb, "tmdb": one.ids.tmdb}
        keys = {key_of(emby, item)}
        self._moved(s, lambda: emby.update_item(item.id, title=one.title, year=one.year, **ids))
        self._model.moved_in_library(s, {*keys, key_of(emby, item)})

    async def library(self, s: int) -> None:
        """The second library is used no more, or again."""
        house, model = self._house, self._model
        first, second = list(house.embys[s].core.state.libraries)
        place = (s, second)
        model.unused ^= {place}
        used = [first] if place in model.unused else [first, second]
        await servers.use_libraries(house.db, house.servers[s].id, used)

    def scan(self, s: int) -> None:
        """A scan of the libraries begins, or ends."""
        emby = self._house.embys[s]
        if s in self._model.scanning:
            emby.core.agenda.run("scan")
        else:
            emby.scan()
        self._model.scanning ^= {s}


class Hands:
    """Box sets, edited in Emby."""

    def __init__(self, house: House, model: Model, ledger: Ledger) -> None:
        self._house = house
        self._model = model
        self._ledger = ledger

    def _box(self, c: int, s: int) -> tuple[Place, StoredBoxSet] | None:
        """That of the collection, else the one of its name that a person made."""
        bound = self._ledger.bound()
        for box in self._house.embys[s].box_sets:
            if bound.get((s, box.id)) == (c, s) and (s, box.id) in self._model.boxes:
                return (s, box.id), box
        for box in self._house.embys[s].box_sets:
            if (s, box.id) in self._model.boxes and not self._model.boxes[s, box.id].by_run:
                return (s, box.id), box
        return None

    def put(self, c: int, s: int, number: int) -> None:
        emby, found = self._house.embys[s], self._box(c, s)
        item = pick(emby.items, number)
        if found is None or item is None or item.id in found[1].links:
            return
        key, (place, box) = key_of(emby, item), found
        if key in {key_of(emby, emby.item(one)) for one in box.links}:
            for target in self._model.spots_of(place, self._ledger.bound()):
                target.blur(key)
        else:
            self._model.put_by_hand(place, key, self._ledger.bound())
        emby.hand_add(box.id, item.id)

    def take(self, c: int, s: int, number: int) -> None:
        found = self._box(c, s)
        if found is not None:
            keys = self._members(s, found[1])
            key = pick(keys, number)
            self._take(s, *found, [key] if key else [])

    def take_many(self, c: int, s: int, number: int) -> None:
        found = self._box(c, s)
        if found is not None:
            self._take(s, *found, self._members(s, found[1])[:number])

    def back(self, c: int, s: int, number: int) -> None:
        """Somebody puts in again what they took out."""
        emby, target = self._house.embys[s], self._model.targets[c, s]
        key = pick(sorted(target.out | target.taken), number)
        for at, item in enumerate(emby.items):
            if key is not None and key_of(emby, item) == key:
                self.put(c, s, at)
                return

    def _members(self, s: int, box: StoredBoxSet) -> list[Key]:
        emby = self._house.embys[s]
        return sorted({key_of(emby, emby.item(key)) for key in box.links})

    def _take(self, s: int, place: Place, box: StoredBoxSet, keys: Sequence[Key]) -> None:
        emby, bound = self._house.embys[s], self._ledger.bound()
        for item in [key for key in box.links if key_of(emby, emby.item(key)) in keys]:
            while item in box.links:
                emby.hand_remove(box.id, item)
        for key in keys:
            self._model.took_by_hand(place, key, bound)

    def rename(self, c: int, s: int, number: int) -> None:
        found = self._box(c, s)
        if found is not None:
            name = f"Somebody's {number}{c}"
            self._house.embys[s].hand_rename(found[1].id, name)
            self._model.boxes[found[0]].by_hand["name"] = name

    def describe(self, c: int, s: int, number: int) -> None:
        found = self._box(c, s)
        if found is not None:
            text = f"Words of a person, {number}."
            self._house.embys[s].hand_edit(found[1].id, Overview=text)
            self._model.boxes[found[0]].by_hand["overview"] = text

    def poster(self, c: int, s: int) -> None:
        found = self._box(c, s)
        if found is not None:
            put_image(self._house.embys[s].core, found[1], "Primary", THEIRS, "image/png")
            self._model.boxes[found[0]].by_hand["poster"] = THEIRS

    def delete(self, c: int, s: int) -> None:
        found = self._box(c, s)
        if found is not None:
            self._model.deleted_by_hand(found[0], self._ledger.bound())
            self._house.embys[s].hand_delete(found[1].id)

    def namesake(self, c: int, s: int, number: int) -> None:
        """A person makes a box set that is called like ours."""
        emby, name = self._house.embys[s], self._model.wishes[c].name
        if any(name in (box.name, box.path.rpartition("/")[2]) for box in emby.box_sets):
            return
        items = [item.id for item in emby.items][: number % 5]
        place = (s, emby.hand_create(name, items))
        keys = {key_of(emby, emby.item(key)) for key in items}
        self._model.boxes[place] = Box(by_run=False, owner=dict.fromkeys(keys, PERSON))
        for target in self._model.spots_of(place, self._ledger.bound()):
            target.forget_box()


class Wanting:
    """What the user of Collectarr wishes."""

    def __init__(self, house: House, model: Model) -> None:
        self._house = house
        self._model = model

    async def mode(self, c: int, mode: str) -> None:
        self._model.wishes[c].mode = mode
        await self._define(c)

    async def upkeep(self, c: int, least: int, season: str | None, delete: int) -> None:
        wish = self._model.wishes[c]
        wish.least, wish.season, wish.delete = least, season, bool(delete % 2)
        await self._define(c)

    async def _define(self, c: int) -> None:
        wish = self._model.wishes[c]
        collection = await self._house.collection(c)
        upkeep = Upkeep(
            least=wish.least,
            season=season(wish.season) if wish.season else None,
            otherwise=Otherwise.DELETE if wish.delete else Otherwise.EMPTY,
        )
        definition = Definition(None, (), Mode(wish.mode), upkeep=upkeep)
        await redefine_collection(self._house.db, self._house.outside, collection, definition)

    async def pin(self, s: int, number: int, which: int) -> None:
        """A file that Emby does not know is this film, says a person."""
        house, pins = self._house, self._model.pins
        rows = [x for x in house.embys[s].items if number_of(x) is None]
        item = pick([x for x in rows if x.id not in pins.values()], which)
        place = (s, number % FILMS + 1)
        if item is None or place in pins or place[1] in self._model.excluded:
            return
        with suppress(InvalidError):  # no run has seen it yet
            one, server = film(place[1]), house.servers[s].id
            await pin_title(house.db, house.user_id, one, server, [item.id])
            pins[place] = item.id

    async def exclude(self, number: int) -> None:
        one = film(number % FILMS + 1)
        self._model.excluded.add(number % FILMS + 1)
        for s in (0, 1):
            self._model.pins.pop((s, number % FILMS + 1), None)
        await exclude_title(self._house.db, self._house.user_id, one)

    async def include(self, number: int) -> None:
        said: Any = await corrections.list_corrections(self._house.db, self._house.user_id)
        one = pick(said, number)
        if one is not None:
            number = one.title.ids.tmdb
            if one.act == "pin":
                self._model.pins.pop((self._house.emby_number(one.server_id), number))
            else:
                self._model.excluded.discard(number)
            await corrections.delete_correction(self._house.db, self._house.user_id, one.id)


def season(which: str) -> Season:
    """Days around today, or far from it."""
    begins, ends = (
        utc_now() + timedelta(days=days) for days in ((-9, 9) if which == "in" else (60, 80))
    )
    return Season((begins.month, begins.day), (ends.month, ends.day))
