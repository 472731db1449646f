"""The parts of a box set's whole object that make its look: read and written. Pure."""

from collections.abc import Sequence
from typing import Any

_NAMES = {"name": "Name", "overview": "Overview", "display_order": "DisplayOrder"}


def read(whole: dict[str, Any], key: str) -> Any:
    """What is there; "" or [] for nothing."""
    if key == "tags":
        return _tag_names(whole)
    if key == "sort_name":
        return str(whole.get("ForcedSortName") or "") if _is_forced(whole) else ""
    return str(whole.get(_NAMES[key]) or "")


def write(whole: dict[str, Any], key: str, value: Any) -> None:
    """In place. What is not to be filled in anew by Emby itself is locked."""
    if key == "tags":
        _write_tags(whole, value)
    elif key == "sort_name":
        whole["ForcedSortName"] = value
        if value:
            whole["SortName"] = value
        if _has_sort_lock(whole):
            _lock(whole, "SortName", on=bool(value))
    else:
        whole[_NAMES[key]] = value
        if key == "overview":
            _lock(whole, "Overview", on=bool(value))


def same(one: Any, other: Any) -> bool:
    """Emby may break lines otherwise, and keeps tags in an order of its own."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str.casefold, one)) == sorted(map(str.casefold, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return bool(one == other)


def with_tags(there: Sequence[str], wanted: Sequence[str], wrote: Sequence[str]) -> list[str]:
    """Tags with ours put in and those that were ours taken out; all others stay, and one of ours
    that a person took out stays out.
    """
    had = {tag.casefold() for tag in wrote}
    keep = {tag.casefold() for tag in wanted}
    left = [tag for tag in there if tag.casefold() not in had or tag.casefold() in keep]
    here = {tag.casefold() for tag in left}
    return left + [tag for tag in wanted if tag.casefold() not in had | here]


def _is_forced(whole: dict[str, Any]) -> bool:
    """Newer servers may tell a sort name of their own; it is a person's only if locked."""
    return not _has_sort_lock(whole) or "SortName" in (whole.get("LockedFields") or [])


def _has_sort_lock(whole: dict[str, Any]) -> bool:
    """Emby 4, whose ids are numbers, keeps a sort name only with its field locked. Emby 3.2 keeps
    it as it is (measured), and it and Jellyfin have no such field to lock.
    """
    return str(whole.get("Id")).isdecimal()


def _lock(whole: dict[str, Any], name: str, *, on: bool) -> None:
    locked = [key for key in whole.get("LockedFields") or [] if key != name]
    whole["LockedFields"] = [*locked, name] if on else locked


def _tag_names(whole: dict[str, Any]) -> list[str]:
    """Emby 4 has them in `TagItems` alone, others in `Tags`."""
    items = whole.get("TagItems")
    if isinstance(items, list):
        return [str(item.get("Name")) for item in items if isinstance(item, dict)]
    return [str(tag) for tag in whole.get("Tags") or []]


def _write_tags(whole: dict[str, Any], tags: Sequence[str]) -> None:
    items = whole.get("TagItems")
    if isinstance(items, list):
        known = {item.get("Name"): item for item in items if isinstance(item, dict)}
        whole["TagItems"] = [known.get(tag, {"Name": tag}) for tag in tags]
    if not isinstance(items, list) or isinstance(whole.get("Tags"), list):
        whole["Tags"] = list(tags)
