"""Whether the way in which a collection is to keep its box sets can be, each error at its field."""

from dataclasses import replace

from collectarr.errors import InvalidError
from collectarr.models import Season, Upkeep
from collectarr.store import servers
from collectarr.store.db import Database

MOST_TITLES = 10_000
SHARES = (0.01, 1.0)
"""The least and the most of 1 that may be taken out without asking."""
AT_ONCE = (1, 1_000)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NO_DAY = "There is no such day."
NO_LIBRARY = "This server has no such library."
NO_SERVER = "There is no such server of yours."


async def checked_upkeep(db: Database, user_id: int, upkeep: Upkeep | None) -> Upkeep | None:
    """`upkeep` as it is kept. Raises InvalidError that names the fields."""
    if upkeep is None:
        return None
    problems = {**_season_problems(upkeep.season), **limit_problems(upkeep, "upkeep.guard.")}
    if not 1 <= upkeep.least <= MOST_TITLES:
        problems["upkeep.least"] = f"Between 1 and {MOST_TITLES}."
    if problem := await _library_problem(db, user_id, upkeep):
        problems["upkeep.libraries"] = problem
    if problems:
        raise InvalidError(next(iter(problems.values())), details={"fields": problems})
    return replace(upkeep, libraries=tuple(dict.fromkeys(upkeep.libraries)))


def _season_problems(season: Season | None) -> dict[str, str]:
    days = {} if season is None else {"begins": season.begins, "ends": season.ends}
    return {f"upkeep.season.{name}": NO_DAY for name, day in days.items() if not is_day(*day)}


def is_day(month: int, day: int) -> bool:
    """Whether some year has it: 29 February is one."""
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def limit_problems(limits: Upkeep, before: str = "") -> dict[str, str]:
    """What is wrong with the limits of the guard, by field, each named after `before`."""
    least, most = SHARES
    problems = {
        f"{before}{name}": f"Between {least:.0%} and {most:.0%}."
        for name in ("share", "week_share")
        if (value := getattr(limits, name)) is not None and not least <= value <= most
    }
    if limits.at_once is not None and not AT_ONCE[0] <= limits.at_once <= AT_ONCE[1]:
        problems[f"{before}at_once"] = f"Between {AT_ONCE[0]} and {AT_ONCE[1]} titles."
    return problems


async def _library_problem(db: Database, user_id: int, upkeep: Upkeep) -> str:
    own = {server.id for server in await servers.list_servers(db, user_id)}
    for server_id in {server_id for server_id, _ in upkeep.libraries}:
        if server_id not in own:
            return NO_SERVER
        known = {library.id for library in await servers.list_libraries(db, server_id)}
        if not known.issuperset(key for server, key in upkeep.libraries if server == server_id):
            return NO_LIBRARY
    return ""
