"""The poster that is drawn of a collection's titles."""

import io
from pathlib import Path

import pytest
from PIL import Image

from collectarr.errors import NotFoundError
from collectarr.posters.mosaic import mosaic
from collectarr.posters.pictures import Face, Pictures, mosaic_of


def poster(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 300), (shade, 255 - shade, 40)).save(out, "WEBP")
    return out.getvalue()


def colours(raw: bytes) -> set[int]:
    """The reds in the upper row, which nothing is written over."""
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    return {picture.getpixel((x, 100))[0] // 16 for x in (100, 400, 600, 900)}


def test_a_mosaic_is_a_poster_and_the_same_bytes_each_time() -> None:
    nine = [poster(20 * number) for number in range(9)]
    drawn = mosaic("Films worth seeing", nine)
    assert Image.open(io.BytesIO(drawn)).size == (1000, 1500)
    assert drawn == mosaic("Films worth seeing", nine)
    assert len({drawn, mosaic("Others", nine), mosaic("Films worth seeing", nine[::-1])}) == 3


@pytest.mark.parametrize(("count", "columns"), [(9, 3), (8, 2), (4, 2), (3, 1), (1, 1)])
def test_it_shows_as_many_as_fill_its_shape(count: int, columns: int) -> None:
    drawn = mosaic("Films", [poster(28 * number) for number in range(count)])
    assert len(colours(drawn)) == columns


@pytest.mark.parametrize("name", ["", "七人の侍", "A" * 120, "word " * 30, "{}\n<b>", "🎬"])
def test_any_name_can_be_drawn(name: str) -> None:
    assert Image.open(io.BytesIO(mosaic(name, []))).size == (1000, 1500)


def test_what_is_no_picture_is_left_out() -> None:
    assert mosaic("Films", [b"no picture", poster(90)]) == mosaic("Films", [poster(90)])


def test_only_the_titles_that_are_seen_count() -> None:
    many = [Face(str(number)) for number in range(20)]
    assert mosaic_of("Films", many) == mosaic_of("Films", [*many[:9], Face("99"), *many[10:]])
    assert mosaic_of("Films", many) != mosaic_of("Films", [Face("99"), *many[1:]])
    assert mosaic_of("Films", many) != mosaic_of("Shows", many)


async def test_a_picture_is_found_by_its_hash_and_only_if_it_is_whole(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    name = await pictures.keep(b"a picture")
    assert await pictures.keep(b"a picture") == name
    assert await pictures.load(name) == b"a picture"
    next(tmp_path.glob("*/*")).write_bytes(b"a pict")
    assert await pictures.load(name) is None
    assert await pictures.load("../../etc/passwd") is None
    with pytest.raises(NotFoundError):
        await pictures.of_source(None, [Face("1")], None, None)
