"""A poster from bytes that nobody vouches for."""

import io
import struct
import zlib

import pytest
from PIL import Image

from collectarr.errors import InvalidError
from collectarr.posters.upload import MOST_BYTES, poster_of, same_picture


def drawn(
    kind: str, size: tuple[int, int] = (300, 450), mode: str = "RGB", **options: object
) -> bytes:
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw))


def refusal(raw: bytes) -> str:
    with pytest.raises(InvalidError) as caught:
        poster_of(raw)
    return str(caught.value.details["fields"]["poster"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg_in_the_shape_of_a_poster(kind: str) -> None:
    poster = opened(poster_of(drawn(kind, (2000, 1600))))
    assert (poster.format, poster.size, poster.mode) == ("JPEG", (1000, 1500), "RGB")
    small = opened(poster_of(drawn(kind, (200, 900))))
    assert small.size == (200, 300)


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert poster_of(drawn("PNG")) == poster_of(drawn("PNG"))
    assert poster_of(drawn("PNG")) != poster_of(drawn("PNG", mode="1"))


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    raw = io.BytesIO()
    Image.new(mode, (100, 150)).save(raw, "PNG")
    assert opened(poster_of(raw.getvalue())).size == (100, 150)


def test_a_photograph_is_turned_upright_and_loses_what_it_tells_of_its_maker() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera of somebody"
    picture = Image.new("RGB", (450, 300), "white")
    picture.paste("black", (0, 0, 20, 300))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"at home", quality=95)
    poster = poster_of(out.getvalue())
    assert b"camera" not in poster
    assert b"at home" not in poster
    turned = opened(poster)
    assert turned.size == (300, 450)
    # What was at its left is on top.
    assert sum(turned.convert("RGB").getpixel((150, 5))) < 100
    assert sum(turned.convert("RGB").getpixel((5, 225))) > 600


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (100, 150), colour) for colour in ("white", "black")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    assert min(opened(poster_of(out.getvalue())).convert("L").getextrema()) > 240


@pytest.mark.parametrize(
    "raw",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 40, b"BM" + b"\0" * 60,
     b"%PDF-1.4", b"PK\3\4" + b"\0" * 30, b"\0" * 100],
)  # fmt: skip
def test_what_is_no_such_picture_is_refused_whatever_it_calls_itself(raw: bytes) -> None:
    assert "no JPEG, PNG or WebP" in refusal(raw)


def test_nothing_and_too_much_are_refused() -> None:
    assert refusal(b"") == "Choose a picture first."
    assert "10 MB" in refusal(drawn("JPEG") + b"\0" * MOST_BYTES)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_was_cut_off_is_refused(kind: str) -> None:
    whole = drawn(kind)
    for kept in (20, len(whole) // 2, len(whole) - 5):
        assert "damaged" in refusal(whole[:kept])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_is_something_else_as_well_is_refused(kind: str) -> None:
    for tail in (b"PK\5\6" + b"\0" * 18, b"<?php echo 1; ?>", b"<script>alert(1)</script>"):
        assert "something else" in refusal(drawn(kind) + tail)


def test_a_picture_whose_inside_is_broken_is_refused() -> None:
    whole = bytearray(drawn("PNG"))
    whole[60:90] = b"\xff" * 30
    assert "damaged" in refusal(bytes(whole))


def bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        told = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + told

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    ends = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + ends


@pytest.mark.parametrize("size", [(9_000, 9_000), (60_000, 60_000), (20_000, 100)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    assert refusal(bomb(*size))


def test_a_speck_is_refused() -> None:
    assert "too small" in refusal(drawn("PNG", (30, 45)))


def test_a_picture_packed_anew_is_the_same_and_another_is_not() -> None:
    whole = poster_of(drawn("PNG"))
    again = io.BytesIO()
    opened(whole).resize((150, 225)).save(again, "WEBP", quality=70)
    assert same_picture(whole, again.getvalue())
    assert not same_picture(whole, drawn("PNG").replace(b"IDAT", b"XXXX"))
    marked = opened(whole).convert("RGB")
    marked.paste("red", (100, 200, 140, 240))
    assert not same_picture(whole, poster_of(png(marked)))
    other = Image.linear_gradient("L").rotate(180).convert("RGB")
    assert not same_picture(whole, png(other))
