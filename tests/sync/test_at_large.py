"""Matching a large list without ids: nearly all, and nearly nothing wrong."""

import pytest

from collectarr.sync.match import PresenceIndex, match
from tests.sync.at_large import at_large


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearly_everything_is_found_and_hardly_anything_is_wrong(seed: int) -> None:
    """3 in 100 films have an unrelated name here, and 12 in 100 are called like another."""
    world = at_large(seed, listed=6_000, owned=900)
    right = wrong = 0
    for found in match(world.rows, PresenceIndex(world.items)):
        good = sum(world.truth.get(found.rank) == item.id for item in found.items)
        right, wrong = right + good, wrong + len(found.items) - good
    assert right / (right + wrong) >= 0.998
    assert right / len(world.truth) >= 0.95
