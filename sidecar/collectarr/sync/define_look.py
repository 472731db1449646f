"""Whether a box set can be made to look like this, each error at its field."""

import re
from dataclasses import replace
from string import Formatter

from collectarr.errors import InvalidError
from collectarr.models import Look, PosterFrom

LONGEST_NAME, LONGEST_SORT_NAME, LONGEST_TAG = 120, 200, 60
LONGEST_OVERVIEW = 4_000
MOST_TAGS = 20
PLACEHOLDERS = ("name", "count", "total")
"""In a template of names: the collection's own, its titles on that server, all its titles."""
DISPLAY_ORDERS = ("SortName", "PremiereDate")
_PARTS = re.compile(r"\{\w*\}")
_UNKNOWN = "In braces stand {name}, {count} or {total}, nothing else."


def checked_look(look: Look | None) -> Look | None:
    """`look` as it is kept. Raises InvalidError that names the fields."""
    if look is None:
        return None
    problems: dict[str, str] = {}
    kept = replace(
        look,
        name=_line("name", look.name, LONGEST_NAME, problems),
        overview=_overview(look.overview, problems),
        sort_name=_line("sort_name", look.sort_name, LONGEST_SORT_NAME, problems),
        display_order=look.display_order or None,
        tags=_tags(look.tags, problems),
    )
    _check_template(kept.name, problems)
    if kept.display_order not in (None, *DISPLAY_ORDERS):
        problems["display_order"] = f"Emby knows {' and '.join(DISPLAY_ORDERS)}."
    if kept.poster is PosterFrom.UPLOAD and kept.picture is None:
        problems["poster"] = "Upload a picture first."
    if problems:
        fields = {f"look.{name}": words for name, words in problems.items()}
        raise InvalidError(" ".join(problems.values()), code="look", details={"fields": fields})
    return kept


def template_parts(template: str) -> list[str]:
    """The names in braces. Raises ValueError for braces that do not fit together."""
    found = []
    for _, name, form, conversion in Formatter().parse(template):
        if name is not None:
            if form or conversion:
                raise ValueError("only a name stands in braces")
            found.append(name)
    return found


def _check_template(template: str | None, problems: dict[str, str]) -> None:
    if template is None or "name" in problems:
        return
    try:
        unknown = [part for part in template_parts(template) if part not in PLACEHOLDERS]
    except ValueError:
        unknown = [template]
    if unknown:
        problems["name"] = _UNKNOWN
    elif "{name}" not in template and not any(map(str.isalpha, _PARTS.sub("", template))):
        problems["name"] = "A name needs at least one letter, or {name}."


def _line(name: str, text: str | None, most: int, problems: dict[str, str]) -> str | None:
    clean = " ".join((text or "").split())
    if len(clean) > most:
        problems[name] = f"At most {most} characters."
    elif not clean.isprintable():
        problems[name] = "This has characters that cannot be shown."
    return clean or None


def _overview(text: str | None, problems: dict[str, str]) -> str | None:
    lines = [line.rstrip() for line in (text or "").splitlines()]
    clean = "\n".join(lines).strip()
    if len(clean) > LONGEST_OVERVIEW:
        problems["overview"] = f"At most {LONGEST_OVERVIEW:,} characters."
    elif not clean.replace("\n", "").replace("\t", "").isprintable():
        problems["overview"] = "This has characters that cannot be shown."
    return clean or None


def _tags(tags: tuple[str, ...], problems: dict[str, str]) -> tuple[str, ...]:
    """Each once, whatever its case."""
    found: dict[str, str] = {}
    for tag in tags:
        clean = " ".join(tag.split())
        if len(clean) > LONGEST_TAG or not clean.isprintable():
            problems["tags"] = f"A tag has at most {LONGEST_TAG} characters that can be shown."
        elif clean:
            found.setdefault(clean.casefold(), clean)
    if len(found) > MOST_TAGS:
        problems["tags"] = f"At most {MOST_TAGS} tags."
    return tuple(found.values())
