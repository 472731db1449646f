"""What every source obeys, whichever it is."""

import aiohttp
import pytest

from collectarr.sources import SOURCES, Account, Credential
from collectarr.sources.mdblist import connect

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_has_the_name_it_is_listed_under(
    session: aiohttp.ClientSession, name: str
) -> None:
    assert SOURCES[name](session, URL).name == name


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("text", ["", " ", "https://example.com/lists/a/b", "http://[", "\x00"])
async def test_a_source_refuses_what_is_not_its_own_without_an_error(
    session: aiohttp.ClientSession, name: str, text: str
) -> None:
    assert SOURCES[name](session, URL).parse(text) is None


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_has_all_that_is_asked_of_one(
    session: aiohttp.ClientSession, name: str
) -> None:
    source = SOURCES[name](session, URL)
    for call in (source.account, source.describe, source.read, source.changes):
        assert callable(call)


async def test_mdblist_takes_lists_from_the_address_it_was_given(
    session: aiohttp.ClientSession,
) -> None:
    assert connect(session, "http://127.0.0.1:7797").parse(
        "http://127.0.0.1:7797/lists/demo/mix"
    ) == "demo/mix"  # fmt: skip
    assert connect(session).parse("https://mdblist.com/lists/demo/mix") == "demo/mix"


def test_a_credential_does_not_show_its_secret() -> None:
    assert "hush" not in f"{Credential('hush')} {Credential('hush')!r} {Account('ann')}"
