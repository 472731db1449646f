"""The audit trail: who did what that matters for safety, and from where. For administrators."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from collectarr.access import admin
from collectarr.pages.audit_words import (
    ALARMING,
    GROUPS,
    action_word,
    actor_word,
    detail_words,
    place_word,
    subject_word,
)
from collectarr.pages.lines import pager
from collectarr.pages.parts import Choice, Pager
from collectarr.pages.render import show_page
from collectarr.pages.visit import Visit
from collectarr.pages.words import When
from collectarr.store import audit
from collectarr.store.audit import ACTIONS, Action, Entry

PATH = "/settings/audit"
PER_PAGE, LONGEST = 50, 200


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`alarming`: it may be an attack. `place` is an address, or says where else it was."""

    when: When
    who: str
    what: str
    subject: str
    details: str
    place: str
    alarming: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`groups` are the actions to choose from under their headings; `filtered`: some are left out.

    `beyond`: the page asked for lies behind the last one.
    """

    lines: tuple[AuditLine, ...]
    groups: tuple[tuple[str, tuple[Choice, ...]], ...]
    query: str
    filtered: bool
    beyond: bool
    pager: Pager


@admin
async def show(request: web.Request) -> web.Response:
    visit = Visit.of(request)
    query = request.query.get("query", "").strip()[:LONGEST]
    action = _action(request.query.get("action", ""))
    rows, total = await audit.list_entries(
        visit.db,
        action=action,
        words=query,
        limit=PER_PAGE,
        offset=(visit.page_number() - 1) * PER_PAGE,
    )
    page = AuditPage(
        lines=tuple(_line(visit, row) for row in rows),
        groups=_groups(action),
        query=query,
        filtered=bool(query or action),
        beyond=total > 0 and not rows,
        pager=pager(visit, _path(query, action), PER_PAGE, total),
    )
    return await show_page(request, "settings_audit.html", page, active="settings")


def _action(text: str) -> Action | None:
    return next((action for action in ACTIONS if action == text), None)


def _groups(chosen: Action | None) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    return tuple(
        (label, tuple(Choice(name, words, name == chosen) for name, words in actions.items()))
        for label, actions in GROUPS
    )


def _path(query: str, action: Action | None) -> str:
    given = {"action": action, "query": query}
    text = urlencode({name: value for name, value in given.items() if value})
    return f"{PATH}?{text}" if text else PATH


def _line(visit: Visit, entry: Entry) -> AuditLine:
    return AuditLine(
        when=visit.when(min(entry.at, visit.now)),
        who=actor_word(entry),
        what=action_word(entry),
        subject=subject_word(entry),
        details=detail_words(entry),
        place=place_word(entry),
        alarming=entry.action in ALARMING,
    )


ROUTES = (("GET", PATH, show),)
