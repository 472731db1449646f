"""What a title is called of which only an id is known: as it would be pasted."""

from dataclasses import replace

from collectarr.models import Kind, Title


def id_label(title: Title) -> str:
    """`tmdb:603`, say; "" for a title without ids."""
    return next(iter(_labels(title)), "")


def _labels(title: Title) -> list[str]:
    ids, show = title.ids, title.kind is Kind.SHOW
    found = [
        (ids.imdb, f"{ids.imdb}"),
        (ids.tmdb, f"tmdb:{'show:' if show else ''}{ids.tmdb}"),
        (ids.tvdb, f"tvdb:{'' if show else 'movie:'}{ids.tvdb}"),
        (ids.trakt, f"trakt:{'show' if show else 'movie'}:{ids.trakt}"),
    ]
    return [label for value, label in found if value]


def labelled(title: Title) -> Title:
    """The same, called by its id as long as it has no name."""
    return title if title.title else replace(title, title=id_label(title))


def has_name(title: Title) -> bool:
    return bool(title.title) and title.title not in _labels(title)


def nameless(title: Title) -> Title:
    """The reverse of `labelled`: no name rather than an id for one."""
    return title if has_name(title) else replace(title, title="")
