"""Which collections want a title is told by ids and names, and says so after a restart."""

from collectarr.models import Ids, Item, Kind, ListItem, Title
from collectarr.sync.wanted import Entry, entry_of, keys_of

HEAT = Title(Kind.MOVIE, "Heat", 1995, Ids(imdb="tt0113277", tmdb=949))
NAMED = Title(Kind.MOVIE, "The Heat", 2013)
ROWS = [ListItem(1, HEAT), ListItem(2, NAMED), ListItem(3, Title(Kind.SHOW, "Heat", 1995))]


def asked(title: Title) -> tuple[set[int], set[int]]:
    by_id, by_name = entry_of("1", ROWS).ranks(keys_of([Item("1", title)]))
    return set(by_id), set(by_name)


def test_an_id_leads_to_its_row_whatever_the_title_is_called() -> None:
    found = asked(Title(Kind.MOVIE, "file.mkv", None, Ids(tmdb=949)))
    assert found[0] == {1}
    assert 1 not in found[1]


def test_a_number_of_tmdb_is_another_one_for_a_show() -> None:
    assert asked(Title(Kind.SHOW, "Other", 1995, Ids(tmdb=949)))[0] == set()


def test_a_name_leads_to_the_rows_of_its_kind() -> None:
    assert asked(Title(Kind.SHOW, "HEAT", 2020))[1] == {3}


def test_what_is_kept_is_read_back_as_it_was() -> None:
    entry = entry_of("7.1|3", ROWS)
    assert Entry.unpack("7.1|3", entry.pack()) == entry
