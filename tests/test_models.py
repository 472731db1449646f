"""Ids as sources write them, and words that stand in the outside contract."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectarr.errors import CollectarrError, ThrottledError, UnavailableError
from collectarr.models import (
    ITEM_ID,
    Ids,
    Kind,
    Mode,
    Requests,
    RunStatus,
    imdb_id,
    number_id,
    utc_now,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tt0133093", "tt0133093"),
        ("TT133093", "tt0133093"),
        (" tt0133093\n", "tt0133093"),
        (133093, "tt0133093"),
        ("0133093", "tt0133093"),
        ("tt00000133093", "tt0133093"),
        ("tt12345678", "tt12345678"),
    ],
)
def test_an_imdb_id_is_read_however_it_is_written(written: object, meant: str) -> None:
    assert imdb_id(written) == meant


@pytest.mark.parametrize(
    "written",
    [None, "", "tt", "tt0", 0, "0", "nm0000206", "tt12a", "tt-5", "tt 5", "tt٣٤", "tt12345678901"],
)
def test_what_is_no_imdb_id_is_none(written: object) -> None:
    assert imdb_id(written) is None


@pytest.mark.parametrize(
    ("written", "meant"), [(603, 603), ("603", 603), (" 603 ", 603), ("007", 7)]
)
def test_a_number_is_read_from_text_too(written: object, meant: int) -> None:
    assert number_id(written) == meant


@pytest.mark.parametrize(
    "written", [None, "", 0, "0", -1, "-1", 6.5, "6.5", "٣", "²", "x", True, "1" * 16, [], {}]
)
def test_what_is_no_number_is_none(written: object) -> None:
    assert number_id(written) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_nothing_that_a_source_writes_raises_and_what_is_read_stays_the_same(raw: object) -> None:
    ids = Ids.of(imdb=raw, tmdb=raw, tvdb=raw, trakt=raw)

    assert Ids.of(**ids.as_dict()) == ids
    assert ids.tmdb is None or ids.tmdb > 0
    json.dumps(ids.as_dict())


def test_ids_know_whether_there_are_any() -> None:
    assert not Ids()
    assert not Ids.of(imdb="", tmdb=0, tvdb="0", trakt=None)
    assert all(Ids.of(**{name: 5}) for name in ("imdb", "tmdb", "tvdb", "trakt"))


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("1", True),
        ("0123456789abcdef0123456789abcdef", True),
        ("", False),
        ("1\n", False),
        ("0123456789ABCDEF0123456789ABCDEF", False),
        ("a" * 31, False),
        ("../1", False),
        ("1,2", False),
        ("٣", False),
    ],
)
def test_an_item_id_is_a_number_or_32_hexadecimal_digits(text: str, fine: bool) -> None:
    assert bool(ITEM_ID.match(text)) is fine


def test_requests_are_reads_or_writes() -> None:
    requests = Requests()
    for method in ("GET", "HEAD", "POST", "DELETE", "GET"):
        requests.count(method)

    assert requests.as_dict() == {"reads": 3, "writes": 2}


def test_the_words_of_the_contract_are_as_written_there() -> None:
    assert [kind.value for kind in Kind] == ["movie", "show", "unknown"]
    assert [mode.value for mode in Mode] == ["keep", "mirror", "add_only"]
    assert {status.value for status in RunStatus} == {
        *("QUEUED", "RUNNING", "SUCCESS", "PARTIAL", "FAILED", "HELD", "CANCELLED")
    }
    assert utc_now().utcoffset() is not None


def kinds_of(error: type[CollectarrError]) -> list[type[CollectarrError]]:
    return [error, *(deeper for kind in error.__subclasses__() for deeper in kinds_of(kind))]


def test_every_error_has_a_status_and_a_code_of_its_own() -> None:
    kinds = kinds_of(CollectarrError)

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def test_an_error_carries_its_words_and_what_programs_need() -> None:
    slow = ThrottledError("Slow down.", retry_after=5)
    down = UnavailableError("Den is down.", upstream="Den", code="refused", retry_after=2.5)

    assert (str(slow), slow.status, slow.details) == ("Slow down.", 429, {"retry_after": 5})
    assert (down.message, down.code, down.upstream) == ("Den is down.", "refused", "Den")
    assert (down.status, down.retry_after) == (503, 2.5)
