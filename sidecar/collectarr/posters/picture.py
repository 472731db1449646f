"""Making pictures from bytes that nobody vouches for. Pure, slow: call it in a thread."""

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from collectarr.errors import UnexpectedAnswerError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 20_000_000
TALLEST = 3
"""Times its width; a poster has 1.5. What is taller is made narrower instead."""
BACKDROP = (1200, 400)
BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, TypeError),
    *(struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What Pillow raises over bytes that are no whole picture."""


def small_webp(raw: bytes, width: int) -> bytes:
    """`raw` as WebP, at most `width` pixels wide.

    What it is, is told by its content alone. Raises UnexpectedAnswerError for anything that is
    not a picture, or one so large that decoding it would exhaust memory.
    """
    picture = _open(raw)
    picture.thumbnail((width, width * TALLEST))
    return _webp(picture, quality=80)


def backdrop(posters: Sequence[bytes]) -> bytes:
    """A wide, dark, blurred row of posters to stand behind a collection's name, as WebP."""
    canvas = Image.new("RGB", BACKDROP, (14, 17, 22))
    width = BACKDROP[0] // max(len(posters), 1)
    for place, raw in enumerate(posters):
        # Its upper part, as wide as its place, whatever its own shape.
        picture = ImageOps.fit(_open(raw), (width, BACKDROP[1]), centering=(0.5, 0))
        canvas.paste(picture, (place * width, 0))
    blurred = canvas.filter(ImageFilter.GaussianBlur(24))
    return _webp(ImageEnhance.Brightness(blurred).enhance(0.45), quality=60)


def _open(raw: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UnexpectedAnswerError("The picture is too large to be shown.")
            return picture.convert("RGB")
    except BROKEN:
        raise UnexpectedAnswerError("What came is no picture.") from None


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
