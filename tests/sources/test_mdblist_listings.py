"""What recorded rows of listings mean."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from collectarr.errors import UnexpectedAnswerError
from collectarr.models import Kind
from collectarr.sources.mdblist.answers import Reply
from collectarr.sources.mdblist.listings import (
    external_infos,
    list_info,
    list_infos,
    list_rows,
)

SITE = "https://mdblist.com"
Recorded = Callable[[str], Reply]


def reply(data: Any) -> Reply:
    return Reply(data, {})


def test_twins_are_one_list_of_both_kinds(recorded: Recorded) -> None:
    lists = list_infos(list_rows(recorded("my_lists")), SITE)
    twins = lists[2]
    assert len(lists) == 3
    assert (twins.reference, twins.item_count, twins.public) == (
        "linaspurinis/latest-certified-fresh-releases",
        60,
        True,
    )
    assert twins.kinds == (Kind.MOVIE, Kind.SHOW)
    assert twins.url == "https://mdblist.com/lists/linaspurinis/latest-certified-fresh-releases"


def test_a_unified_row_of_twins_reads_the_same(recorded: Recorded) -> None:
    (twins,) = list_infos(list_rows(recorded("my_lists_unified")), SITE)
    assert (twins.item_count, twins.kinds) == (60, (Kind.MOVIE, Kind.SHOW))
    assert twins.version is not None


def test_the_version_moves_when_either_twin_does(recorded: Recorded) -> None:
    def version(data: Any) -> str | None:
        return list_infos(list_rows(reply(data)), SITE)[2].version

    before = recorded("my_lists").data
    for row in (2, 3):
        after = [dict(one) for one in before]
        after[row]["last_updated_at"] = "2025-02-01T00:00:00Z"
        assert version(after) != version(before)


def test_the_version_moves_with_the_count_even_if_the_time_stands_still() -> None:
    row = {"id": 1, "user_name": "ann", "slug": "x", "last_updated_at": "2025-01-01T00:00:00Z"}
    versions = {
        list_infos(list_rows(reply([{**row, "items": count}])), SITE)[0].version for count in (3, 4)
    }
    assert len(versions) == 2


def test_a_list_without_a_time_of_change_has_no_version(recorded: Recorded) -> None:
    (info,) = list_infos(list_rows(recorded("list_by_id")), SITE)
    assert (info.version, info.item_count, info.kinds) == (None, 30, (Kind.MOVIE,))
    assert info.description == "Score >= 60\r\nLimit 30"


def test_a_bare_object_is_a_listing_of_one(recorded: Recorded) -> None:
    bare = recorded("list_by_id").data[0]
    assert list_infos(list_rows(reply(bare)), SITE) == list_infos(list_rows(reply([bare])), SITE)


def test_a_list_is_private_when_one_of_its_rows_is(recorded: Recorded) -> None:
    rows = [{**row, "private": row["mediatype"] == "show"} for row in recorded("list_twins").data]
    assert list_info(list_rows(reply(rows)), SITE).public is False


def test_a_private_twin_is_a_list_of_its_own_by_its_number(recorded: Recorded) -> None:
    rows = [{**row, "private": row["mediatype"] == "show"} for row in recorded("list_twins").data]
    named, hidden = list_infos(list_rows(reply(rows)), SITE)
    assert (named.public, hidden.public) == (True, False)
    assert named.kinds == (Kind.MOVIE,)
    assert hidden.reference == hidden.source_id
    assert named.source_id not in (None, hidden.source_id)


def test_rows_that_do_not_say_are_public_only_in_public_listings(recorded: Recorded) -> None:
    rows = list_rows(recorded("top"))
    assert [info.public for info in list_infos(rows, SITE)] == [False, False]
    assert [info.public for info in list_infos(rows, SITE, listed=True)] == [True, True]


def test_an_owner_whose_name_is_no_part_of_an_address_leaves_the_id() -> None:
    row = {"id": 7, "user_name": "Jane Doe", "slug": "mine", "name": "Mine"}
    (info,) = list_infos(list_rows(reply([row])), SITE)
    assert (info.reference, info.url) == ("7", None)


@pytest.mark.parametrize("data", ["words", 7, [7], {"lists": [7]}, [{"name": "no id"}]])
def test_what_is_no_listing_is_an_unexpected_answer(data: object) -> None:
    with pytest.raises(UnexpectedAnswerError):
        list_rows(reply(data))


def test_a_list_tells_its_number_and_the_newest_change_of_its_twins(recorded: Recorded) -> None:
    rows = recorded("my_lists").data
    rows[3]["last_updated_at"] = "2025-01-16T00:00:00Z"
    first, _, twins = list_infos(list_rows(reply(rows)), SITE)
    assert (first.source_id, twins.source_id) == ("13", "1176+6365")
    assert twins.updated_at == datetime(2025, 1, 16, tzinfo=UTC)


def test_a_unified_row_tells_both_numbers(recorded: Recorded) -> None:
    (twins,) = list_infos(list_rows(recorded("my_lists_unified")), SITE)
    assert twins.source_id == "1176+6365"


@pytest.mark.parametrize("ids", [[], None, ["x"], [0]])
def test_numbers_that_are_none_are_no_reference(ids: object) -> None:
    (info,) = list_infos(list_rows(reply([{"ids": ids, "user_name": "ann", "slug": "x"}])), SITE)
    assert info.source_id is None


def test_external_lists_are_read_as_recorded(recorded: Recorded) -> None:
    trakt, imdb = external_infos(recorded("external_lists"))
    assert (trakt.reference, trakt.name, trakt.owner) == (
        "external/123",
        "My Trakt Watchlist",
        "johndoe",
    )
    assert (trakt.item_count, trakt.kinds) == (175, (Kind.MOVIE, Kind.SHOW))
    assert trakt.updated_at == datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
    assert imdb.url == "https://www.imdb.com/list/ls123456789/"
    assert (imdb.source_id, imdb.public) == ("external/124", False)


def test_an_external_list_without_a_number_is_an_unexpected_answer() -> None:
    with pytest.raises(UnexpectedAnswerError):
        external_infos(reply([{"id": "x/../y"}]))
