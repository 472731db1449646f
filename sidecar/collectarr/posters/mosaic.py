"""Drawing the poster of a collection from those of its titles. Pure, slow: call it in a thread.

The same name and the same posters give the same bytes.
"""

import functools
import hashlib
import io
from collections.abc import Sequence

from anyascii import anyascii
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from collectarr.posters.picture import BROKEN
from collectarr.posters.upload import SIZE, jpeg

MOST_POSTERS = 9
GAP = 6
MARGIN = 76
LINES = 4
STEP = 1.08
"""From line to line, in sizes of the letters."""
SIZES = (132, 116, 100, 88, 76, 66, 56)
DARK = (9, 11, 15)
PAPER = (250, 247, 240)
ACCENTS = (
    *((255, 176, 72), (255, 138, 112), (250, 208, 98), (120, 205, 255)),
    *((120, 226, 214), (240, 226, 140), (236, 120, 160), (178, 160, 255)),
)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def shown(count: int) -> int:
    """Of so many posters, how many a mosaic shows: three rows, two rows, or bands."""
    return 9 if count >= 9 else min(4, count)


def mosaic(name: str, posters: Sequence[bytes]) -> bytes:
    """A JPEG of 1000 x 1500: up to nine posters, and the name large over their lower end.

    What cannot be read as a picture is left out; without any there is the name alone.
    """
    pictures = [one for raw in posters[:MOST_POSTERS] if (one := _open(raw)) is not None]
    seed = hashlib.sha256(name.encode()).digest()
    accent = ACCENTS[seed[0] % len(ACCENTS)]
    size, lines = _fitted(_legible(name))
    top = SIZE[1] - MARGIN - round(size * STEP) * len(lines)
    canvas = _shaded(_grid(pictures), top) if pictures else _plain(accent)
    _write(canvas, lines, size, top, accent)
    return jpeg(canvas)


def _open(raw: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as picture:
            return picture.convert("RGB")
    except BROKEN:
        return None


def _grid(pictures: Sequence[Image.Image]) -> Image.Image:
    count = shown(len(pictures))
    columns = {9: 3, 4: 2}.get(count, 1)
    rows = count // columns
    canvas = Image.new("RGB", SIZE, DARK)
    for place, picture in enumerate(pictures[:count]):
        row, column = divmod(place, columns)
        box = (
            *(_edge(column, columns, SIZE[0]), _edge(row, rows, SIZE[1])),
            *(_edge(column + 1, columns, SIZE[0]) - GAP, _edge(row + 1, rows, SIZE[1]) - GAP),
        )
        size = (box[2] - box[0], box[3] - box[1])
        # Bands show the upper part, where the faces are.
        centre = (0.5, 0.5 if columns > 1 else 0.25)
        canvas.paste(
            ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=centre), box[:2]
        )
    return canvas


def _edge(part: int, parts: int, length: int) -> int:
    return (length + GAP) * part // parts


def _shaded(canvas: Image.Image, top: int) -> Image.Image:
    """A little calmer above, and dark from `top` on: the name can be read over any poster."""
    calm = ImageEnhance.Color(canvas).enhance(0.9)
    begins, full = top - 620, top + 40
    mask = Image.new("L", (1, SIZE[1]))
    steps = ((row - begins) / (full - begins) for row in range(SIZE[1]))
    mask.putdata([round(246 * max(0.0, min(1.0, step)) ** 1.15) for step in steps])
    calm.paste(Image.new("RGB", SIZE, DARK), mask=mask.resize(SIZE))
    return calm


def _plain(accent: tuple[int, int, int]) -> Image.Image:
    small = Image.new("RGB", (1, 2))
    small.putdata([tuple(value * 2 // 5 for value in accent), DARK])
    return small.resize(SIZE, Image.Resampling.BICUBIC)


def _write(
    canvas: Image.Image, lines: Sequence[str], size: int, top: int, accent: tuple[int, int, int]
) -> None:
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((MARGIN, top - 40, MARGIN + 120, top - 28), fill=accent)
    for number, line in enumerate(lines):
        # The font has no bold: a stroke of its own colour makes it one.
        pen.text(
            (MARGIN, top + number * round(size * STEP)),
            line,
            font=_font(size),
            fill=PAPER,
            stroke_width=max(1, size // 30),
            stroke_fill=PAPER,
        )


def _legible(name: str) -> str:
    """The drawing font knows Latin letters only."""
    text = "".join(letter if letter < "\u0250" else anyascii(letter) for letter in name)
    return " ".join(text.split()) or "Collection"


@functools.cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _fitted(name: str) -> tuple[int, list[str]]:
    """The largest size at which the name fits, and its lines; a longer one is cut off."""
    room = SIZE[0] - 2 * MARGIN
    for size in SIZES:
        lines = _wrapped(name, size)
        if len(lines) <= LINES and all(_width(line, size) <= room for line in lines):
            return size, lines
    lines = [_cut(line, SIZES[-1]) for line in _wrapped(name, SIZES[-1])]
    if len(lines) > LINES:
        lines[LINES - 1] = _cut(lines[LINES - 1] + "…", SIZES[-1])
    return SIZES[-1], lines[:LINES]


def _wrapped(name: str, size: int) -> list[str]:
    lines: list[str] = []
    for word in name.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, size) <= SIZE[0] - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(line: str, size: int) -> str:
    while _width(line, size) > SIZE[0] - 2 * MARGIN:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line


def _width(text: str, size: int) -> float:
    return _font(size).getlength(text) + 2 * max(1, size // 30)
