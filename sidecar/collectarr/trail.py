"""Writes the audit trail from the edges: who asked, from where, and how they had signed in."""

from typing import Any

from aiohttp import web

from collectarr.access import IDENTITY
from collectarr.services import SERVICES
from collectarr.store.audit import Action, record
from collectarr.store.users import User


async def note_approval(request: web.Request, subject: str, choice: str | None) -> None:
    """What a person answered to what a run asked; no choice: its removals are fine."""
    if choice in (None, "approve"):
        await note(request, "removals_approved", subject)
    elif choice == "adopt":
        await note(request, "box_set_adopted", subject)
    else:
        await note(request, "question_answered", subject, choice=choice)


async def note_revoked_keys(request: web.Request, whose: str, count: int) -> None:
    """What a new password took from somebody, if it took anything."""
    if count:
        await note(request, "api_key_revoked", whose, count=count)


async def note(
    request: web.Request,
    action: Action,
    subject: str = "",
    *,
    actor: User | None = None,
    **details: Any,
) -> None:
    """One line for what was just done. Never give it a password, key, token or link.

    `actor`: who it was, where the request itself does not say so yet.
    """
    services, identity = request.app[SERVICES], request.get(IDENTITY)
    if identity is not None:
        actor = actor or identity.user
        details = {"how": identity.how, **details}
    await record(
        services.db,
        actor=actor,
        action=action,
        subject=subject,
        client=services.auth.client_of(request) or None,
        details=details,
    )
