"""How many ids go into one address."""

import pytest
from yarl import URL

from collectarr.emby.client import batches


@pytest.mark.parametrize("width", [1, 5, 7, 32])
def test_a_batch_fits_into_the_address_and_nothing_is_lost(width: int) -> None:
    ids = [f"{number:0{width}d}" for number in range(2000)]
    parts = list(batches(ids))
    assert [item_id for part in parts for item_id in part] == ids
    base = URL("http://192.168.100.200:8096/emby/Collections")
    assert all(len(str(base.with_query(Name="n" * 99, Ids=",".join(p)))) <= 4000 for p in parts)


def test_batches_are_as_large_as_is_safe() -> None:
    ids = [f"{number:032x}" for number in range(224)]
    assert [len(part) for part in batches(ids)] == [112, 112]


def test_one_id_goes_out_even_where_there_is_no_room() -> None:
    assert list(batches(["1", "2"], room=0)) == [["1"], ["2"]]


def test_no_ids_make_no_batch() -> None:
    assert list(batches([])) == []
