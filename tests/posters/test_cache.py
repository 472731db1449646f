"""Each picture is fetched once, kept whole, and never outside its folder."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from collectarr.errors import NotFoundError, UnavailableError
from collectarr.posters.cache import PosterCache


def picture(width: int = 20) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 30)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Source:
    """Gives a picture, or fails, once its gate is open; and counts."""

    raw: bytes = field(default_factory=picture)
    error: Exception | None = None
    times: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self) -> bytes:
        self.times += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.raw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> PosterCache:
    return PosterCache(folder)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_picture_is_fetched_once_and_kept_over_a_restart(
    cache: PosterCache, folder: Path
) -> None:
    source = Source()
    first = await cache.get("a", 10, source)

    assert await cache.get("a", 10, source) == first
    assert await PosterCache(folder).get("a", 10, source) == first
    assert source.times == 1
    assert Image.open(io.BytesIO(first)).width == 10


async def test_widths_and_keys_are_kept_apart(cache: PosterCache) -> None:
    source = Source()
    for key, width in (("a", 10), ("a", 20), ("b", 10), ("a@10", 10), ("a@10", 20)):
        await cache.get(key, width, source)

    assert source.times == 5


async def test_all_who_ask_at_once_share_one_fetch(cache: PosterCache) -> None:
    source = Source()
    source.gate.clear()
    asked = [asyncio.ensure_future(cache.get("a", 10, source)) for _ in range(20)]
    async with asyncio.timeout(30):
        while not source.times:
            await asyncio.sleep(0.001)
    asked[0].cancel()
    source.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert source.times == 1
    assert isinstance(answers[0], asyncio.CancelledError)
    assert len(set(map(bytes, (x for x in answers if isinstance(x, bytes))))) == 1
    assert sum(isinstance(answer, bytes) for answer in answers) == 19


async def test_a_made_picture_is_made_once_too(cache: PosterCache) -> None:
    whole = await cache.get("x", 10, Source())
    source = Source(whole)
    source.gate.clear()
    asked = [asyncio.ensure_future(cache.make("backdrop", source)) for _ in range(5)]
    async with asyncio.timeout(30):
        while not source.times:
            await asyncio.sleep(0.001)
    source.gate.set()

    assert await asyncio.gather(*asked) == [whole] * 5
    assert await cache.make("backdrop", source) == whole
    assert source.times == 1


async def test_a_failure_is_remembered_for_a_while(folder: Path) -> None:
    cache = PosterCache(folder)
    source = Source(error=UnavailableError("It is down."))
    for _ in range(3):
        with pytest.raises(NotFoundError, match="no such picture"):
            await cache.get("a", 10, source)

    assert source.times == 1
    await cache.get("b", 10, Source())
    assert files(folder) != []


async def test_a_failure_is_forgotten_after_a_while(folder: Path) -> None:
    cache, source = PosterCache(folder, forget_failure=0), Source(raw=b"<html>")
    with pytest.raises(NotFoundError):
        await cache.get("a", 10, source)
    source.raw = picture()

    assert await cache.get("a", 10, source)
    assert source.times == 2


async def test_what_is_no_picture_is_never_kept(cache: PosterCache, folder: Path) -> None:
    with pytest.raises(NotFoundError):
        await cache.get("a", 10, Source(raw=b"<html>"))

    assert not folder.exists()


async def test_failures_do_not_pile_up(folder: Path) -> None:
    cache = PosterCache(folder, most_failures=10)
    source = Source(error=UnavailableError("It is down."))
    for n in [*range(25), *range(25)]:
        with pytest.raises(NotFoundError):
            await cache.get(f"{n}", 10, source)

    # The first ten were forgotten to make room, so that they were asked for once more.
    assert source.times > 25
    assert len(cache._failed) <= 10


async def test_a_bug_is_no_missing_picture(cache: PosterCache) -> None:
    source = Source(error=KeyError("oops"))
    for _ in range(2):
        with pytest.raises(KeyError):
            await cache.get("a", 10, source)

    assert source.times == 2


async def test_a_failure_that_nobody_waits_for_any_more_is_quiet(cache: PosterCache) -> None:
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: heard.append(told))
    source = Source(error=UnavailableError("It is down."))
    source.gate.clear()
    asked = asyncio.ensure_future(cache.get("a", 10, source))
    async with asyncio.timeout(30):
        while not source.times:
            await asyncio.sleep(0.001)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        source.gate.set()
        with pytest.raises(NotFoundError):
            await cache.get("a", 10, Source())

    assert heard == []


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "/etc/passwd", "a\0b", "a/b", "..", "", "ä" * 5000, "a\nb"]
)
async def test_no_key_leads_out_of_the_folder(
    cache: PosterCache, folder: Path, tmp_path: Path, key: str
) -> None:
    await cache.get(key, 10, Source())

    assert len(files(folder)) == 1
    assert files(tmp_path) == files(folder)


def halved(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


@pytest.mark.parametrize("spoil", [halved, lambda _: b"", lambda raw: raw + b"more"])
async def test_a_file_that_is_not_whole_is_fetched_anew(
    cache: PosterCache, folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    source = Source()
    whole = await cache.get("a", 10, source)
    (path,) = files(folder)
    path.write_bytes(spoil(whole))

    assert await cache.get("a", 10, source) == whole
    assert path.read_bytes() == whole
    assert source.times == 2


async def test_nothing_but_whole_files_stands_in_the_folder(
    cache: PosterCache, folder: Path
) -> None:
    await asyncio.gather(*(cache.get(f"{n}", 10, Source()) for n in range(20)))

    assert [path for path in files(folder) if path.suffix != ".webp"] == []
    assert len(files(folder)) == 20


async def test_a_folder_that_cannot_be_written_costs_the_cache_and_not_the_page(
    folder: Path,
) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")
    source = Source()

    for _ in range(2):
        assert await PosterCache(folder).get("a", 10, source)
    assert source.times == 2
