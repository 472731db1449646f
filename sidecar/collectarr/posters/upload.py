"""Making a poster of bytes that nobody vouches for. Pure, slow: call it in a thread.

What goes on from here is drawn anew from the pixels alone: no metadata, no second file behind the
picture, the same bytes for the same picture.
"""

import hashlib
import io

from PIL import Image, ImageChops, ImageOps, ImageStat

from collectarr.errors import InvalidError
from collectarr.posters.picture import BROKEN

MOST_BYTES = 10 << 20
MOST_PIXELS = 40_000_000
LARGEST_SIDE, SMALLEST_SIDE = 12_000, 60
SIZE = (1000, 1500)
BEHIND = (14, 17, 22)
"""What shows through where a picture is transparent."""
FORMATS = ("JPEG", "PNG", "WEBP")
ALIKE, ANYWHERE = 5.0, 70
"""Mean and largest difference, of 255, up to which two small versions are the same picture."""
_NO_PICTURE = "This is no JPEG, PNG or WebP picture. Save it as one of these and try again."
_BROKEN = "This picture is damaged or not whole. Save it anew and try again."
_MORE = "There is something else behind the picture in this file. Save it anew and try again."


def poster_of(raw: bytes) -> bytes:
    """`raw` as a JPEG of 2:3, at most 1000 x 1500: its middle if it has another shape.

    Of a moving picture it is the first frame. Raises InvalidError at the field `poster` for what
    is no whole JPEG, PNG or WebP (told by the content), or too large or too small a one.
    """
    if not raw:
        raise refused("Choose a picture first.")
    if len(raw) > MOST_BYTES:
        raise refused("This picture is larger than 10 MB.")
    _check_ends(raw)
    try:
        picture = _pixels(raw)
    except BROKEN:
        raise refused(_BROKEN) from None
    width = min(SIZE[0], picture.width, picture.height * 2 // 3)
    shaped = ImageOps.fit(picture, (width, width * 3 // 2), Image.Resampling.LANCZOS)
    return jpeg(shaped)


def refused(words: str) -> InvalidError:
    return InvalidError(words, code="poster", details={"fields": {"poster": words}})


def jpeg(picture: Image.Image) -> bytes:
    """Of its pixels alone: comments and profiles would go into the file with them."""
    picture.info.clear()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()


def digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def same_picture(one: bytes, other: bytes) -> bool:
    """Whether both show the same, though a server may have packed one of them anew."""
    if one == other:
        return True
    try:
        apart = ImageChops.difference(_small(one), _small(other))
    except BROKEN:
        return False
    told = ImageStat.Stat(apart)
    return max(told.mean) < ALIKE and max(most for _, most in told.extrema) < ANYWHERE


def _small(raw: bytes) -> Image.Image:
    with Image.open(io.BytesIO(raw), formats=(*FORMATS, "GIF")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too large")
        picture.draft("RGB", (96, 144))
        return picture.convert("RGB").resize((32, 48), Image.Resampling.BOX)


def _check_ends(raw: bytes) -> None:
    """The file begins as a picture and ends where the picture does."""
    if raw[:3] == b"\xff\xd8\xff":
        # Cameras fill up with zeros.
        whole = raw.rstrip(b"\0").endswith(b"\xff\xd9")
    elif raw[:8] == b"\x89PNG\r\n\x1a\n":
        whole = raw.endswith(b"\0\0\0\0IEND\xaeB`\x82") and raw.count(b"IEND\xaeB`\x82") == 1
    elif raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        told = int.from_bytes(raw[4:8], "little") + 8
        if told > len(raw):
            raise refused(_BROKEN)
        whole = told == len(raw)
    else:
        raise refused(_NO_PICTURE)
    if not whole:
        raise refused(_BROKEN if _is_cut(raw) else _MORE)


def _is_cut(raw: bytes) -> bool:
    """Whether the mark of the end is nowhere at all."""
    marks = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND\xaeB`\x82"}
    return marks.get(raw[:2], b"") not in raw


def _pixels(raw: bytes) -> Image.Image:
    with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS or max(width, height) > LARGEST_SIDE:
            raise refused("This picture has too many pixels. Make it smaller, 1000 x 1500 is best.")
        if min(width, height) < SMALLEST_SIDE:
            raise refused("This picture is too small. 1000 x 1500 pixels are best.")
        # A large JPEG need not be decoded larger than it is wanted.
        picture.draft("RGB", (SIZE[0] * 2, SIZE[1] * 2))
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            seen = upright.convert("RGBA")
            flat = Image.new("RGB", seen.size, BEHIND)
            flat.paste(seen, mask=seen.getchannel("A"))
            return flat
        if upright.mode.startswith(("I", "F")):
            # Sixteen bits a pixel, of which the upper eight can be shown.
            return upright.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
        return upright.convert("RGB")
