"""What the pages say and show: words for people, drawn tiles, and the contrast of the colours."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collectarr.models import Ids, Kind, RunStatus, Trigger
from collectarr.pages import words
from collectarr.pages.icons import icon
from collectarr.pages.parts import Coverage, Form, Poster

NOW = datetime(2026, 11, 22, 14, 5, 9, tzinfo=UTC)
STATIC = Path(__file__).parents[2] / "web" / "static"


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=3), "in a moment"),
        (timedelta(minutes=-5), "5 min ago"),
        (timedelta(minutes=42), "in 42 min"),
        (timedelta(minutes=-59, seconds=-45), "1 h ago"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(hours=-23), "yesterday"),
        (timedelta(hours=24), "tomorrow"),
        (timedelta(days=-5), "5 days ago"),
        (timedelta(days=-30), "23 Oct 2026"),
    ],
)
def test_a_moment_is_said_relative_to_now(shift: timedelta, said: str) -> None:
    assert words.relative(NOW + shift, NOW) == said


@pytest.mark.parametrize(
    ("agent", "kind", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "browser", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140",
            "browser",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604", "browser", "Safari on an iPhone"),
        ("curl/8.5.0", "api", "curl"),
        ("", "api", "A program"),
        ("", "browser", "A browser"),
    ],
)
def test_where_somebody_is_signed_in_is_said_in_words(agent: str, kind: str, said: str) -> None:
    assert words.device_words(agent, kind) == said


def test_a_moment_is_given_in_full_with_the_zone_of_its_reader() -> None:
    moment = words.when(NOW - timedelta(minutes=5), NOW, ZoneInfo("Europe/Berlin"))

    assert moment.iso == "2026-11-22T14:00:09+00:00"
    assert moment.text == "5 min ago"
    assert moment.full == "22 Nov 2026, 15:00 CET"


def test_a_far_day_is_the_readers_day() -> None:
    late = datetime(2026, 10, 1, 23, 30, tzinfo=UTC)

    assert words.when(late, NOW, ZoneInfo("Europe/Berlin")).text == "2 Oct 2026"


def test_a_time_of_day_is_that_of_the_reader() -> None:
    assert words.clock(NOW, ZoneInfo("Asia/Tokyo")) == "23:05:09"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.1 s"),
        (0.42, "0.4 s"),
        (12.9, "12 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
        (3 * 86_400, "3 days"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (1, "every hour"),
        (6, "every 6 hours"),
        (24, "every day"),
        (36, "every 36 hours"),
        (48, "every 2 days"),
        (168, "every week"),
    ],
)
def test_an_interval_is_said_in_the_largest_unit_that_fits(hours: int, said: str) -> None:
    assert words.every(hours) == said


def test_a_schedule_says_when_it_is_due() -> None:
    assert words.schedule(6, True, NOW + timedelta(minutes=42), NOW) == (
        "Checked every 6 hours, next in 42 min"
    )
    assert words.schedule(6, True, NOW - timedelta(hours=1), NOW) == (
        "Checked every 6 hours, next in a moment"
    )
    assert words.schedule(24, True, None, NOW) == "Checked every day"
    assert words.schedule(6, False, NOW, NOW).startswith("Paused")


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_has_a_word_an_icon_and_a_tone(status: RunStatus) -> None:
    badge = words.run_badge(status)

    assert badge.word != status.value
    assert badge.tone in {"ok", "info", "warn", "bad", "quiet"}
    assert "<svg" in icon(badge.icon, 16)


def test_no_two_statuses_say_the_same() -> None:
    badges = [words.run_badge(status) for status in RunStatus]

    assert len({badge.word for badge in badges}) == len(badges)
    assert len({badge.icon for badge in badges}) == len(badges)


def test_a_paused_collection_shows_its_run_under_way_first() -> None:
    assert words.collection_badge(RunStatus.RUNNING, enabled=False).word == "Syncing"
    assert words.collection_badge(RunStatus.FAILED, enabled=False) is words.PAUSED
    assert words.collection_badge(RunStatus.FAILED, enabled=True).word == "Failed"
    assert words.collection_badge(None, enabled=True) is words.NEVER


@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_is_a_sentence_of_its_own(trigger: Trigger) -> None:
    said = words.trigger_words(trigger)

    assert said[0].isupper()
    assert [words.trigger_words(other) for other in Trigger].count(said) == 1


def test_coverage_is_whole_only_when_nothing_is_missing() -> None:
    assert Coverage(249, 250).percent == 99
    assert Coverage(250, 250).percent == 100
    assert Coverage(1, 1000).percent == 1
    assert Coverage().percent == 0
    assert Coverage(31, 50).missing == 19
    assert Coverage(51, 50).missing == 0


def test_counts_are_words() -> None:
    assert words.count(1, "title") == "1 title"
    assert words.count(0, "title") == "no titles"
    assert words.count(1204, "library", "libraries") == "1,204 libraries"
    assert words.changes_words(12, 1) == "12 added, 1 removed"
    assert words.changes_words(0, 0) == "nothing to change"


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("The Dark Knight", "DK"),
        ("Up", "U"),
        ("A", "A"),
        ("12 Angry Men", "1A"),
        ("«Amélie»", "A"),
        ("…", "?"),
    ],
)
def test_a_drawn_tile_carries_initials_without_the_article(title: str, letters: str) -> None:
    assert words.initials(title) == letters
    assert Poster(title).initials == letters


def test_a_title_keeps_its_colour_and_others_get_theirs() -> None:
    titles = ["Alien", "Aliens", "Heat", "Solaris", "Stalker", "Ran", "Ikiru", "Persona"]
    hues = [words.hue(title) for title in titles]

    assert all(0 <= hue < 360 for hue in hues)
    assert len(set(hues)) > len(titles) // 2
    assert words.hue("ALIEN") == words.hue("Alien")


def test_the_title_on_a_tile_never_runs_out_of_it() -> None:
    long = "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb"
    rows = words.tile_lines(long)

    assert len(rows) == 4
    assert rows[-1].endswith("…")
    assert all(len(row) <= 15 for row in (*rows, *words.tile_lines("Donaudampfschifffahrt")))
    assert words.tile_lines("Heat") == ("Heat",)


def test_the_ids_of_a_film_and_of_a_show_lead_to_different_pages() -> None:
    ids = Ids.of("tt0133093", 603, 42)
    film, show = words.id_links(Kind.MOVIE, ids), words.id_links(Kind.SHOW, ids)

    assert [link.database for link in film] == ["IMDb", "TMDb", "TVDB"]
    assert film[1].href.endswith("/movie/603")
    assert show[1].href.endswith("/tv/603")
    assert words.id_links(Kind.MOVIE, Ids()) == ()


def test_a_form_answers_for_fields_that_nobody_filled_in() -> None:
    form = Form({"name": "Heist"}, {"url": "Not an address."})

    assert (form.value("name"), form.value("url"), form.value("hours", "24")) == ("Heist", "", "24")
    assert (form.error("url"), form.error("name")) == ("Not an address.", "")


def test_an_icon_is_hidden_from_those_who_listen() -> None:
    drawn = icon("refresh-cw", 16)

    assert 'aria-hidden="true"' in drawn
    assert 'width="16"' in drawn
    assert "style=" not in drawn


def _themes() -> dict[str, dict[str, str]]:
    css = (STATIC / "tokens.css").read_text()
    blocks = re.findall(r"([^{}]+)\{([^{}]*--bg:[^{}]*)\}", css)
    names = ("dark", "light", "system light")
    return {
        name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))
        for name, (_, block) in zip(names, blocks, strict=True)
    }


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


SURFACES = ("bg", "surface", "raised", "selected", "rail")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read_on_every_surface(theme: str) -> None:
    tokens = _themes()[theme]
    tones = ("text", "muted", "accent", "info", "warn", "bad")
    weak = {
        (tone, surface): round(_contrast(tokens[tone], tokens[surface]), 2)
        for tone, surface in product(tones, SURFACES)
        if _contrast(tokens[tone], tokens[surface]) < 4.5
    }

    assert weak == {}
    assert _contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert _contrast(tokens["on-accent"], tokens["accent-hover"]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_controls_and_the_focus_ring_stand_out(theme: str) -> None:
    tokens = _themes()[theme]

    for surface in ("bg", "surface", "raised"):
        assert _contrast(tokens["outline"], tokens[surface]) >= 3
        assert _contrast(tokens["focus"], tokens[surface]) >= 3


def test_light_is_the_same_light_whoever_chose_it() -> None:
    themes = _themes()

    assert themes["light"] == themes["system light"]
    assert themes["light"].keys() == themes["dark"].keys()
