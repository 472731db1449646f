"""Which days of the year belong to a season, and when that turns. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from collectarr.models import Season

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LONGEST = 366


def in_season(season: Season | None, day: date) -> bool:
    """Both ends count. 29 February is, in years without it, the end of the 28th."""
    if season is None:
        return True
    today = (day.month, day.day)
    if season.begins <= season.ends:
        return season.begins <= today <= season.ends
    return today >= season.begins or today <= season.ends


def day_of(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()


def next_turn(season: Season | None, now: datetime, zone: tzinfo) -> datetime | None:
    """The midnight, in `zone`, at which the season begins or ends next; None: never."""
    today = day_of(now, zone)
    turn = _next_day(season, today)
    return None if turn is None else datetime.combine(turn, time.min, zone).astimezone(UTC)


def _next_day(season: Season | None, today: date) -> date | None:
    if season is None:
        return None
    now = in_season(season, today)
    days = (today + timedelta(days=number) for number in range(1, _LONGEST + 2))
    return next((day for day in days if in_season(season, day) is not now), None)


def rests_until(season: Season | None, today: date) -> str:
    """`Rests until 1 December`, in words; "" in its season."""
    if season is None or in_season(season, today):
        return ""
    begins = _next_day(season, today)
    return "" if begins is None else f"Rests until {begins.day} {MONTHS[begins.month - 1]}"
