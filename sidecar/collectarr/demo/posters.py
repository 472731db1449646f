"""Posters drawn from a title and a year: always the same ones, and nobody's property."""

import functools
import hashlib
import io
import math
from collections.abc import Callable

from anyascii import anyascii
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Draw = ImageDraw.ImageDraw
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
WIDTH, HEIGHT = 400, 600
_MARGIN = 30
_PAPER: Colour = (250, 247, 240)
_PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((13, 27, 52), (39, 84, 138), (255, 176, 72)),
    ((34, 14, 46), (116, 45, 106), (255, 138, 112)),
    ((8, 40, 44), (28, 112, 108), (250, 208, 98)),
    ((44, 16, 18), (150, 48, 44), (255, 205, 130)),
    ((20, 22, 34), (72, 80, 110), (236, 90, 84)),
    ((12, 36, 26), (46, 110, 74), (240, 226, 140)),
    ((28, 20, 58), (84, 70, 168), (120, 226, 214)),
    ((48, 28, 10), (168, 104, 40), (255, 240, 200)),
    ((10, 30, 60), (60, 130, 180), (255, 255, 255)),
    ((40, 10, 34), (168, 42, 92), (120, 205, 255)),
    ((18, 18, 18), (84, 78, 70), (226, 184, 84)),
    ((6, 44, 58), (20, 128, 150), (255, 122, 92)),
)


@functools.lru_cache(maxsize=512)
def poster(title: str, year: int | None = None, width: int = WIDTH) -> bytes:
    """A 2:3 poster as JPEG: two tones, a plain motif, the title large, the year small."""
    seed = hashlib.sha256(f"{title}|{year}".encode()).digest()
    dark, light, accent = _PALETTES[seed[0] % len(_PALETTES)]
    picture = _gradient(dark, light, tilt=seed[2] % 2 == 0)
    pen = ImageDraw.Draw(picture)
    _MOTIFS[seed[3] % len(_MOTIFS)](pen, seed, accent)
    _fade_below(picture, dark)
    _write(ImageDraw.Draw(picture), _legible(title), year, accent)
    if width != WIDTH:
        picture = picture.resize((width, width * 3 // 2), Image.Resampling.LANCZOS)
    return _jpeg(picture)


@functools.lru_cache(maxsize=256)
def collage(titles: tuple[tuple[str, int | None], ...]) -> bytes:
    """Up to four posters side by side, as a server makes one for a collection of its own."""
    picture = Image.new("RGB", (600, 336), (24, 24, 28))
    for place, (title, year) in enumerate(titles[:4]):
        with Image.open(io.BytesIO(poster(title, year))) as one:
            picture.paste(one.resize((150, 225)), (150 * place, 56))
    return _jpeg(picture)


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def _gradient(top: Colour, bottom: Colour, *, tilt: bool) -> Image.Image:
    small = Image.new("RGB", (2, 2))
    middle = tuple((one + two) // 2 for one, two in zip(top, bottom, strict=True))
    small.putdata([bottom, middle if tilt else bottom, middle if tilt else top, top])
    return small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _fade_below(picture: Image.Image, dark: Colour) -> None:
    """The lower part grows dark, so that the title can be read on any motif."""
    mask = Image.new("L", (1, HEIGHT))
    mask.putdata([max(0, min(235, (row - 240) * 235 // 200)) for row in range(HEIGHT)])
    deep = tuple(value // 2 for value in dark)
    picture.paste(Image.new("RGB", picture.size, deep), mask=mask.resize(picture.size))


def _suns(pen: Draw, seed: bytes, accent: Colour) -> None:
    x, y, radius = 80 + seed[4], 130 + seed[5] // 3, 70 + seed[6] // 4
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=accent)
    for ring in range(1, 4):
        reach = radius + 26 * ring
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=accent, width=4 - ring)


def _peaks(pen: Draw, seed: bytes, accent: Colour) -> None:
    for place in range(4):
        x, height = place * 130 - 60, 150 + seed[4 + place] % 170
        shade = tuple(value * (5 + place) // 9 for value in accent)
        pen.polygon([(x, 460), (x + 150, 460 - height), (x + 300, 460)], fill=shade)


def _bars(pen: Draw, seed: bytes, accent: Colour) -> None:
    step = 34 + seed[4] % 16
    for place, x in enumerate(range(_MARGIN, WIDTH - _MARGIN, step)):
        height = 60 + seed[5 + place % 20] * 4 // 3
        shade = tuple(value * (6 + place % 4) // 9 for value in accent)
        pen.rectangle((x, 430 - height, x + step // 2, 430), fill=shade)


def _rays(pen: Draw, seed: bytes, accent: Colour) -> None:
    x, y, count = 100 + seed[4] * 200 // 256, 330, 9 + seed[5] % 7
    for ray in range(count):
        angle = math.pi * (ray + 0.5) / count
        spread = math.pi / count / 3
        points = [(x, y)] + [
            (x - 700 * math.cos(angle + side), y - 700 * math.sin(angle + side))
            for side in (-spread, spread)
        ]
        pen.polygon(points, fill=tuple(value * 3 // 4 for value in accent))
    pen.ellipse((x - 46, y - 46, x + 46, y + 46), fill=accent)


def _moons(pen: Draw, seed: bytes, accent: Colour) -> None:
    for place in range(6):
        x, y = seed[4 + place] * WIDTH // 256, 40 + seed[10 + place] * 330 // 256
        radius = 14 + seed[16 + place] // 4
        shade = tuple(value * (4 + place) // 9 for value in accent)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)


def _waves(pen: Draw, seed: bytes, accent: Colour) -> None:
    for line in range(9):
        height = 12 + seed[4 + line] // 8
        points = [
            (x, 90 + line * 36 + height * math.sin(x / (38 + seed[4] / 8) + line))
            for x in range(0, WIDTH + 8, 8)
        ]
        shade = tuple(value * (3 + line) // 12 for value in accent)
        pen.line(points, fill=shade, width=7, joint="curve")


_MOTIFS: tuple[Callable[[Draw, bytes, Colour], None], ...] = (
    _suns, _peaks, _bars, _rays, _moons, _waves,
)  # fmt: skip


def _legible(title: str) -> str:
    """The drawing font knows Latin letters only."""
    return "".join(letter if letter < "\u0250" else anyascii(letter) for letter in title)


@functools.cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _write(pen: Draw, title: str, year: int | None, accent: Colour) -> None:
    size, lines = _fitted(title)
    top = HEIGHT - 90 - round(size * 1.12) * len(lines)
    pen.rectangle((_MARGIN, top - 22, _MARGIN + 54, top - 16), fill=accent)
    for number, line in enumerate(lines):
        place = (_MARGIN, top + number * round(size * 1.12))
        pen.text(
            place, line, font=_font(size), fill=_PAPER, stroke_width=size // 34, stroke_fill=_PAPER
        )
    if year:
        pen.text((_MARGIN, HEIGHT - 64), str(year), font=_font(28), fill=accent)


def _fitted(title: str) -> tuple[int, list[str]]:
    """The largest size at which the title fits into four lines, and those lines."""
    for size in range(60, 22, -6):
        lines = _wrapped(title, size)
        if len(lines) <= 4 and all(_width(line, size) <= WIDTH - 2 * _MARGIN for line in lines):
            return size, lines
    return 24, [line[:28] for line in _wrapped(title, 24)][:6]


def _wrapped(title: str, size: int) -> list[str]:
    lines: list[str] = []
    for word in title.split() or [" "]:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, size) <= WIDTH - 2 * _MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(text: str, size: int) -> float:
    return _font(size).getlength(text) + size // 17
