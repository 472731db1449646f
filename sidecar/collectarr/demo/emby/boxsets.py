"""Box sets as Emby keeps them: born from a folder, members as links, settling late."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectarr.demo.emby.agenda import Agenda
from collectarr.demo.emby.feed import Feed
from collectarr.demo.emby.rows import dashed
from collectarr.demo.emby.state import EmbyState, StoredBoxSet, StoredImage, StoredItem, hashed_id
from collectarr.demo.emby.text import folder_name, sort_name
from collectarr.demo.emby.wire import NULL_ID, Refusal

DATA = "/config/data/collections"
_TYPE = "MediaBrowser.Controller.Entities.Movies.BoxSet"


@dataclass(frozen=True, slots=True)
class Habits:
    """When a server does things by itself, in seconds, and which traps it has.

    `settle`: the refresh that each change queues, which moves the Etag once more.
    `collage`: Emby's own poster for a box set without one; None never draws any.
    `adds_vanish_after_create`: an add to a box set that has not settled yet is lost.
    `recreate_trap`: deleting before it has settled spoils the name until a restart.
    """

    settle: float = 2.0
    collage: float | None = 2.0
    adds_vanish_after_create: bool = False
    recreate_trap: bool = False


class BoxSets:
    """Every change of a box set goes through here: Etag, events and refreshes follow."""

    def __init__(self, state: EmbyState, agenda: Agenda, feed: Feed, habits: Habits) -> None:
        self._state = state
        self._agenda = agenda
        self._feed = feed
        self._habits = habits
        self._by_folder: dict[str, StoredBoxSet] = {}
        self._spoiled: set[str] = set()

    def create(self, name: str, ids: Sequence[str]) -> StoredBoxSet:
        """As `POST /Collections` does it. Raises Refusal, sometimes with the deed half done."""
        profile = self._state.profile
        if not name:
            raise Refusal(400, "Value cannot be null.\nParameter name: filename")
        folder = folder_name(name, profile.folder_cleans)
        if folder in self._by_folder:
            return self._create_over(self._by_folder[folder], name, ids)
        if not ids and not profile.empty_create:
            raise Refusal(500, "Sequence contains no elements")
        if folder in self._spoiled:
            raise Refusal(500, "SQLite Error 19: 'FOREIGN KEY constraint failed'.")
        box = self.make(name)
        self._known(ids)
        self._link(box, ids)
        return box

    def make(self, name: str) -> StoredBoxSet:
        """An empty box set in its own folder. Raises Refusal where the folder cannot be."""
        folder = folder_name(name, self._state.profile.folder_cleans)
        path = f"{DATA}/{folder}"
        if len(folder.encode()) > 255:
            raise Refusal(
                500,
                f"The path '{path}' is too long, or a component of the specified path is too long.",
            )
        box = StoredBoxSet(
            id=self._state.new_id(_TYPE, "data\\collections\\", folder),
            type="BoxSet", name=name, path=path, sort_name=sort_name(name),
        )  # fmt: skip
        self._by_folder[folder] = box
        self._state.put_box_set(box)
        self._feed.added(box)
        self._settle_later(box)
        return box

    def add(self, box_id: str, ids: Sequence[str]) -> None:
        """One unknown id fails the whole call; a member stays a member."""
        if box_id in self._state.lost_box_sets and self._state.profile.lost_box_set_takes_adds:
            return
        box = self._box(box_id)
        self._known(ids)
        lost = self._habits.adds_vanish_after_create and box.fresh
        if not lost:
            self.add_known(box, ids)

    def add_known(self, box: StoredBoxSet, ids: Sequence[str]) -> None:
        if self._link(box, ids):
            self.changed(box)

    def remove(self, box_id: str, ids: Sequence[str]) -> None:
        box = self._box(box_id)
        self._known(ids)
        gone = self.remove_known(box, ids)
        if self._state.profile.removed_shows_once:
            box.ghosts = [item_id for item_id in gone if item_id not in box.links]

    def remove_known(self, box: StoredBoxSet, ids: Sequence[str]) -> list[str]:
        """Takes one link of each member out and tells which were members."""
        gone = [item_id for item_id in dict.fromkeys(ids) if item_id in box.links]
        for item_id in gone:
            self._state.unlink(box, item_id)
        if gone:
            self.changed(box)
        return gone

    def rename(self, box: StoredBoxSet, name: str) -> None:
        """The name changes, the folder does not."""
        box.name = name
        box.sort_name = sort_name(name)
        self.changed(box)

    def delete(self, box: StoredBoxSet) -> None:
        folder = box.path.rpartition("/")[2]
        self._by_folder.pop(folder, None)
        if self._habits.recreate_trap and self._agenda.planned(self._key(box)):
            self._spoiled.add(folder)
        self._agenda.cancel(self._key(box))
        self._agenda.cancel(self._key(box, "collage"))
        self._state.take_box_set(box)
        self._feed.removed(box)

    def changed(self, item: StoredItem) -> None:
        """A real change: the Etag moves now, and for a box set once more when it has settled."""
        self._state.touch(item)
        self._feed.updated(item)
        if isinstance(item, StoredBoxSet):
            self._settle_later(item)

    def _settle_later(self, box: StoredBoxSet) -> None:
        self._agenda.later(self._key(box), self._habits.settle, lambda: self._settle(box))
        if self._habits.collage is not None and not image_of(box):
            self._agenda.later(
                self._key(box, "collage"), self._habits.collage, lambda: self._draw(box)
            )

    def _settle(self, box: StoredBoxSet) -> None:
        box.fresh = False
        self._state.touch(box)

    def _draw(self, box: StoredBoxSet) -> None:
        if box.links and not image_of(box):
            self._state.touch(box)
            tag = hashed_id(box.id, "-collage-", self._state.generation)
            box.images = {**(box.images or {}), "Primary": [StoredImage(tag)]}

    def _key(self, box: StoredBoxSet, what: str = "refresh") -> str:
        return f"{what}:{box.id}"

    def _create_over(self, box: StoredBoxSet, name: str, ids: Sequence[str]) -> StoredBoxSet:
        match self._state.profile.create_over:
            case "existing":
                return box
            case "replaced":
                self._known(ids)
                self._replace(box, name, ids)
                return box
        if box.name != name:
            self.rename(box, name)
        raise Refusal(400, f"A child with the Id {dashed(box.id)} already exists.")

    def _replace(self, box: StoredBoxSet, name: str, ids: Sequence[str]) -> None:
        for item_id in list(box.links):
            box.links[item_id] = 1
            self._state.unlink(box, item_id)
        box.name = name
        self._link(box, ids)
        self.changed(box)

    def _link(self, box: StoredBoxSet, ids: Sequence[str]) -> bool:
        fresh = [item_id for item_id in dict.fromkeys(ids) if item_id not in box.links]
        for item_id in fresh:
            self._state.link(box, item_id)
        return bool(fresh)

    def _known(self, ids: Sequence[str]) -> None:
        if any(item_id not in self._state.items for item_id in ids):
            raise Refusal(400, NULL_ID)

    def _box(self, box_id: str) -> StoredBoxSet:
        if box_id in self._state.items:
            raise Refusal(400, "No collection exists with the supplied Id")
        if box_id not in self._state.box_sets:
            raise Refusal(400, NULL_ID)
        return self._state.box_sets[box_id]


def image_of(item: StoredItem) -> StoredImage | None:
    return item.image("Primary")


def described(item: StoredItem, body: dict[str, Any]) -> None:
    """Writes what a posted item says into `item`; what it does not name is gone."""
    kept = ("LocationType", "OriginalTitle")
    item.details = {key: item.detail(key) for key in kept if item.detail(key) is not None}
    for key, value in body.items():
        if key in _WRITABLE and value not in (None, "", []):
            item.details[key] = value


_WRITABLE = frozenset((
    "OriginalTitle", "Overview", "Genres", "Tags", "TagItems", "Taglines", "Studios", "People",
    "ForcedSortName", "DisplayOrder", "LockedFields", "LockData", "OfficialRating",
))  # fmt: skip
