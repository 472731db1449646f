"""What every source obeys, whichever it is."""

import aiohttp
import pytest

from collectarr.settings import load_settings
from collectarr.sources import SOURCES, Account, Credential
from collectarr.sources.mdblist import connect


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_has_the_name_it_is_listed_under(
    session: aiohttp.ClientSession, name: str
) -> None:
    assert SOURCES[name](session, load_settings()).name == name


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("text", ["", " ", "https://example.com/lists/a/b", "http://[", "\x00"])
async def test_a_source_refuses_what_is_not_its_own_without_an_error(
    session: aiohttp.ClientSession, name: str, text: str
) -> None:
    assert SOURCES[name](session, load_settings()).parse(text) is None


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_has_all_that_is_asked_of_one(
    session: aiohttp.ClientSession, name: str
) -> None:
    source = SOURCES[name](session, load_settings())
    for call in (source.account, source.shelf, source.search, source.describe, source.read):
        assert callable(call)


async def test_mdblist_takes_lists_from_the_address_it_was_given(
    session: aiohttp.ClientSession,
) -> None:
    elsewhere = connect(session, load_settings(mdblist_url="http://127.0.0.1:7797"))
    assert elsewhere.parse("http://127.0.0.1:7797/lists/demo/mix") == "demo/mix"
    usual = connect(session, load_settings())
    assert usual.parse("https://mdblist.com/lists/demo/mix") == "demo/mix"


def test_a_credential_does_not_show_its_secret() -> None:
    assert "hush" not in f"{Credential('hush')} {Credential('hush')!r} {Account('ann')}"
