"""However events come, or fail to: after one polling interval all is as a full sync would have it.

Each story is told to a Collectarr that follows; then everything is read and planned anew, whatever
nobody thinks has moved, and that must find nothing to do.
"""

import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from collectarr.demo.emby import PROFILE_32, PROFILE_49
from collectarr.models import Ids, Kind, Rules, Title, Upkeep
from collectarr.sync.live import Following
from tests.flows.live_world import LiveWorld, live_world, until
from tests.flows.world import film, own

SEEDS = range(int(os.environ.get("COLLECTARR_FUZZ", "2")))
STEPS = 14


@dataclass
class Story:
    """What happens in the library, and what is heard of it."""

    living: LiveWorld
    chance: random.Random
    deaf: bool = False
    there: dict[str, Title] = field(default_factory=dict)

    async def happen(self) -> None:
        steps: list[Callable[[], Awaitable[None]]] = [
            self.come, self.come, self.come, self.nameless, self.known_late, self.change,
            self.leave, self.come_back, self.down, self.killed, self.stranger, self.rewritten,
        ]  # fmt: skip
        await self.chance.choice(steps)()

    def put(self, *titles: Title) -> list[str]:
        keys = own(self.living.world.emby, *titles)
        self.there |= dict(zip(keys, titles, strict=True))
        return keys

    async def tell(self, keys: list[str], kind: str = "added") -> None:
        """Some are lost, some come twice, and none in their order."""
        heard = [key for key in keys if self.chance.random() < 0.7]
        heard += [key for key in heard if self.chance.random() < 0.3]
        self.chance.shuffle(heard)
        for key in heard:
            await self.living.tell(key, kind=kind)
        if self.chance.random() < 0.5 and not self.deaf:
            await self.living.done()

    async def come(self) -> None:
        numbers = self.chance.sample(range(1, 40), self.chance.choice((1, 1, 2, 5)))
        await self.tell(self.put(*(film(number) for number in numbers)))

    async def nameless(self) -> None:
        """Without any id: only its name may tell."""
        number = self.chance.randrange(1, 40)
        year = 2000 + self.chance.choice((0, 0, 1))
        await self.tell(self.put(Title(Kind.MOVIE, f"Film {number}", year, Ids())))

    async def known_late(self) -> None:
        number = self.chance.randrange(1, 40)
        (key,) = self.put(Title(Kind.MOVIE, f"file.{number}", None, Ids()))
        await self.tell([key])
        self.identify(key, number)
        await self.tell([key], "updated")

    async def change(self) -> None:
        """Somebody corrects what it is."""
        if self.there:
            key = self.chance.choice(sorted(self.there))
            self.identify(key, self.chance.randrange(1, 40))
            await self.tell([key], "updated")

    def identify(self, key: str, number: int) -> None:
        title = film(number)
        self.there[key] = title
        self.living.world.emby.update_item(
            key, title=title.title, year=title.year, imdb=title.ids.imdb, tmdb=str(title.ids.tmdb)
        )

    async def leave(self) -> None:
        if self.there:
            key = self.chance.choice(sorted(self.there))
            self.living.world.emby.remove_item(key)
            del self.there[key]
            await self.tell([key], "removed")

    async def come_back(self) -> None:
        """Moved or replaced: gone, and there again under another id."""
        if self.there:
            key = self.chance.choice(sorted(self.there))
            title = self.there.pop(key)
            self.living.world.emby.remove_item(key)
            await self.tell([key], "removed")
            await self.tell(self.put(replace(title)))

    async def down(self) -> None:
        """Nobody answers while it is told."""
        emby = self.living.world.emby
        emby.fail("/Items", status=503, times=None)
        await self.unheard()
        await until(self._asked)
        emby.clear_faults()

    async def unheard(self) -> None:
        self.deaf = True
        await self.come()
        self.deaf = False

    async def _asked(self) -> bool:
        waiting = await self.living.world.db.value("SELECT count(*) FROM inbox")
        asked = any(row["status"] == 503 for row in self.living.world.emby.requests)
        return not waiting or asked

    async def killed(self) -> None:
        """After it was taken in, before anything came of it."""
        world, living = self.living.world, self.living
        await living.following.close()
        living.following = Following(
            world.db, world.outside, world.runner, world.live, quiet=60, at_most=60
        )
        await self.unheard()
        await living.following.close()
        living.following = Following(
            world.db, world.outside, world.runner, world.live,
            quiet=0.02, at_most=0.2, late=(0.05, 0.1), pauses=(0.05,),
        )  # fmt: skip
        await living.following.start()

    async def stranger(self) -> None:
        """Ids that are not there, or are no film."""
        box = self.living.world.emby.box_sets[0].id
        unknown = "f" * 32 if len(box) == 32 else "99999999"
        await self.living.tell(unknown, box)

    async def rewritten(self) -> None:
        """A scan gives everything another id, and tells of some of it."""
        titles = list(self.there.values())
        for key in list(self.there):
            self.living.world.emby.remove_item(key)
            del self.there[key]
        await self.tell(self.put(*titles))


async def begun(living: LiveWorld, chance: random.Random) -> Story:
    """Plain lists, and every rule that lets one title decide about another."""
    story = Story(living, chance)
    story.put(*(film(number) for number in range(1, 15)))
    await living.world.connect()
    await living.collection("plain", range(1, 25))
    await living.collection("other", range(15, 40))
    await living.collection("least", range(1, 30), upkeep=Upkeep(least=3))
    await living.collection("first", range(1, 40), rules=Rules(in_library=True, limit=10))
    names = [Title(Kind.MOVIE, f"Film {n}", 2000, Ids()) for n in range(5, 30)]
    living.world.mdblist.add_list("demo", "names", "names", [*names, film(40, "Film 7", 2001)])
    await living.world.define("demo/names", "names")
    await living.world.sync_all()
    return story


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_a_poll_all_is_as_a_full_sync_makes_it(tmp_path: Path, seed: int) -> None:
    profile = (PROFILE_49, PROFILE_32)[seed % 2]
    async with live_world(tmp_path, profile, adds_vanish_after_create=False) as living:
        living.world.outside.settle_seconds = 0.06
        story = await begun(living, random.Random(seed))
        for _ in range(STEPS):
            await story.happen()
        await living.done()

        await living.poll()
        await living.due()
        follows = living.held(), await living.matched(), await living.owned()
        await living.whole()

        assert living.held() == follows[0]
        assert await living.matched() == follows[1]
        assert await living.owned() == follows[2]
