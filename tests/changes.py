"""What may happen to a list while it is read page by page."""

from collectarr.models import Title


def changed(what: str, titles: list[Title], new: Title) -> list[Title]:
    """`titles` as they are after `what`; `new` is the one that comes, where one does."""
    match what:
        case "swap":
            return [*titles[:2], *titles[3:], new]
        case "remove":
            return [*titles[:2], *titles[3:]]
        case "insert":
            return [new, *titles]
        case "move":
            return [titles[-1], *titles[:-1]]
        case _:
            return [*titles, new]
