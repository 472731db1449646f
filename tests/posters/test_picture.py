"""Pictures from bytes that nobody vouches for."""

import io
import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from collectarr.errors import UnexpectedAnswerError
from collectarr.posters.picture import BACKDROP, MOST_PIXELS, TALLEST, backdrop, small_webp


def picture(width: int, height: int, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def opened(raw: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(raw))
    assert made.format == "WEBP"
    return made


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_becomes_small_webp_in_its_own_shape(kind: str) -> None:
    assert opened(small_webp(picture(1000, 1500, kind), 200)).size == (200, 300)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1"])
def test_pictures_of_every_colour_are_taken(mode: str) -> None:
    assert opened(small_webp(picture(20, 30, "PNG", mode), 200)).mode == "RGB"


def test_a_small_picture_is_not_blown_up() -> None:
    assert opened(small_webp(picture(10, 15), 200)).size == (10, 15)


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (3, 16_000)])
def test_a_picture_like_a_thread_is_made_to_fit(size: tuple[int, int]) -> None:
    made = opened(small_webp(picture(*size, "PNG"), 200))

    assert made.width <= 200
    assert made.height <= 200 * TALLEST


@pytest.mark.parametrize(
    "size", [(5_000, 5_000), (10_000, 10_000), (60_000, 60_000), (1, 2**31 - 1)]
)
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MOST_PIXELS

    with pytest.raises(UnexpectedAnswerError):
        small_webp(bomb(*size), 200)


def test_a_picture_that_is_whole_but_enormous_is_refused_too() -> None:
    raw = picture(5_000, 5_000, "PNG", "1")
    assert len(raw) < 10_000

    with pytest.raises(UnexpectedAnswerError, match="too large"):
        small_webp(raw, 200)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>not found</html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.4",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        picture(20, 20, "BMP"),
        picture(20, 20, "TIFF"),
        picture(100, 100)[:200],
        picture(100, 100, "PNG")[:60],
        bomb(100, 100),
    ],
)
def test_what_is_no_whole_picture_is_refused(raw: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        small_webp(raw, 200)


@settings(max_examples=200, suppress_health_check=[HealthCheck.data_too_large])
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
)
def test_whatever_is_broken_in_a_picture_nothing_else_is_raised(
    kind: str, changes: list[tuple[int, int]]
) -> None:
    raw = bytearray(picture(30, 40, kind))
    for place, value in changes:
        raw[place % len(raw)] = value
    try:
        opened(small_webp(bytes(raw), 20))
    except UnexpectedAnswerError:
        assert changes


@pytest.mark.parametrize("count", [1, 2, 6])
def test_a_backdrop_has_one_size_whatever_stands_in_it(count: int) -> None:
    shapes = [(200, 300), (10, 10), (1, 2000), (2000, 1), (500, 750), (160, 90)]

    made = opened(backdrop([picture(*shape, "PNG") for shape in shapes[:count]]))

    assert made.size == BACKDROP


def test_a_backdrop_of_nothing_is_dark() -> None:
    assert max(opened(backdrop([])).convert("RGB").tobytes()) < 30


def test_a_backdrop_with_something_that_is_no_picture_is_refused() -> None:
    with pytest.raises(UnexpectedAnswerError):
        backdrop([picture(20, 30), b"<html>"])
