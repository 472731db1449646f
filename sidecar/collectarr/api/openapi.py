"""The API as an OpenAPI 3.1 document, made from the endpoints and their models."""

from collections.abc import Iterable
from typing import TypeGuard

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from collectarr import __version__
from collectarr.api.endpoint import Endpoint
from collectarr.api.examples import example_of
from collectarr.api.once import HEADER
from collectarr.api.responses import References, Schema, links_from, operation_id, responses
from collectarr.api.shapes import Error

_SCHEMES: Schema = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "A key of one user, with the scope read, run or admin.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access_token of /api/v1/auth/login; good for 15 minutes.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "collectarr",
        "description": "The session of a browser; changes need the header X-CSRF-Token as well.",
    },
}
_ABOUT = (
    "Sign in at /api/v1/auth/login for a bearer token, or send an API key. Each operation names"
    " the scope that a key needs (x-scope): read, run or admin; admin may run, and run may read."
    " Every error has one shape. Long work answers 202 with the id of a run."
)
_PATH_TYPES: dict[type, Schema] = {
    int: {"type": "integer", "minimum": 1},
    str: {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}
_REPLAY: Schema = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Any text; sent again with it, a request that was answered is not done twice.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
_KNOWN: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an earlier answer: 304 if nothing changed since.",
    "schema": {"type": "string"},
}


def openapi(endpoints: Iterable[Endpoint], base_path: str = "") -> Schema:
    found = list(endpoints)
    references, components = models_json_schema(
        sorted(_models(found), key=lambda pair: (pair[0].__name__, pair[1])),
        ref_template="#/components/schemas/{model}",
    )
    schemas: Schema = components.get("$defs", {})
    paths: dict[str, Schema] = {}
    for endpoint in found:
        operation = _operation(endpoint, found, references, schemas)
        paths.setdefault(endpoint.plain_path, {})[endpoint.method.lower()] = operation
    _drop_queries(found, references, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Collectarr", "version": __version__, "description": _ABOUT},
        "servers": [{"url": base_path or "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in found)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def _models(endpoints: Iterable[Endpoint]) -> set[tuple[type[BaseModel], JsonSchemaMode]]:
    models: set[tuple[type[BaseModel], JsonSchemaMode]] = {(Error, "serialization")}
    for endpoint in endpoints:
        models |= {(one, "validation") for one in (endpoint.body, endpoint.query) if one}
        models |= {(one, "serialization") for one in endpoint.answers if _is_model(one)}
    return models


def _is_model(answer: type | None) -> TypeGuard[type[BaseModel]]:
    return isinstance(answer, type) and issubclass(answer, BaseModel)


def _operation(
    endpoint: Endpoint, endpoints: list[Endpoint], references: References, schemas: Schema
) -> Schema:
    links = links_from(endpoint, endpoints)
    operation: Schema = {
        "operationId": operation_id(endpoint),
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": _who(endpoint),
        "parameters": _parameters(endpoint, references, schemas),
        "responses": responses(endpoint, references, schemas, links),
        "security": [],
    }
    if endpoint.access != "public":
        operation["security"] = [{"apiKey": []}, {"bearer": []}, {"cookie": []}]
        operation["x-scope"] = endpoint.scope
    if endpoint.body is not None:
        schema = references[endpoint.body, "validation"]
        example = endpoint.options.get("example") or example_of(schema, schemas)
        required = any(field.is_required() for field in endpoint.body.model_fields.values())
        content = {"application/json": {"schema": schema, "example": example}}
        operation["requestBody"] = {"required": required, "content": content}
    elif "takes" in endpoint.options:
        content = {media: _body_of(media, endpoint) for media in endpoint.options["takes"]}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _body_of(media: str, endpoint: Endpoint) -> Schema:
    """A file as it is, or as the one field of a form; or JSON of another program's making."""
    if "example" in endpoint.options:
        return {"schema": {"type": "object"}, "example": endpoint.options["example"]}
    if media != "multipart/form-data":
        return {"schema": {"type": "string", "contentMediaType": media}}
    field = {"type": "string", "contentMediaType": "application/octet-stream"}
    return {
        "schema": {"type": "object", "properties": {"poster": field}},
        "example": {"poster": "the bytes of the picture"},
    }


def _who(endpoint: Endpoint) -> str:
    if endpoint.access == "public":
        return "Anybody may ask this."
    scope = f"An API key needs the scope `{endpoint.scope}`."
    return f"For administrators alone. {scope}" if endpoint.access == "admin" else scope


def _parameters(endpoint: Endpoint, references: References, schemas: Schema) -> list[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[kind]}
        for name, kind in endpoint.parameters.items()
    ]
    if endpoint.query is not None:
        schema = _resolve(references[endpoint.query, "validation"], schemas)
        needed = schema.get("required", [])
        found += [
            {"name": name, "in": "query", "required": name in needed, "schema": _query_type(part)}
            for name, part in schema["properties"].items()
        ]
    if endpoint.options.get("replays"):
        found.append(_REPLAY)
    if endpoint.options.get("etag"):
        found.append(_KNOWN)
    return found


def _query_type(schema: Schema) -> Schema:
    """In an address nothing is null: what is not wanted is left out."""
    if "anyOf" not in schema:
        return schema
    (part,) = [part for part in schema["anyOf"] if part.get("type") != "null"]
    kept = {name: told for name, told in schema.items() if name not in ("anyOf", "default")}
    return {**kept, **part}


def _resolve(reference: Schema, schemas: Schema) -> Schema:
    found: Schema = schemas[reference["$ref"].rpartition("/")[2]]
    return found


def _drop_queries(endpoints: Iterable[Endpoint], references: References, schemas: Schema) -> None:
    """Queries are told as parameters; nothing refers to their schemas."""
    for endpoint in endpoints:
        if endpoint.query is not None:
            name = references[endpoint.query, "validation"]["$ref"].rpartition("/")[2]
            schemas.pop(name, None)
