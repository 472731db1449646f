"""What may happen next, as plain tuples: small numbers name whatever there is to choose from."""

from typing import Any

from hypothesis import strategies as st

Step = tuple[Any, ...]

_ONE, _SEVERAL = st.integers(0, 3), st.integers(0, 15)
_C, _S = st.integers(0, 1), st.integers(0, 1)
_FILMS = st.frozensets(st.integers(1, 12), min_size=1)
_SPOIL = ("short", "empty", "error", "html", "private")
_FAULTS = ("refused", "done", "cut", "cut write", "short", "html", "down")


def _step(name: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *parts)


LISTS = [
    _step("list", _C, _FILMS),
    _step("swap", _C, _SEVERAL),
    _step("spoil", _C, st.sampled_from(_SPOIL)),
    _step("mend", _C),
]
SHELVES = [
    _step("film", _S, _SEVERAL, st.booleans()),
    _step("lose", _S, _SEVERAL),
    _step("rehome", _S, _SEVERAL),
    _step("nameless", _S),
    _step("nameless", _S),
    _step("ids", _S, _SEVERAL),
    _step("renumber", _S, _SEVERAL, _SEVERAL),
    _step("library", _S),
    _step("scan", _S),
]
HANDS = [
    _step("put", _C, _S, _SEVERAL),
    _step("take", _C, _S, _SEVERAL),
    _step("back", _C, _S, _SEVERAL),
    _step("take many", _C, _S, st.integers(2, 12)),
    _step("take many", _C, _S, st.integers(2, 12)),
    _step("rename", _C, _S, _ONE),
    _step("describe", _C, _S, _ONE),
    _step("poster", _C, _S),
    _step("delete", _C, _S),
    _step("namesake", _C, _S, _SEVERAL),
]
WISHES = [
    _step("mode", _C, st.sampled_from(("keep", "mirror", "add_only"))),
    _step("upkeep", _C, st.sampled_from((1, 3, 6)), st.sampled_from((None, "in", "out")), _ONE),
    _step("exclude", _SEVERAL),
    _step("include", _SEVERAL),
    _step("pin", _S, _SEVERAL, _ONE),
    _step("pin", _S, _SEVERAL, _ONE),
    _step("ask back", _C, _S, _SEVERAL),
    _step("approve", _C, _ONE),
    _step("approve", _C, _ONE),
    _step("reject", _C),
    _step("undo", _SEVERAL),
    _step("undo", _SEVERAL),
]
TROUBLE = [
    _step("fault", _S, st.sampled_from(_FAULTS), st.integers(0, 5), st.booleans()),
    _step("kill", st.integers(1, 24), st.booleans()),
]
SYNCS = [_step("sync", _C), _step("sync", _C), _step("all"), _step("quiet", _C)]

STEPS = st.one_of(*LISTS, *LISTS, *SHELVES, *HANDS, *WISHES, *3 * TROUBLE, *5 * SYNCS)


def stories(longest: int) -> st.SearchStrategy[list[Step]]:
    """What is there at the beginning, then whatever happens."""
    return st.lists(STEPS, min_size=longest // 2, max_size=longest)
