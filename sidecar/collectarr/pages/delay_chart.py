"""How long events took to reach the collections, as bars to draw. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectarr.pages.words import count
from collectarr.store.delays import LONGER

WIDTH, HEIGHT, GAP = 600, 96, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `y`, `width`, `height` in a box of WIDTH by HEIGHT; `label` stands under it."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    times: int


@dataclass(frozen=True, slots=True)
class DelayChart:
    """`label` says it to who cannot see it."""

    bars: tuple[Bar, ...]
    label: str
    width: int = WIDTH
    height: int = HEIGHT


def delay_chart(delays: Sequence[tuple[int, int]]) -> DelayChart | None:
    """From (up to so many ms, how often); None as long as nothing was counted."""
    total = sum(times for _, times in delays)
    if not total:
        return None
    most, step = max(times for _, times in delays), WIDTH / len(delays)
    bars = []
    for place, (up_to_ms, times) in enumerate(delays):
        # What happened at all is seen.
        height = max(2.0, HEIGHT * times / most) if times else 0.0
        left = place * step + GAP / 2
        shape = (round(left, 1), round(HEIGHT - height, 1), round(step - GAP, 1), round(height, 1))
        longest = delays[place - 1][0] if up_to_ms == LONGER else up_to_ms
        label = f"> {_span(longest)}" if up_to_ms == LONGER else _span(up_to_ms)
        bars.append(Bar(*shape, round(left + (step - GAP) / 2, 1), label, times))
    return DelayChart(tuple(bars), _label(delays, total))


def _label(delays: Sequence[tuple[int, int]], total: int) -> str:
    """`Of 12 events, half were in their collections within 2 s, 9 in 10 within 5 s.`"""
    half, most = (_within(delays, total * part) for part in (0.5, 0.9))
    whole = count(total, "event")
    return f"Of {whole}, half were in their collections {half}, nine in ten {most}."


def _within(delays: Sequence[tuple[int, int]], wanted: float) -> str:
    seen, before = 0, 0
    for up_to_ms, times in delays:
        seen += times
        if seen >= wanted:
            return f"after {_span(before)}" if up_to_ms == LONGER else f"within {_span(up_to_ms)}"
        before = up_to_ms
    return f"after {_span(before)}"


def _span(ms: int) -> str:
    if ms < 1000:
        return f"{ms / 1000:g} s"
    seconds = ms // 1000
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"
