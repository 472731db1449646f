"""Whatever is pasted: it is counted exactly, within bounds, and never an error inside."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectarr.errors import InvalidError
from collectarr.models import Ids, Kind, Title
from collectarr.sources.manual import (
    MOST_BYTES,
    Understood,
    decoded,
    has_name,
    id_label,
    labelled,
    nameless,
    understand,
)
from collectarr.sources.manual.text import LONGEST_LINE, LONGEST_SHOWN, MOST_LINES

WORDS = "tt0133093 tmdb:603 tmdb:show:1396 https:// imdb.com/title/ movie: (1995) ?id= :// tt 0 é"
PIECES = st.sampled_from([*WORDS.split(), *'",;\t#[]& \u2028\0'])
LINES = st.lists(PIECES, max_size=6).map("".join)
NUMBERS = st.none() | st.integers(1, 10**12)


@given(st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    found = understand(text)
    assert all(one.text and len(one.text) <= LONGEST_SHOWN for one in found.not_understood)
    assert all(one.reason.endswith((".", "?")) for one in found.not_understood)


@given(st.binary(max_size=300))
def test_no_file_is_an_error(data: bytes) -> None:
    understand(decoded(data))


@given(st.lists(LINES, max_size=12))
def test_every_line_is_a_title_or_named(lines: list[str]) -> None:
    clean = [line.replace("\0", "") for line in lines]
    text = "\n".join(clean)
    found = understand(text)
    if not found.table:
        told = [*found.titles, *found.not_understood]
        assert sorted(one.line for one in told) == sorted(
            number
            for number, line in enumerate(clean, start=1)
            if line.strip() and not line.strip().startswith("#")
        )


@given(st.lists(st.tuples(st.sampled_from(["movie", "show", "episode", ""]), st.text(max_size=20))))
def test_every_row_of_a_table_is_a_title_or_named(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["type", "title", "year", "imdb"])
    names = [" ".join(name.replace("\r", " ").split()) for _, name in rows]
    for (kind, _), name in zip(rows, names, strict=True):
        writer.writerow([kind, name, "1995", "tt0133093"])
    found = understand(out.getvalue())
    assert len(found.titles) + len(found.not_understood) == len(rows)
    assert len(found.titles) == sum(kind != "episode" for kind, _ in rows)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_a_title_that_is_understood_has_a_kind_and_an_id_or_a_year(text: str) -> None:
    for one in understand(f"movie: {text} (1995)\nshow: {text}\n{text}").titles:
        assert one.title.ids or (one.title.title and one.title.year)


def test_too_many_lines_are_refused_before_anything_is_read() -> None:
    assert len(understand("tt0133093\n" * MOST_LINES).titles) == MOST_LINES
    with pytest.raises(InvalidError, match="lines") as caught:
        understand("tt0133093\n" * (MOST_LINES + 2))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("text", ["x" * (MOST_BYTES + 1), "é" * (MOST_BYTES // 2 + 1)])
def test_more_than_a_megabyte_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="megabyte"):
        understand(text)


def test_a_line_that_is_too_long_is_named_and_cut() -> None:
    found = understand("tt0133093\n" + "9" * (LONGEST_LINE + 1) + "\ntmdb:603")
    assert [one.line for one in found.titles] == [1, 3]
    line = found.not_understood[0]
    assert (line.line, len(line.text)) == (2, LONGEST_SHOWN)
    assert "longer than" in line.reason


def ten_thousand() -> str:
    """2,500 IMDb ids, 2,500 films, 2,500 addresses of shows, 2,500 lines of nonsense."""
    quarter = range(1, 2501)
    return "\n".join(
        line
        for n in quarter
        for line in (
            f"tt{n:07d}",
            f"tmdb:{n}",
            f"https://www.themoviedb.org/tv/{n}-a-show",
            f"nonsense {n}",
        )
    )


def test_ten_thousand_mixed_lines_are_counted_exactly() -> None:
    found = understand(ten_thousand())
    kinds = [one.title.kind for one in found.titles]
    assert {kind: kinds.count(kind) for kind in Kind} == dict.fromkeys(Kind, 2500)
    assert len(found.not_understood) == 2500
    assert found.not_understood[-1].line == 10_000
    assert isinstance(found, Understood)


@given(
    st.sampled_from([Kind.MOVIE, Kind.SHOW]),
    st.integers(1, 10**9).map(lambda n: f"tt{n:07d}") | st.none(),
    NUMBERS,
    NUMBERS,
    NUMBERS,
)
def test_what_a_title_without_a_name_is_called_means_that_title(
    kind: Kind, imdb: str | None, tmdb: int | None, tvdb: int | None, trakt: int | None
) -> None:
    title = Title(kind, "", None, Ids(imdb, tmdb, tvdb, trakt))
    called = labelled(title)
    assert not has_name(called)
    assert nameless(called) == title
    assert has_name(Title(kind, "Heat", 1995, title.ids))
    if title.ids:
        again = understand(id_label(title)).titles[0].title
        assert again.kind in (kind, Kind.UNKNOWN)
        assert any(
            value in title.ids.as_dict().values() for value in again.ids.as_dict().values() if value
        )
