"""An example of whatever a schema describes: each field by its name, else by its type."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
MOMENT = "2026-01-17T20:15:00Z"
DEEPEST = 8
BY_NAME: Mapping[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.signature",
    "agent": "Mozilla/5.0",
    "api_key": "from Emby, Settings, API Keys",
    "box_set_id": "184",
    "box_set_name": "Films worth seeing",
    "by": "user",
    "by_server": {"1": 7},
    "client": "192.168.1.20",
    "counts": {"added": 2, "removed": 0},
    "coverage_percent": 70.0,
    "details": {},
    "email": "anna@example.org",
    "error": None,
    "error_code": None,
    "expires_in": 900,
    "held": None,
    "imdb": "tt0133093",
    "interval_hours": 12,
    "item_id": "4711",
    "item_ids": ["4711"],
    "item_count": 10,
    "items": 10,
    "last_run_id": 12,
    "library_id": "3",
    "key": "from mdblist.com, Preferences, API Access",
    "kind": "movie",
    "kinds": ["movie"],
    "left_in_emby": [],
    "limit": 100,
    "list": "anna/worth-seeing",
    "matched_by": {"imdb": 7},
    "message": "2 titles were added.",
    "missing": 3,
    "name": "Films worth seeing",
    "near": [],
    "op": "union",
    "owned": 7,
    "owner": "anna",
    "page": 1,
    "parent_id": None,
    "password": "three words or more",
    "per_page": 50,
    "plan": "supporter",
    "poster": "/api/v1/images/tmdb/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg",
    "public": True,
    "rank": 1,
    "rating_from": 60,
    "reads": 2,
    "reference": "anna/worth-seeing",
    "refresh_token": "Zm9vYmFy.c3VjY2Vzc29y",
    "requests": {"1": {"reads": 2, "writes": 1}},
    "role": "user",
    "run_id": 12,
    "servers": [1],
    "source": "mdblist",
    "stage": None,
    "state": "ours",
    "status": "SUCCESS",
    "theme": "dark",
    "title": "The Matrix",
    "tmdb": 603,
    "token_type": "Bearer",
    "total": 1,
    "trakt": 481,
    "trigger": "manual",
    "tvdb": None,
    "uid": "6f0cf1f1b7a94c0e9d2f6f1b2f6f9f3a",
    "url": "http://192.168.1.10:8096",
    "username": "anna",
    "version": "4.9.1.80",
    "warnings": [],
    "why": "The IMDb id is the same.",
    "writes": 0,
    "year": 1999,
    "year_from": 1970,
    "year_to": None,
    "BoxSet.name": "Films worth seeing",
    "CollectionTitle.key": None,
    "CollectionList.url": "https://mdblist.com/lists/anna/worth-seeing",
    "Coverage.total": 10,
    "Library.id": "3",
    "Library.kind": "movies",
    "Library.name": "Movies",
    "List.url": "https://mdblist.com/lists/anna/worth-seeing",
    "LogLine.level": "info",
    "LogLine.message": "Read the list: 10 titles.",
    "OwnItem.key": "kJ3w_x0a",
    "RunChange.op": "add",
    "Server.items": {"movie": 812, "show": 64},
    "Server.kind": "emby",
    "Server.name": "Living room",
    "ServerChange.name": "Living room",
    "ServerTest.code": None,
    "ServerTest.kind": "emby",
    "ServerTest.latency_ms": 12,
    "ServerTest.message": "Living room answers and lets us in.",
    "ServerTest.name": "Living room",
    "Session.kind": "browser",
    "Stats.total": 10,
    "Step.message": "",
    "Step.title": "Something answers at the address, and it is Emby",
    "TitleOrder.by": "rating",
    "SystemStatus.name": "Collectarr",
    "SystemStatus.version": "0.1.0",
    "TitleServer.matched_by": "imdb",
}
"""A field, or that of one model where the name alone means several things."""
_PYTHON: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_BY_FORMAT = {"date": MOMENT[:10], "date-time": MOMENT, "password": "three words or more"}
_BY_TYPE: Mapping[str, Any] = {
    "boolean": True,
    "integer": 1,
    "number": 1.0,
    "string": "text",
    "null": None,
}


def example_of(schema: Schema, schemas: Mapping[str, Schema], name: str = "", deep: int = 0) -> Any:
    """A value that fits `schema`, whose references lead into `schemas`."""
    schema = _chosen(schema, schemas)
    name = name if name in BY_NAME else name.rpartition(".")[2]
    for told in ("examples", "enum"):
        if schema.get(told):
            named = BY_NAME.get(name)
            return named if told == "enum" and named in schema[told] else schema[told][0]
    if "const" in schema:
        return schema["const"]
    if name in BY_NAME and _fits(BY_NAME[name], schema, schemas):
        return BY_NAME[name]
    if schema.get("type") == "object":
        return _object(schema, schemas, deep)
    if schema.get("type") == "array":
        inner = schema.get("items", {})
        return [example_of(inner, schemas, deep=deep + 1)] if deep < DEEPEST else []
    plain = _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", "null")))
    return max(plain, schema["minimum"]) if isinstance(plain, int) and _low(schema) else plain


def _low(schema: Schema) -> bool:
    return "minimum" in schema


def _object(schema: Schema, schemas: Mapping[str, Schema], deep: int) -> Any:
    if "properties" in schema:
        return {
            name: example_of(part, schemas, f"{schema.get('title', '')}.{name}", deep + 1)
            for name, part in schema["properties"].items()
        }
    inner = schema.get("additionalProperties")
    return {"1": example_of(inner, schemas, deep=deep + 1)} if isinstance(inner, dict) else {}


def _chosen(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """What a reference leads to; of several the first that is something."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
            schema = {**parts[0], "nullable": len(parts) < len(schema["anyOf"])}
        else:
            return schema


def _fits(value: Any, schema: Schema, schemas: Mapping[str, Schema]) -> bool:
    """Whether the example known by name is of the type that is wanted here."""
    if value is None:
        return bool(schema.get("nullable")) or schema.get("type") == "null"
    wanted = _PYTHON.get(schema.get("type", ""), object)
    if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        return False
    if isinstance(value, dict):
        return _values_fit(value.values(), schema.get("additionalProperties"), schemas)
    if isinstance(value, list):
        return _values_fit(value, schema.get("items"), schemas)
    return True


def _values_fit(values: Any, inner: Any, schemas: Mapping[str, Schema]) -> bool:
    if not isinstance(inner, dict):
        return inner is True
    chosen = _chosen(inner, schemas)
    if chosen.get("type") == "object" and "properties" in chosen:
        return all(
            isinstance(one, dict) and set(one) == set(chosen["properties"]) for one in values
        )
    return all(_fits(one, chosen, schemas) for one in values)
