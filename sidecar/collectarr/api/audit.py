"""/audit: who did what that matters for safety, and from where. For administrators."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from collectarr.api.endpoint import Call, Endpoints
from collectarr.api.shapes import Page, PageQuery
from collectarr.store import audit as stored
from collectarr.store.audit import Action

endpoints = Endpoints("audit")


def _written(value: object) -> object:
    # Numbers would be taken for seconds since 1970.
    if isinstance(value, str) and "-" not in value[1:]:
        raise ValueError("Give a time such as 2026-01-17T20:15:00Z.")
    return value


def _near(moment: datetime) -> datetime:
    # The first and last days of the calendar do not exist in every time zone.
    if not 1970 <= moment.year <= 9000:
        raise ValueError("Give a year from 1970 to 9000.")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_near)]


class AuditQuery(PageQuery):
    """`user`: who did it, or whom it was done to; `since` is included, `until` is not.

    `query` keeps what has these words in who did it, in its subject or in its address.
    """

    user: str = Field("", max_length=300)
    action: Action | None = None
    since: Moment | None = None
    until: Moment | None = None


class Entry(BaseModel):
    """`actor` is null where nobody was signed in; `subject` names what it was done to."""

    id: int
    at: datetime
    actor: str | None
    action: str
    subject: str
    client: str | None
    details: dict[str, Any]


@endpoints.get("/audit", "The audit trail, the newest first", access="admin", scope="admin")
async def index(call: Call, query: AuditQuery) -> Page[Entry]:
    rows, total = await stored.list_entries(
        call.db,
        user=query.user,
        action=query.action,
        since=query.since,
        until=query.until,
        words=query.query.strip(),
        limit=query.per_page,
        offset=query.offset,
    )
    return Page.of((_entry(row) for row in rows), total, query)


def _entry(row: stored.Entry) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        client=row.client,
        details=row.details,
    )
