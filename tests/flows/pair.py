"""Two servers, a new one and an old one, and a story of ten collections that both of them live.

Every rule acts in it at once, so that one run shows what becomes of all of them.
"""

import io
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

from collectarr.demo.emby import PROFILE_32, PROFILE_49, EmbyProfile, EmbyStandIn, serve
from collectarr.models import Look, Mode, Otherwise, PosterFrom, Season, Upkeep, utc_now
from collectarr.store import collections
from collectarr.store.collections import Collection
from collectarr.store.runs import Run, list_changes, list_runs
from collectarr.store.servers import Server
from collectarr.sync.define import Definition, redefine_collection
from tests.flows.world import World, film, make_world, own

OWNED = 40
THERE_LATER = 50
"""The first number of a film that both libraries get while one server is in trouble."""
ALL = ("keep", "mirror", "adding", "named", "gone", "guard", "least", "season", "look", "still",
       "new")  # fmt: skip
HELD = {"gone", "guard"}
CHANGES = {
    *(("keep", "add", "Film 21"), ("keep", "remove", "Film 1"), ("keep", "remove", "Film 2")),
    *(("mirror", "remove", "Film 1"), ("mirror", "remove", "Film 31")),
    *(("adding", "add", "Film 22"), ("named", "add", "Film 23")),
    *(("least", "remove", f"Film {number}") for number in range(1, 7)),
    *(("season", "remove", f"Film {number}") for number in range(1, 5)),
    *(("new", "add", f"Film {number}") for number in range(1, 6)),
}
"""What goes in and out of the box sets of one server, but for the late film."""
Titles = frozenset[str]


@dataclass
class House:
    """One server with its door: shut, nobody answers there."""

    emby: EmbyStandIn
    url: str = ""
    runner: web.AppRunner | None = None
    server: Server | None = None

    async def open(self) -> None:
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self.runner, self.url = await serve(self.emby, port)

    async def shut(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
        self.runner = None

    @property
    def id(self) -> int:
        assert self.server is not None
        return self.server.id

    @property
    def name(self) -> str:
        assert self.server is not None
        return self.server.name

    def held(self) -> dict[str, Titles]:
        """What its box sets hold. Raises AssertionError where two have one name."""
        found: dict[str, Titles] = {}
        for box in self.emby.box_sets:
            assert box.name not in found, f"two called {box.name}"
            members = self.emby.members(box.id)
            assert len(members) == len(set(members))
            found[box.name] = frozenset(self.emby.item(key).name for key in members)
        return found

    def looks(self) -> dict[str, tuple[Any, bool]]:
        """Overview, and whether there is a poster of ours or of a person's."""
        return {
            box.name: ((box.details or {}).get("Overview"), posted(box))
            for box in self.emby.box_sets
        }

    def counted(self) -> dict[str, int]:
        asked = [row["method"] != "GET" for row in self.emby.requests]
        return {"reads": len(asked) - sum(asked), "writes": sum(asked)}


def posted(box: Any) -> bool:
    image = box.image("Primary")
    return image is not None and image.body[:3] == b"\xff\xd8\xff" and len(image.body) == SIZE_SENT


def poster() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), (200, 30, 90)).save(out, "JPEG")
    return out.getvalue()


POSTER = poster()
SIZE_SENT = len(POSTER)


