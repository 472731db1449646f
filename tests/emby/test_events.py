"""What servers tell: every sample, every shape of nonsense, and messages of web sockets."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectarr.emby.events import (
    LONGEST_NAME,
    MOST_IDS,
    Event,
    EventKind,
    socket_events,
    webhook_event,
)
from collectarr.errors import InvalidError
from collectarr.models import ITEM_ID

SAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "emby_webhooks.json").read_text(encoding="utf-8")
)
MACHINE = "0f3b1c7e5a9d4c2e8b6a1d2f3c4b5a69"
KINDS = {
    "library.new": EventKind.ADDED,
    "library.new#episode": EventKind.ADDED,
    "library.new#episode-4.7-before-metadata": EventKind.ADDED,
    "library.new#grouped-series": EventKind.ADDED,
    "library.deleted": EventKind.REMOVED,
    "system.notificationtest": EventKind.TEST,
    "system.webhooktest": EventKind.TEST,
    "system.serverstartup": EventKind.SCAN,
}
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["library.new", "LibraryChanged", "7", "\ud800", "9" * 5000]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["Event", "Item", "Server", "Id", "Type", "SeriesId", "Name", "Data"])
            | st.text(),
            inner,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("label", SAMPLES)
def test_a_sample_is_what_it_says(label: str) -> None:
    event = webhook_event(SAMPLES[label])
    assert event.kind is KINDS.get(label, EventKind.UNKNOWN)
    assert event.said == SAMPLES[label]["Event"]
    assert event.server_uid == MACHINE


def test_a_new_film_and_an_episode_name_what_is_to_be_read() -> None:
    film = webhook_event(SAMPLES["library.new"])
    assert film == Event(
        EventKind.ADDED, "library.new", "77360", "Movie", None, MACHINE, "The Matrix"
    )
    episode = webhook_event(SAMPLES["library.new#episode"])
    assert (episode.item_id, episode.series_id) == ("88412", "88300")
    assert episode.name == "Breaking Bad: Pilot"


@pytest.mark.parametrize("item", [None, {}, {"Id": None}, {"Id": "../x"}, {"Id": ["7"]}, "7"])
def test_an_event_without_a_usable_item_is_of_no_concern(item: Any) -> None:
    assert webhook_event({"Event": "library.new", "Item": item}).kind is EventKind.UNKNOWN


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (7, "7"),
        (" 7 ", "7"),
        ("0F3B1C7E-5A9D-4C2E-8B6A-1D2F3C4B5A69", MACHINE),
        (True, None),
        (7.0, None),
        ("7" * 33, None),
        pytest.param(10**6000, None, id="too long to print"),
    ],
)
def test_an_id_is_read_however_it_is_written(written: Any, read: str | None) -> None:
    assert webhook_event({"Event": "library.new", "Item": {"Id": written}}).item_id == read


@pytest.mark.parametrize("payload", [None, [], "library.new", {}, {"Event": 7}, {"Event": " \n"}])
def test_what_is_no_event_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidError):
        webhook_event(payload)


def test_it_is_another_servers_only_if_it_says_so() -> None:
    event = webhook_event(SAMPLES["library.new"])
    assert event.is_from(MACHINE.upper())
    assert not event.is_from("machine")
    assert webhook_event({"Event": "library.new"}).is_from("machine")


def test_an_event_says_whose_it_is_in_its_item_too() -> None:
    payload = {"Event": "library.new", "Item": {"Id": "7", "ServerId": "other"}}
    assert not webhook_event(payload).is_from("machine")


@given(ANYTHING)
@settings(max_examples=60)
def test_whatever_comes_becomes_an_event_that_can_be_kept_or_is_refused(payload: object) -> None:
    try:
        event = webhook_event(payload)
    except InvalidError:
        return
    assert event.item_id is not None or event.kind not in (EventKind.ADDED, EventKind.REMOVED)
    for text in (event.said, event.name, event.item_type):
        assert text is None or (text.isprintable() and len(text) <= LONGEST_NAME)
    for item_id in (event.item_id, event.series_id):
        assert item_id is None or ITEM_ID.match(item_id)


def _changed(**data: Any) -> str:
    return json.dumps({"MessageType": "LibraryChanged", "MessageId": "1", "Data": data})


def test_a_message_of_a_socket_is_one_event_an_item() -> None:
    events = socket_events(
        _changed(ItemsAdded=["7"], ItemsUpdated=["8", 9], ItemsRemoved=["a" * 32])
    )
    assert [(event.kind, event.item_id) for event in events] == [
        (EventKind.ADDED, "7"),
        (EventKind.UPDATED, "8"),
        (EventKind.UPDATED, "9"),
        (EventKind.REMOVED, "a" * 32),
    ]


def test_the_data_may_be_text_inside_the_text() -> None:
    message = json.dumps({"MessageType": "LibraryChanged", "Data": '{"ItemsAdded": ["7"]}'})
    assert [event.item_id for event in socket_events(message)] == ["7"]


def test_an_empty_message_after_a_scan_asks_for_a_look_at_all() -> None:
    empty = _changed(ItemsAdded=[], ItemsUpdated=[], ItemsRemoved=[])
    assert [event.kind for event in socket_events(empty)] == [EventKind.SCAN]


def test_a_message_that_names_too_many_is_one_look_at_all() -> None:
    many = _changed(ItemsUpdated=[str(number) for number in range(1, MOST_IDS + 2)])
    assert [event.kind for event in socket_events(many)] == [EventKind.SCAN]


@pytest.mark.parametrize(
    "message",
    [
        *("", "x", "[]", "7", str(math.inf), '{"MessageType": "UserDataChanged"}'),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_other_messages_are_nothing(message: str) -> None:
    assert socket_events(message) == []


@given(ANYTHING, st.text())
@settings(max_examples=40)
def test_no_message_of_a_socket_is_too_odd(data: object, text: str) -> None:
    message = json.dumps({"MessageType": "LibraryChanged", "Data": data})
    assert all(
        event.item_id is None or ITEM_ID.match(event.item_id) for event in socket_events(message)
    )
    socket_events(text)
