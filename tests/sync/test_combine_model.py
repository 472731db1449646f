"""The list maths against a naive model: titles by pairwise comparison, lists by plain loops."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectarr.models import Ids, Kind, ListItem, Merge, Order, Rules, Title
from collectarr.sync.rules import choose

TRUTHS = 7
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDERS = ("imdb", "tmdb", "tvdb", "trakt")


@dataclass(frozen=True)
class Truth:
    """A film or show as it is; TMDb and TVDB give a film and a show the same number."""

    number: int
    kind: Kind

    @property
    def ids(self) -> dict[str, Any]:
        n = self.number // 2 + 1
        return {"imdb": f"tt{self.number + 1:07d}", "tmdb": n, "tvdb": 50 + n, "trakt": 90 + n}

    @property
    def facts(self) -> dict[str, Any]:
        n = self.number
        return {
            "year": 1990 + n % 4,
            "rating": n * 37 % 5 * 20,
            "genres": (("comedy", "drama", "horror")[n % 3],),
            "released": date(1990 + n % 4, 1 + n % 3, 1),
            "added_at": EPOCH + timedelta(days=n * 5 % 7),
        }


UNIVERSE = [Truth(n, Kind.MOVIE if n % 2 else Kind.SHOW) for n in range(TRUTHS)]
SHOWN = ("year", "rating", "genres", "released")


@st.composite
def seen(draw: st.DrawFn, *, named: bool = False) -> ListItem:
    """A truth as one list tells it: some of its ids, one of its names, some of its facts.

    `named`: with enough to tell it by, as pins have.
    """
    truth = draw(st.sampled_from(UNIVERSE))
    known = draw(st.sets(st.sampled_from(PROVIDERS), max_size=4))
    facts = draw(st.sets(st.sampled_from(SHOWN)))
    # No name begins with an article: titles are sorted without theirs.
    kind, name = truth.kind, f"{draw(st.sampled_from(['Blue', 'Amber']))} name of {truth.number}"
    if draw(st.integers(0, 5)) == 0:
        kind, known, name = Kind.UNKNOWN, {"imdb"}, truth.ids["imdb"]
        facts -= {"year"}
    elif named and not known:
        facts |= {"year"}
    told: dict[str, Any] = {key: truth.facts[key] for key in facts - {"year"}}
    return ListItem(
        rank=0,
        title=Title(
            kind,
            name,
            truth.facts["year"] if "year" in facts else None,
            Ids(**{key: truth.ids[key] for key in known}),
        ),
        added_at=draw(st.sampled_from([None, truth.facts["added_at"]])),
        via=draw(st.sampled_from([None, None, None, "season"])),
        **told,
    )


ROWS = st.lists(seen(), max_size=5)
TITLES = st.lists(seen(named=True).map(lambda row: row.title), max_size=3)


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    maybe = st.none()
    return Rules(
        kinds=draw(st.sampled_from([(), (), (Kind.MOVIE,), (Kind.SHOW,)])),
        year_from=draw(maybe | st.integers(1989, 1993)),
        year_to=draw(maybe | st.integers(1990, 1994)),
        rating_from=draw(maybe | st.sampled_from([0, 20, 60, 100])),
        genres=tuple(draw(st.sets(st.sampled_from(["comedy", "drama"]), max_size=2))),
        without_genres=tuple(draw(st.sets(st.sampled_from(["horror"]), max_size=1))),
        episodes=draw(st.sampled_from(["show", "show", "skip"])),
        order=draw(st.sampled_from(list(Order))),
        descending=draw(st.booleans()),
        limit=draw(maybe | st.integers(1, 5)),
    )


@dataclass(eq=False)
class Model:
    """One title: everything that any list told about it."""

    rows: list[ListItem] = field(default_factory=list)

    @property
    def ids(self) -> dict[str, Any]:
        return {
            name: value
            for row in self.rows
            for name, value in row.title.ids.as_dict().items()
            if value is not None
        }

    @property
    def kind(self) -> Kind:
        kinds = {row.title.kind for row in self.rows} - {Kind.UNKNOWN}
        return next(iter(kinds), Kind.UNKNOWN)

    def fact(self, name: str) -> Any:
        if name == "year":
            return next((r.title.year for r in self.rows if r.title.year), None)
        found = (getattr(row, name) for row in self.rows)
        return next((value for value in found if value not in (None, ())), None)

    @property
    def key(self) -> tuple[Any, ...]:
        first = self.rows[0].title
        return key_of(self.kind, self.ids, first.title, first.year)


def key_of(kind: Kind, ids: dict[str, Any], name: str, year: int | None) -> tuple[Any, ...]:
    return (kind, *sorted(ids.items())) if ids else (kind, name, year)


def are_one(one: ListItem, other: ListItem) -> bool:
    a, b = one.title, other.title
    if a.kind is not b.kind and Kind.UNKNOWN not in (a.kind, b.kind):
        return False
    names = PROVIDERS if a.kind is b.kind is not Kind.UNKNOWN else ("imdb",)
    if any(getattr(a.ids, n) is not None and getattr(a.ids, n) == getattr(b.ids, n) for n in names):
        return True
    if Kind.UNKNOWN in (a.kind, b.kind) or a.title != b.title or a.year != b.year:
        return False
    return a.year is not None or not (a.ids or b.ids)


def grouped(rows: Sequence[ListItem]) -> list[Model]:
    """Merge any two that share a pair of equal rows, until there are none."""
    found = [Model([row]) for row in rows]
    while True:
        pair = next(
            (
                (a, b)
                for i, a in enumerate(found)
                for b in found[i + 1 :]
                if any(are_one(x, y) for x in a.rows for y in b.rows)
            ),
            None,
        )
        if pair is None:
            return found
        found.remove(pair[1])
        pair[0].rows += pair[1].rows


def model_of(
    lists: Sequence[tuple[str, Sequence[ListItem]]],
    merge: Merge,
    rules: Rules,
    pins: Sequence[ListItem],
    exclusions: Sequence[ListItem],
    left_out: Sequence[ListItem],
) -> list[tuple[Any, ...]]:
    lists = [(op, [r for r in rows if rules.episodes == "show" or not r.via]) for op, rows in lists]
    every = [*pins, *exclusions, *(row for _, rows in lists for row in rows)]
    titles = grouped(every)

    def of(row: ListItem) -> Model:
        return next(title for title in titles if any(row is one for one in title.rows))

    there = joined(lists, merge, of)
    out = [of(row) for row in exclusions]
    first: list[Model] = []
    for pin in pins:
        title = of(pin)
        if all(title is not x for x in [*out, *first]):
            first.append(title)
    rest = [
        (title, row)
        for title, row in there
        if all(title is not x for x in [*out, *first])
        and not any(are_one(row, other) for row in title.rows for other in left_out)
        and lets_through(title, rules)
    ]
    keys = [title.key for title in [*first, *in_order(rest, rules)]]
    return keys if rules.limit is None else keys[: max(rules.limit, len(first))]


def joined(
    lists: Sequence[tuple[str, Sequence[ListItem]]], merge: Merge, of: Callable[[ListItem], Model]
) -> list[tuple[Model, ListItem]]:
    there: list[tuple[Model, ListItem]] = []
    for place, block in blocks(lists):
        op, rows = lists[place]
        if op == "union" or place == 0:
            longest = max(map(len, block))
            if merge is Merge.TURNS:
                rows = [one[n] for n in range(longest) for one in block if n < len(one)]
            else:
                rows = [row for one in block for row in one]
            for row in rows:
                if all(of(row) is not title for title, _ in there):
                    there.append((of(row), row))
        else:
            has = [of(row) for row in rows]
            inside = op == "intersect"
            there = [x for x in there if any(x[0] is title for title in has) == inside]
    return there


def blocks(
    lists: Sequence[tuple[str, Sequence[ListItem]]],
) -> list[tuple[int, list[Sequence[ListItem]]]]:
    """Lists that are joined at once, each block with the place of its first."""
    found: list[tuple[int, list[Sequence[ListItem]]]] = []
    for place, (op, rows) in enumerate(lists):
        before = place == 1 or (place and lists[place - 1][0] == "union")
        if op == "union" and before:
            found[-1][1].append(rows)
        else:
            found.append((place, [rows]))
    return found


def lets_through(title: Model, rules: Rules) -> bool:
    if rules.kinds and title.kind not in rules.kinds:
        return False
    year, rating = title.fact("year"), title.fact("rating")
    genres = title.fact("genres") or ()
    if rules.year_from is not None and (year is None or year < rules.year_from):
        return False
    if rules.year_to is not None and (year is None or year > rules.year_to):
        return False
    if rules.rating_from is not None and (rating is None or rating < rules.rating_from):
        return False
    if rules.genres and not any(genre in rules.genres for genre in genres):
        return False
    return not any(genre in rules.without_genres for genre in genres)


def in_order(found: list[tuple[Model, ListItem]], rules: Rules) -> list[Model]:
    """By repeatedly taking the next one."""
    if rules.order is Order.RANK:
        titles = [title for title, _ in found]
        return list(reversed(titles)) if rules.descending else titles
    left = [(value_of(title, row, rules.order), title) for title, row in found]
    result = []
    while left:
        values = [value for value, _ in left if value is not None]
        best = None if not values else max(values) if rules.descending else min(values)
        place = next(n for n, (value, _) in enumerate(left) if value == best)
        result.append(left.pop(place)[1])
    return result


def value_of(title: Model, row: ListItem, order: Order) -> Any:
    if order is Order.TITLE:
        named = [one for one in title.rows if one.title.kind is title.kind]
        return (row if row.title.kind is title.kind else named[0]).title.title.lower()
    if order is Order.ADDED:
        return row.added_at
    return title.fact(order.value)


def as_rows(titles: Sequence[Title]) -> list[ListItem]:
    return [ListItem(0, title) for title in titles]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    lists=st.lists(
        st.tuples(st.sampled_from(["union", "union", "intersect", "minus"]), ROWS), max_size=4
    ),
    merge=st.sampled_from(list(Merge)),
    rules=some_rules(),
    pins=TITLES,
    exclusions=TITLES,
    left_out=st.lists(seen(), max_size=2),
)
def test_a_collection_is_what_the_naive_model_says(
    lists: list[tuple[str, list[ListItem]]],
    merge: Merge,
    rules: Rules,
    pins: list[Title],
    exclusions: list[Title],
    left_out: list[ListItem],
) -> None:
    # Each its own object: the model tells rows apart by that.
    told = [(op, [copied(row, rank) for rank, row in enumerate(rows, 1)]) for op, rows in lists]
    made = choose(told, merge, rules, pins=pins, exclusions=exclusions, left_out=left_out)
    wanted = model_of(told, merge, rules, as_rows(pins), as_rows(exclusions), left_out)
    assert [row.rank for row in made] == list(range(1, len(made) + 1))
    found = []
    for row in made:
        ids = {name: value for name, value in row.title.ids.as_dict().items() if value}
        found.append(key_of(row.title.kind, ids, row.title.title, row.title.year))
    assert found == wanted


def copied(row: ListItem, rank: int) -> ListItem:
    return ListItem(
        rank, row.title, row.poster, row.genres, row.rating, row.released, row.added_at, row.via
    )


NUMBER = st.none() | st.integers(1, 3)
MESSY = st.builds(
    lambda kind, year, imdb, tmdb, tvdb: ListItem(
        0, Title(kind, "Eden", year, Ids(f"tt000000{imdb}" if imdb else None, tmdb, tvdb))
    ),
    st.sampled_from([Kind.MOVIE, Kind.MOVIE, Kind.SHOW]),
    st.sampled_from([None, 2012]),
    NUMBER,
    NUMBER,
    NUMBER,
)


def speak_against(one: Ids, other: Ids) -> bool:
    a, b = one.as_dict(), other.as_dict()
    return any(None not in (a[name], b[name]) and a[name] != b[name] for name in a)


@settings(max_examples=150)
@given(lists=st.lists(st.lists(MESSY, max_size=8), min_size=1, max_size=3))
def test_ids_that_contradict_each_other_are_never_mixed(lists: list[list[ListItem]]) -> None:
    every = [row for rows in lists for row in rows]
    made = choose([("union", rows) for rows in lists])
    for row in made:
        assert any(
            row.title.kind is one.title.kind and not speak_against(row.title.ids, one.title.ids)
            for one in every
        )
    # Nobody is lost: each row is there itself, or shares an id or its name with one that is.
    for one in every:
        assert any(are_one(one, row) or not speak_against(one.title.ids, row.title.ids)
                   for row in made if row.title.kind is one.title.kind)  # fmt: skip
    # And nobody is there twice, nor after all of it was taken out again.
    assert len({(row.title.kind, row.title.ids, row.title.year) for row in made}) == len(made)
    assert choose([("union", every), ("minus", every)]) == []
    twice = choose([("union", every), ("union", every)])
    assert choose([("union", every), ("intersect", every)]) == twice