@dataclass
class Pair:
    """`story` numbers what happens: each has lists, box sets and a late film of its own."""

    world: World
    den: House
    cabin: House
    story: int = 0
    cast: frozenset[str] = frozenset()
    ours: dict[str, Collection] = field(default_factory=dict)

    @property
    def houses(self) -> tuple[House, House]:
        return self.den, self.cabin

    def called(self, what: str) -> str:
        return f"{what.capitalize()} {self.story}"

    @property
    def late(self) -> int:
        return THERE_LATER + self.story

    async def define(self, what: str, films: Iterable[int], **options: Any) -> None:
        if what not in self.cast:
            return
        slug, name = f"{what}-{self.story}", self.called(what)
        self.world.mdblist.add_list("demo", slug, name, [film(n) for n in films])
        self.ours[what] = await self.world.define(f"demo/{slug}", name, **options)

    def list_now(self, what: str, films: Iterable[int]) -> None:
        if what not in self.ours:
            return
        titles = [film(number) for number in films]
        self.world.mdblist.set_items("demo", f"{what}-{self.story}", titles)

    async def change(self, what: str, **changes: Any) -> None:
        if what not in self.ours:
            return
        known = self.ours[what]
        now = await collections.get_collection(self.world.db, self.world.user.id, known.id)
        definition = Definition(None, (), now.mode, **changes)
        await redefine_collection(self.world.db, self.world.outside, now, definition)

    async def begin(self, *cast: str) -> None:
        """All of them, or those named, in step on both servers."""
        self.story += 1
        self.cast = frozenset(cast or ALL)
        much = Upkeep(week_share=1)
        await self.define("keep", [*range(1, 11), self.late], upkeep=much)
        theirs = Look(overview="Words of ours")
        await self.define("mirror", range(1, 11), mode=Mode.MIRROR, upkeep=much, look=theirs)
        await self.define("adding", range(1, 7), mode=Mode.ADD_ONLY)
        await self.define("named", range(1, 7))
        await self.define("gone", range(1, 7))
        await self.define("guard", range(1, 21))
        await self.define("least", range(1, 7), upkeep=Upkeep(least=5))
        await self.define("season", range(1, 5))
        await self.define("look", range(1, 5))
        await self.define("still", range(1, 5))
        await self.sync()

    async def happen(self) -> None:
        """What people, lists and libraries do while a server is in trouble."""
        for house in self.houses:
            own(house.emby, film(self.late))
            self._by_hand(house.emby)
        self.list_now("keep", [*range(3, 11), 21, self.late])
        self.list_now("mirror", range(2, 11))
        self.list_now("adding", [*range(2, 7), 22])
        self.list_now("named", [*range(1, 7), 23])
        self.list_now("guard", range(1, 9))
        self.list_now("least", range(1, 5))
        await self.change("season", upkeep=Upkeep(season=far_season(), otherwise=Otherwise.DELETE))
        picture = await self.world.outside.pictures.keep(POSTER)
        words = f"The words of {self.story}"
        await self.change("look", look=Look(None, words, poster=PosterFrom.UPLOAD, picture=picture))
        await self.define("new", range(1, 6))

    def _by_hand(self, emby: EmbyStandIn) -> None:
        boxes = {what: emby.box_set(self.called(what)) for what in self.ours}
        ids = {what: box.id for what, box in boxes.items() if box is not None}
        items = {item.name: item.id for item in emby.items}
        if "keep" in ids:
            emby.hand_add(ids["keep"], items["Film 30"])
            emby.hand_remove(ids["keep"], items["Film 4"])
        if "mirror" in ids:
            emby.hand_add(ids["mirror"], items["Film 31"])
            emby.hand_edit(ids["mirror"], Overview="Words of a person")
        if "named" in ids:
            emby.hand_rename(ids["named"], f"Ours {self.story}")
        if "gone" in ids:
            emby.hand_delete(ids["gone"])

    def after(self, house: House) -> dict[str, Titles]:
        """What its box sets hold once all of that has come to it."""
        found: dict[str, Iterable[int]] = {
            "keep": [3, *range(5, 11), 21, 30, self.late],
            "mirror": range(2, 11),
            "adding": [*range(1, 7), 22],
            "named": [*range(1, 7), 23],
            "guard": range(1, 21),
            "least": [],
            "season": [],
            "look": range(1, 5),
            "still": range(1, 5),
            "new": range(1, 6),
        }
        if house.emby.profile.key_deletes:
            del found["season"]
        return {
            f"Ours {self.story}" if what == "named" else self.called(what): frozenset(
                f"Film {number}" for number in films
            )
            for what, films in found.items()
            if what in self.cast
        }

    def looks_after(self) -> dict[str, tuple[Any, bool]]:
        looks = {
            "look": (f"The words of {self.story}", True),
            "mirror": ("Words of a person", False),
        }
        return {self.called(what): look for what, look in looks.items() if what in self.cast}

    def due(self) -> Counter[tuple[str, int | None, str, str]]:
        """What goes in and out, by what `told` says."""
        due = {*CHANGES, ("keep", "add", f"Film {self.late}")}
        return Counter(
            (what, house.id, op, title)
            for house in self.houses
            for what, op, title in due
            if what in self.cast
        )

    async def sync(self) -> Run:
        for house in self.houses:
            house.emby.clear_requests()
        return await self.world.sync_all()

    async def parts(self, run: Run) -> dict[str, Run]:
        """By what they are called here."""
        found, _ = await list_runs(self.world.db, self.world.user.id, parent_id=run.id)
        names = {collection.id: what for what, collection in self.ours.items()}
        return {names[part.collection_id or 0]: part for part in found}

    async def told(self, *runs: Run) -> list[tuple[str, int | None, str, str]]:
        """Every title that these runs say went in or out, with collection and server."""
        return [
            (what, change.server_id, change.op, change.title)
            for run in runs
            for what, part in (await self.parts(run)).items()
            for change in await list_changes(self.world.db, part.id)
            if change.op in ("add", "remove")
        ]

    async def end(self) -> None:
        """Everything is as before the story, but for the late film."""
        for house in self.houses:
            house.emby.clear_faults()
            for box in house.emby.box_sets:
                house.emby.hand_delete(box.id)
        for collection in self.ours.values():
            await collections.delete_collection(self.world.db, collection.id)
        self.ours.clear()


def far_season() -> Season:
    begins, ends = (utc_now() + timedelta(days=days) for days in (30, 60))
    return Season((begins.month, begins.day), (ends.month, ends.day))


def _emby(profile: EmbyProfile, name: str) -> EmbyStandIn:
    emby = EmbyStandIn(
        profile, server_name=name, settle_seconds=0.02, event_seconds=9, collage_seconds=None
    )
    emby.add_library("Movies", "movies", "/media/Movies")
    own(emby, *(film(number) for number in range(1, OWNED + 1)))
    return emby


@asynccontextmanager
async def pair_of(folder: Path) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(make_world(folder))
        world.outside.pause_seconds = 0.001
        world.outside.settle_seconds = 0.05
        den, cabin = House(_emby(PROFILE_49, "Den")), House(_emby(PROFILE_32, "Cabin"))
        for house in (den, cabin):
            await house.open()
            stack.push_async_callback(house.shut)
            house.server = await world.connect(house.url)
        yield Pair(world, den, cabin)
