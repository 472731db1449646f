"""Whatever happens, in whatever order: the promises hold, as a naive model sees them.

A fixed set of stories; `COLLECTARR_FUZZ` of them, and other ones each time, by `make fuzz`. What
fails is printed as a story that `play` tells again.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.flows.machine.play import play
from tests.flows.machine.steps import Step, stories

FEW, LONG = 2, 16
STORIES = int(os.environ.get("COLLECTARR_FUZZ", FEW))
TOLD = [
    # A list that gives less than it promised, one that is empty, one behind a login page.
    [("sync", 0), ("spoil", 0, "short"), ("sync", 0), ("spoil", 0, "empty"), ("sync", 0),
     ("spoil", 0, "html"), ("sync", 0)],
    # What people took out, put in and put back.
    [("all",), ("take", 0, 1, 2), ("put", 1, 0, 9), ("all",), ("back", 0, 1, 0), ("quiet", 0)],
    # A person makes a box set where ours had been, of the same name and with the same films.
    [("all",), ("delete", 0, 0), ("namesake", 0, 0, 8), ("sync", 0), ("put", 0, 0, 3)],
    # Dropped in the middle; the next run tells of what was done, and can be taken back.
    [("kill", 18, True), ("sync", 0), ("all",), ("undo", 1)],
    # Of six one is excluded, one moved, and four were taken out by hand: the one is all of ours.
    [("sync", 0), ("exclude", 5), ("rehome", 1, 9), ("take many", 0, 1, 4)],
]  # fmt: skip


@pytest.mark.parametrize(
    "story", TOLD, ids=["short lists", "by hand", "namesake", "dropped", "last one"]
)
def test_a_story_that_was_told_before_keeps_the_promises(story: list[Step]) -> None:
    play(story)


@settings(max_examples=STORIES, deadline=None, database=None, print_blob=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(stories(LONG))
def test_the_promises_hold_in_any_story(story: list[Step]) -> None:
    play(story)
