"""Files in whatever encoding a spreadsheet wrote them."""

import pytest

from collectarr.sources.manual.text import decoded, understand

TABLE = "Const,Title,Year\r\ntt0047478,上，七人の侍,1954\r\ntt0211915,Amélie,2001\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_with_a_mark_of_its_encoding_or_without(encoding: str) -> None:
    assert decoded(TABLE.encode(encoding)) == TABLE
    read = understand(decoded(TABLE.encode(encoding)))
    assert [entry.title.ids.imdb for entry in read.titles] == ["tt0047478", "tt0211915"]
    assert read.not_understood == ()


@pytest.mark.parametrize("data", [b"", b"t", b"tt0047478", b"tt0047478\x00 tt0211915"])
def test_what_is_short_or_has_one_nul_is_no_wide_text(data: bytes) -> None:
    assert decoded(data) == data.decode()
