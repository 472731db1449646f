"""What holds for any list and any library, whatever people called their films."""

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectarr.models import Copies, Ids, Item, Kind, ListItem, Title
from collectarr.sync.index import disagreements, shared_id
from collectarr.sync.match import Match, PresenceIndex, match
from collectarr.sync.names import comparable

KINDS = st.sampled_from([Kind.MOVIE, Kind.SHOW])
SOME_IDS = st.builds(
    Ids,
    imdb=st.none() | st.sampled_from(["tt0000001", "tt0000002", "tt0000003"]),
    tmdb=st.none() | st.integers(1, 3),
    tvdb=st.none() | st.integers(1, 2),
    trakt=st.none() | st.integers(1, 2),
)
WORDS = ("Heat", "The Heat", "Heat, The", "A Heat", "Heat II", "Heat 2", "Heat (Hitze)", "Hitze")
MORE = ("Heat (a.k.a. Hitze)", "Heat (4K)", "Heat: Part One", "Heat (1995)", "Жара", "Heat & Cold")
NAMES = st.sampled_from([*WORDS, *MORE]) | st.text(max_size=12)
TITLES = st.builds(
    Title,
    kind=KINDS,
    title=NAMES,
    year=st.none() | st.integers(1994, 1997),
    ids=st.just(Ids()) | SOME_IDS,
    original_title=st.none() | NAMES,
)
LISTS = st.lists(TITLES, max_size=8)


def matched(rows: list[Title], library: list[Title]) -> list[Match]:
    items = [Item(str(number), title) for number, title in enumerate(library)]
    return match(
        [ListItem(rank, row) for rank, row in enumerate(rows, start=1)], PresenceIndex(items)
    )


@given(LISTS, LISTS)
def test_every_row_gets_one_answer_with_a_reason(rows: list[Title], library: list[Title]) -> None:
    found = matched(rows, library)
    assert [one.rank for one in found] == list(range(1, len(rows) + 1))
    assert all(one.why and (one.by is None) == (not one.items) for one in found)


@given(LISTS, LISTS)
def test_an_item_matched_by_title_stands_for_no_other_row(
    rows: list[Title], library: list[Title]
) -> None:
    found = matched(rows, library)
    held = Counter(item.id for one in found for item in one.items)
    assert all(held[item.id] == 1 for one in found if one.by == "title" for item in one.items)


@given(LISTS, LISTS)
def test_nothing_matches_across_kinds_or_against_an_id(
    rows: list[Title], library: list[Title]
) -> None:
    for row, one in zip(rows, matched(rows, library), strict=True):
        assert all(item.title.kind is row.kind for item in one.items)
        assert all(not disagreements(row.ids, item.title.ids) for item in one.items)


@given(LISTS, TITLES)
def test_ids_that_agree_always_match(others: list[Title], title: Title) -> None:
    """However many others there are, as long as none of them shares an id with it."""
    others = [other for other in others if not shared_id(other.ids, title.ids)]
    if title.ids:
        (found,) = matched([title], [*others, title])
        assert [item.id for item in found.items] == [str(len(others))]
        assert found.by in ("imdb", "tmdb", "tvdb", "trakt")


@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_items_decides_nothing(
    rows: list[Title], library: list[Title], chance: object
) -> None:
    items = [Item(str(number), title) for number, title in enumerate(library)]
    listed = [ListItem(rank, row) for rank, row in enumerate(rows, start=1)]
    first = _who(match(listed, PresenceIndex(items)))
    chance.shuffle(items)  # type: ignore[attr-defined]
    chance.shuffle(listed)  # type: ignore[attr-defined]
    assert _who(match(listed, PresenceIndex(items))) == first


def _who(found: list[Match]) -> dict[int, tuple[str | None, frozenset[str]]]:
    return {one.rank: (one.by, frozenset(item.id for item in one.items)) for one in found}


@given(LISTS, LISTS)
def test_an_index_that_was_used_answers_as_a_new_one(
    rows: list[Title], library: list[Title]
) -> None:
    items = [Item(str(number), title) for number, title in enumerate(library)]
    listed = [ListItem(rank, row) for rank, row in enumerate(rows, start=1)]
    used = PresenceIndex(items)
    first = match(listed, used)
    again = match(listed, used)
    assert _who(again) == _who(first)
    assert [(one.why, one.near) for one in again] == [(one.why, one.near) for one in first]


@given(LISTS, LISTS)
def test_the_best_copy_is_one_of_all(rows: list[Title], library: list[Title]) -> None:
    items = [Item(str(number), title) for number, title in enumerate(library)]
    listed = [ListItem(rank, row) for rank, row in enumerate(rows, start=1)]
    every = match(listed, PresenceIndex(items))
    best = match(listed, PresenceIndex(items), copies=Copies.BEST)
    for one, other in zip(every, best, strict=True):
        assert len(other.items) == min(1, len(one.items))
        assert {item.id for item in other.items} <= {item.id for item in one.items}


@settings(max_examples=500)
@example("d·R")
@given(st.text())
def test_comparable_is_itself_comparable(text: str) -> None:
    once = comparable(text)
    assert comparable(once) == once


@settings(max_examples=300)
@given(st.text(alphabet="Tthe aA,.()[]:-–'’&*IVX12½éßÆåの́ابэ\u0301 ", max_size=25))
def test_no_text_is_too_strange_to_be_compared(text: str) -> None:
    once = comparable(text)
    assert comparable(once) == once
    matched([Title(Kind.MOVIE, text, 1999)], [Title(Kind.MOVIE, text, 1999)])
