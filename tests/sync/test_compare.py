"""Two runs of one collection beside each other."""

from datetime import UTC, datetime, timedelta

from collectarr.models import RunStatus
from collectarr.store.runs import Change, Run
from collectarr.sync.compare import compare

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def run(number: int, seconds: int) -> Run:
    return Run(
        number, None, 1, 1, "Films", "manual", RunStatus.SUCCESS, None, "", None, {}, {}, None,
        NOON, NOON, NOON + timedelta(seconds=seconds),
    )  # fmt: skip


def change(run_id: int, op: str, key: str, server: int = 1) -> tuple[int, Change]:
    return run_id, Change(server, op, key, f"Film {key}", 2000, "")


def test_what_it_held_after_each_is_rebuilt_from_the_changes() -> None:
    changes = [
        *(change(1, "create", "x"), change(1, "add", "a"), change(1, "add", "b")),
        *(change(2, "remove", "a"), change(2, "add", "c"), change(2, "add", "c", server=2)),
        *(change(3, "remove", "c"), change(3, "add", "d")),
    ]
    found = compare(run(1, 2), run(3, 5), changes)
    assert (found.first.held, found.second.held) == ({1: 2}, {1: 2, 2: 1})
    assert [(row.server_id, row.item_id) for row in found.came] == [(2, "c"), (1, "d")]
    assert [row.item_id for row in found.went] == ["a"]
    assert [row.item_id for row in found.second.added] == ["d"]
    assert [row.item_id for row in found.second.removed] == ["c"]
    assert (found.first.seconds, found.second.seconds) == (2, 5)
