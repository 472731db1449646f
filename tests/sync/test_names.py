"""How titles are compared: what comes out alike, and what must not."""

import pytest

from collectarr.models import Kind, Title
from collectarr.sync.names import article_of, comparable, plain_key
from collectarr.sync.titles import Names, names_of


def names(title: str, *, library: bool = False, year: int | None = None) -> Names:
    return names_of(Title(Kind.MOVIE, title, year), library=library)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lord of the Rings: The Two Towers, The", "The Lord of the Rings: The Two Towers"),
        ("Lord of the Rings, The: The Two Towers", "The Lord of the Rings - The Two Towers"),
        ("Enfer, L'", "L’Enfer"),
        ("Pagador de Promessas, O", "O Pagador de Promessas"),
        ("The Godfather: Part II", "Godfather Part 2, The"),
        ("Kill Bill: Vol. 1", "Kill Bill Volume One"),
        ("Alien³", "Alien 3"),
        ("8½", "8 1/2"),
        ("20,000 Leagues", "20000 Leagues"),
        ("S.W.A.T.", "SWAT"),
        ("M*A*S*H", "MASH"),
        ("Spider-Man", "Spiderman"),
        ("Astérix & Obélix", "Asterix et Obelix"),
        ("Max und Moritz", "Max and Moritz"),
        ("Rock'n'Roll", "Rock & Roll"),
        ("Batman v Superman", "Batman vs. Superman"),
        ("Dr. No", "Doctor No"),
        ("Æon Flux", "Aeon Flux"),
        ("Straße", "Strasse"),
        ("Ёлки", "елки"),
        ("ΚΥΝΟΔΟΝΤΑΣ", "Κυνόδοντας"),
        ("ＡＫＩＲＡ", "Akira"),
        ("となりの トトロ", "となりのトトロ"),
        ("عَرَب", "عرب"),
    ],
)
def test_two_ways_to_write_one_title_compare_equal(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nine", "9"),
        ("英雄", "鹰熊"),
        ("Брат", "Brat"),
        ("Йод", "Иод"),
        ("ハハ", "ババ"),
        ("लगान", "लगन"),
        ("फ़िल्म की", "फ़िल्म का"),
        ("1 1", "11"),
        ("The Rapist", "Therapist"),
        ("A.I. Artificial Intelligence", "I. Artificial Intelligence"),
        ("L.A. Confidential", "Confidential"),
        ("I Am Legend", "Am Legend"),
        ("Rocky II", "Rocky III"),
        ("Part 2", "2"),
    ],
)
def test_different_titles_stay_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize("title", ["Heat", "The Big Short", "Ocean 11", "Cube 2 Hypercube", "The"])
def test_the_quick_way_comes_out_like_the_long_one(title: str) -> None:
    assert plain_key(title) == comparable(title)


@pytest.mark.parametrize("title", ["Rocky II", "Léon", "Kill Bill Part One", "Twelve Monkeys", "¿"])
def test_the_quick_way_leaves_what_needs_a_closer_look(title: str) -> None:
    assert plain_key(title) is None


def test_an_article_is_found_at_either_end() -> None:
    assert article_of("The Prophet") == article_of("Prophet, The") == "the"
    assert article_of("Prophet") == article_of("The") == article_of("A.I.") == ""


@pytest.mark.parametrize(
    "title",
    [
        *("Heat (4K)", "Heat [Remastered]", "Heat (Extended Director's Cut)", "Heat - 4K UHD"),
        *("Heat: The Final Cut", "Heat (Unrated) [1080p]", "Heat Special Edition", "Heat (3-D)"),
    ],
)
def test_an_edition_is_no_part_of_a_name_in_a_library(title: str) -> None:
    assert names(title, library=True).title == {"heat"}
    assert names(title, library=False).title != {"heat"}


@pytest.mark.parametrize("title", ["The Final Cut", "Director's Cut", "Piranha 3D", "Uncut Gems"])
def test_a_film_that_is_called_like_an_edition_keeps_its_name(title: str) -> None:
    assert names(title, library=True).title == {comparable(title)}


@pytest.mark.parametrize(
    "title", ["Heat (1995)", "Heat [1995]", "Heat (1995-)", "Heat (1995–1999)"]
)
def test_a_year_in_the_title_is_the_year(title: str) -> None:
    found = names(title)
    assert (found.title, found.year) == ({"heat"}, 1995)
    assert names(title, year=1994).title == {"heat"}
    assert names(title, year=1994).year == 1994


def test_a_year_that_is_not_the_films_belongs_to_the_title() -> None:
    assert names("Heat (2049)", year=1995).title == {"heat2049"}


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Seven (a.k.a. Se7en)", {"se7en"}),
        ("Seven aka Se7en", {"se7en"}),
        ("Men in Black II (a.k.a. MIIB) (a.k.a. MIB 2)", {"miib", "mib2"}),
        ("The City of Lost Children (Cité des enfants perdus, La)", {"citedesenfantsperdus"}),
        ("Léon: The Professional (a.k.a. The Professional) (Léon)", {"professional", "leon"}),
    ],
)
def test_other_names_in_brackets_are_names(title: str, other: set[str]) -> None:
    assert names(title).other == other


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("The Office (US)", {"office"}),
        ("Dr. Strangelove or: How I Learned to Stop Worrying", {"doctorstrangelove"}),
        ("Birdman: Or (The Unexpected Virtue of Ignorance)", {"birdman"}),
        ("Dune: Part One", {"dune"}),
        ("Twelve Monkeys", {"12monkeys"}),
        ("Bram Stoker's Dracula", {"dracula"}),
        ("Star Wars: Episode V - The Empire Strikes Back", {"empirestrikesback"}),
    ],
)
def test_what_is_only_likely_is_kept_apart(title: str, short: set[str]) -> None:
    assert short <= names(title).short
    assert not short & names(title).firm


def test_the_whole_of_a_long_title_is_not_looked_at() -> None:
    assert comparable("x" * 500) == comparable("x" * 900)


def test_umlauts_compare_as_both_ways_to_type_them() -> None:
    assert names("Männer").title == {"manner", "maenner"}
