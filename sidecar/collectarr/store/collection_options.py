"""How a collection keeps its box sets and how these look: written as JSON, read back as it was."""

import json
from dataclasses import asdict, fields
from typing import Any

from collectarr.models import Copies, Look, Otherwise, PosterFrom, Season, Upkeep


def upkeep_json(upkeep: Upkeep) -> str:
    return _unusual(upkeep, Upkeep())


def stored_upkeep(text: str) -> Upkeep:
    values = _known(text, Upkeep)
    values["copies"] = Copies(values.get("copies", Copies.ALL))
    values["otherwise"] = Otherwise(values.get("otherwise", Otherwise.EMPTY))
    season = values.get("season")
    values["season"] = season and Season(tuple(season["begins"]), tuple(season["ends"]))
    values["libraries"] = tuple((int(a), str(b)) for a, b in values.get("libraries", ()))
    return Upkeep(**values)


def look_json(look: Look) -> str:
    return _unusual(look, Look())


def stored_look(text: str) -> Look:
    values = _known(text, Look)
    values["poster"] = PosterFrom(values.get("poster", PosterFrom.EMBY))
    values["tags"] = tuple(values.get("tags", ()))
    return Look(**values)


def _unusual(value: Upkeep | Look, usual: Upkeep | Look) -> str:
    """Only what is not as it is where nobody said anything."""
    without = asdict(usual)
    return json.dumps({key: x for key, x in asdict(value).items() if x != without[key]})


def _known(text: str, kind: type[Upkeep] | type[Look]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {key: value for key, value in json.loads(text).items() if key in names}
