"""Which way is in use: what really came in decides, not what was set up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from collectarr.store.heard import Heard
from collectarr.sync.listen import Ear, EarState
from collectarr.sync.ways import InUse, Way, way_in_use

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DEAF = Ear()
SILENT = Ear(EarState.SILENT, connected_at=NOON)
HEARING = Ear(EarState.HEARING, connected_at=NOON, heard_at=NOON)
NOTHING = Heard(*(None,) * len(Heard.__dataclass_fields__))  # type: ignore[arg-type]


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def judged(
    ear: Ear = DEAF,
    *,
    made: int | None = None,
    webhook: int | None = None,
    polling: int | None = None,
    up: int = -60,
) -> InUse:
    """Everything in minutes from noon."""
    heard = replace(
        NOTHING,
        webhook=None if webhook is None else at(webhook),
        polling=None if polling is None else at(polling),
    )
    return way_in_use(heard, None if made is None else at(made), ear, at(up))


def test_with_nothing_set_up_it_is_asked_regularly_and_nothing_is_missing() -> None:
    assert judged() == InUse(Way.POLLING, "Collectarr asks it every 5 minutes what changed.")


def test_a_webhook_counts_once_it_was_heard_of_since_its_address_was_made() -> None:
    assert judged(made=0).way is Way.POLLING
    assert judged(made=0, webhook=-1).way is Way.POLLING
    assert judged(made=0, webhook=1).way is Way.WEBHOOK
    assert "not been heard of yet" in judged(made=0).notes[0]


def test_the_webhook_goes_before_the_socket() -> None:
    assert judged(HEARING, made=0, webhook=1).way is Way.WEBHOOK
    assert judged(HEARING, made=0).way is Way.SOCKET


def test_a_webhook_that_lets_a_change_be_found_untold_is_no_longer_in_use() -> None:
    found = judged(HEARING, made=0, webhook=1, polling=2)
    assert found.way is Way.WEBHOOK
    late = judged(Ear(EarState.HEARING, at(50), at(59)), made=0, webhook=1, polling=60)
    assert (late.way, "Premiere" in late.notes[0]) == (Way.SOCKET, True)


def test_what_happened_while_nobody_listened_here_is_not_held_against_the_webhook() -> None:
    assert judged(made=0, webhook=1, polling=60, up=59).way is Way.WEBHOOK
    assert judged(made=0, webhook=1, polling=65, up=59).way is Way.POLLING


def test_connected_but_nothing_heard_is_said() -> None:
    assert "nothing was heard" in judged(SILENT).words
    assert "nothing was heard" not in judged(HEARING).words


def test_a_socket_that_lets_a_change_be_found_untold_is_no_longer_in_use() -> None:
    assert judged(SILENT, polling=1).way is Way.SOCKET
    found = judged(SILENT, polling=30)
    assert (found.way, "connected but silent" in found.notes[0]) == (Way.POLLING, True)


def test_a_new_connection_is_not_blamed_for_the_one_before() -> None:
    again = Ear(EarState.SILENT, connected_at=at(60), heard_at=at(0))
    assert judged(again, polling=61).way is Way.SOCKET


def test_a_lost_socket_and_an_ended_sign_in_say_why() -> None:
    lost = judged(Ear(EarState.LOST, problem="Den hung up."))
    assert (lost.way, lost.notes) == (Way.POLLING, ("Den hung up.",))
    assert judged(Ear(EarState.OFF, problem="Sign in again.")).notes == ("Sign in again.",)
    assert judged(Ear(EarState.CONNECTING)).notes == ("Its web socket is being connected.",)
