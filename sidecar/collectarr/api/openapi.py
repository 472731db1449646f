"""The API as an OpenAPI 3.1 document, made from the endpoints and their models."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeGuard

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from collectarr import __version__
from collectarr.api.endpoint import Endpoint
from collectarr.api.once import HEADER
from collectarr.api.shapes import Error

Schema = dict[str, Any]
References = Mapping[Any, Schema]
_SCHEMES: Schema = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "collectarr"},
}
_ABOUT = (
    "Sign in at /auth/login for a bearer token, or send an API key. Each operation names the"
    " scope that a key needs (x-scope): read, run or admin. Every error has one shape."
)


def openapi(endpoints: Iterable[Endpoint], base_path: str = "") -> Schema:
    found = list(endpoints)
    references, components = models_json_schema(
        sorted(_models(found), key=lambda pair: (pair[0].__name__, pair[1])),
        ref_template="#/components/schemas/{model}",
    )
    schemas: Schema = components.get("$defs", {})
    paths: dict[str, Schema] = {}
    for endpoint in found:
        operation = _operation(endpoint, references, schemas)
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


def _operation(endpoint: Endpoint, references: References, schemas: Schema) -> Schema:
    operation: Schema = {
        "operationId": f"{endpoint.tag}.{endpoint.function.__name__}",
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint, references, schemas),
        "responses": _responses(endpoint, references),
        "security": [],
    }
    if endpoint.access != "public":
        operation["security"] = [{"apiKey": [endpoint.scope]}, {"bearer": []}, {"cookie": []}]
        operation["x-scope"] = endpoint.scope
    if endpoint.body is not None:
        content: Schema = {"schema": references[endpoint.body, "validation"]}
        if "example" in endpoint.options:
            content["example"] = endpoint.options["example"]
        required = any(field.is_required() for field in endpoint.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": {"application/json": content}}
    return operation


def _parameters(endpoint: Endpoint, references: References, schemas: Schema) -> list[Schema]:
    types = {int: {"type": "integer"}, str: {"type": "string"}}
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": types[kind]}
        for name, kind in endpoint.parameters.items()
    ]
    if endpoint.query is not None:
        schema = _resolve(references[endpoint.query, "validation"], schemas)
        found += [
            {"name": name, "in": "query", "required": False, "schema": part}
            for name, part in schema["properties"].items()
        ]
    if endpoint.options.get("replays"):
        found.append({"name": HEADER, "in": "header", "schema": {"type": "string"}})
    return found


def _responses(endpoint: Endpoint, references: References) -> Schema:
    error = {"schema": references[Error, "serialization"]}
    responses: Schema = {
        "default": {"description": "What went wrong", "content": {"application/json": error}}
    }
    for answer in endpoint.answers:
        status, content = _answer(endpoint, answer, references)
        responses[str(status)] = {"description": HTTPStatus(status).phrase, **content}
    return responses


def _answer(endpoint: Endpoint, answer: type | None, references: References) -> tuple[int, Schema]:
    if answer is not None and issubclass(answer, BaseModel):
        schema = {"schema": references[answer, "serialization"]}
        return endpoint.status_of(answer), {"content": {"application/json": schema}}
    if answer is web.StreamResponse:
        return 200, {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
    return 204, {}


def _resolve(reference: Schema, schemas: Schema) -> Schema:
    found: Schema = schemas[reference["$ref"].rpartition("/")[2]]
    return found


def _drop_queries(endpoints: Iterable[Endpoint], references: References, schemas: Schema) -> None:
    """Queries are told as parameters; nothing refers to their schemas."""
    for endpoint in endpoints:
        if endpoint.query is not None:
            name = references[endpoint.query, "validation"]["$ref"].rpartition("/")[2]
            schemas.pop(name, None)
