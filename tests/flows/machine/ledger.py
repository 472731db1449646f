"""What the store says, held against the model: history, provenance, a sound database."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing

from tests.flows.machine.house import House
from tests.flows.machine.model import PERSON, SPOTS, Model
from tests.flows.machine.sight import Key, Place, Seen, Spot, key_of

Done = Mapping[Spot, tuple[set[Key], set[Key]]]


class Ledger:
    """Reads the file itself, as it is on the disk."""

    def __init__(self, house: House, model: Model) -> None:
        self._house = house
        self._model = model
        self._keys: dict[tuple[int, str], set[Key]] = {}

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._house.doom.path)) as db:
            return db.execute(sql, values).fetchall()

    def meet(self) -> None:
        """Remember which items there are: the history names them after they are gone."""
        for s, emby in enumerate(self._house.embys):
            for item in emby.items:
                self._keys.setdefault((s, item.id), set()).add(key_of(emby, item))

    def bound(self) -> dict[Place, Spot]:
        """Which box set each target keeps; never one for two."""
        rows = self._rows(
            "SELECT collection_id, server_id, box_set_id FROM targets WHERE box_set_id NOT NULL"
        )
        found: dict[Place, Spot] = {}
        for collection_id, server_id, box_set_id in rows:
            s = self._house.emby_number(int(str(server_id)))
            place = (s, str(box_set_id))
            assert place not in found, f"two targets keep {place}"
            found[place] = (self._house.collection_ids.index(int(str(collection_id))), s)
        return found

    def last_change(self) -> int:
        return int(str(self._rows("SELECT coalesce(max(id), 0) FROM run_changes")[0][0]))

    def told(self, spot: Spot, since: int) -> set[tuple[str, Key]]:
        """(op, key) of the history of one target after that change; each with a reason."""
        c, s = spot
        rows = self._rows(
            "SELECT op, item_id, why FROM run_changes JOIN runs ON runs.id = run_id"
            " WHERE run_changes.id > ? AND op IN ('add', 'remove') AND collection_id = ?"
            " AND server_id = ?",
            *(since, self._house.collection_ids[c], self._house.servers[s].id),
        )
        assert all(why for _, _, why in rows), "4: a change without a reason"
        return {
            (str(op), key) for op, item, _ in rows for key in self._keys.get((s, str(item)), ())
        }

    def explain(self, done: Done, since: int, whole: Iterable[Spot]) -> Done:
        """Every change of a run is in the history; of one cut off once the next has ended well,
        and then among the changes of that one. Returns what was told now.
        """
        for spot, (added, removed) in done.items():
            changes = [("add", key) for key in added] + [("remove", key) for key in removed]
            for change in changes:
                self._model.targets[spot].untold.setdefault(change, since)
        whole, now = set(whole), {}
        for spot in SPOTS:
            untold = self._model.targets[spot].untold
            told = {change for change, known in untold.items() if change in self.told(spot, known)}
            for change in told:
                del untold[change]
            assert not (spot in whole and untold), f"4: not in the history: {spot} {untold}"
            now[spot] = tuple({key for op, key in told if op == one} for one in ("add", "remove"))
        return now

    def sound(self, now: Seen) -> None:
        """After every step."""
        assert self._rows("PRAGMA integrity_check") == [("ok",)]
        assert self._rows("PRAGMA foreign_key_check") == []
        still = self._rows("SELECT id, status FROM runs WHERE status IN ('QUEUED', 'RUNNING')")
        assert not still, f"7: still open: {still}"
        bugs = self._rows("SELECT id, message FROM runs WHERE error_code = 'bug'")
        assert not bugs, f"a bug: {bugs}"
        self.provenance(now)

    def provenance(self, now: Seen, looked: int | None = None) -> None:
        """What a person put in is never remembered as ours. `looked`: the collection of which
        runs have seen all.
        """
        rows = self._rows(
            "SELECT collection_id, server_id, box_set_id, item_id FROM members JOIN targets"
            " ON targets.id = target_id WHERE owner = 'ours' AND members.state IN ('in', 'adding')"
            " AND box_set_id NOT NULL"
        )
        for collection_id, server_id, box_set_id, item in rows:
            s = self._house.emby_number(int(str(server_id)))
            spot = (self._house.collection_ids.index(int(str(collection_id))), s)
            there = self._house.embys[s].core.state.items.get(str(item))
            place = (s, str(box_set_id))
            box = self._model.boxes.get(place)
            if there is None or box is None or place not in now:
                continue
            if not box.ours and (looked != spot[0] or self._model.targets[spot].stopped):
                continue  # a person put it where ours had been; nobody has seen it yet
            key = key_of(self._house.embys[s], there)
            if key in now[place].members and key not in self._model.targets[spot].free:
                theirs = box.owner.get(key) == PERSON
                assert not theirs, f"3: remembered as ours, put in by a person: {spot} {key}"

    def settled(self, spot: Spot) -> bool:
        c, s = spot
        ids = (self._house.collection_ids[c], self._house.servers[s].id)
        rows = self._rows(
            "SELECT etag FROM targets WHERE collection_id = ? AND server_id = ?"
            " AND box_set_id NOT NULL AND held IS NULL",
            *ids,
        )
        return bool(rows and rows[0][0])

    def looked_at(self, spot: Spot) -> bool:
        """Whether its last plan came to its end: nothing of it waits for a person."""
        c, s = spot
        ids = (self._house.collection_ids[c], self._house.servers[s].id)
        sql = "SELECT inputs FROM targets WHERE collection_id = ? AND server_id = ?"
        return self._rows(sql, *ids)[0][0] is not None
