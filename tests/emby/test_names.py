"""Names of folders and addresses."""

import pytest

from collectarr.emby.client import (
    clean_name,
    folder_of,
    normalise_server_url,
    same_box_set_name,
)
from collectarr.errors import InvalidError
from collectarr.models import BoxSet


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Many/Slash:?", "/srv/data32/data/collections/Many Slash   [boxset]"),
        ("Probe Collection é &", "/srv/data32/data/collections/Probe Collection é & [boxset]"),
        (" Lead", "C:\\Emby\\collections\\ Lead [boxset]"),
    ],
)
def test_a_name_is_cleaned_into_the_folder_that_emby_makes_of_it(name: str, path: str) -> None:
    assert clean_name(name) == folder_of(path)


def test_a_folder_without_the_suffix_keeps_its_name_and_no_path_has_none() -> None:
    assert folder_of("/collections/Alpha/") == "Alpha"
    assert folder_of("") is None
    assert folder_of(None) is None


@pytest.mark.parametrize(
    ("wanted", "name", "folder"),
    [
        ("Alpha", "Alpha", "Alpha"),
        ("Alpha", "Beta", "Alpha"),  # renamed in Emby: the folder stays
        ("Alpha", "Alpha", None),
        ("Many/Slash:?", "Many Slash", "Many Slash  "),
        ("Many/Slash:?", "Many/Slash:?", "Many Slash:?"),  # Jellyfin's folder
        ("alpha", "Alpha", "Alpha"),  # one folder on Windows and macOS
        ("Am\u00e9lie", "Ame\u0301lie", None),
    ],
)
def test_names_that_share_a_folder_are_the_same(wanted: str, name: str, folder: str | None) -> None:
    assert same_box_set_name(wanted, BoxSet("1", name, folder))


def test_names_with_folders_of_their_own_are_not_the_same() -> None:
    assert not same_box_set_name("Alpha", BoxSet("1", "Alpha 2", "Alpha 2"))
    assert not same_box_set_name("Alpha", BoxSet("1", "Beta", None))


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://host:8096", "http://host:8096/emby"),
        (" http://host:8096/ ", "http://host:8096/emby"),
        ("http://host:8096/emby", "http://host:8096/emby"),
        ("http://host:8096/emby/", "http://host:8096/emby"),
        ("https://Media.Example.org//proxy//path/", "https://media.example.org/proxy/path/emby"),
        ("http://host:8096/web/index.html#!/home", "http://host:8096/emby"),
        ("http://[fd00::1]:8096", "http://[fd00::1]:8096/emby"),
    ],
)
def test_what_people_type_becomes_one_base_address(typed: str, base: str) -> None:
    assert normalise_server_url(typed) == base


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "Type the address"),
        ("host:8096", "http://"),
        ("ftp://host", "http://"),
        ("file:///etc/passwd", "http://"),
        ("http:host", "http://"),
        ("http://", "no server"),
        ("http://:8096", "no server"),
        ("http://host:0", "no server"),
        ("http://host:99999", "cannot be read"),
        ("http://host:port", "cannot be read"),
        ("http://[fd00", "cannot be read"),
        ("http://me:secret@host", "password"),
        ("http://host/?api_key=1", "question mark"),
        ("my server", "not an address"),
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str, word: str) -> None:
    with pytest.raises(InvalidError, match=word) as refused:
        normalise_server_url(typed)
    assert "secret" not in refused.value.message
