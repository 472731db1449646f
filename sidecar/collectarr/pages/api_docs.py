"""The API for people to read: the OpenAPI document as a page, one resource at a time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from collectarr.pages.render import show_page
from collectarr.services import API_DOCUMENT

PATH = "/settings/api"
Schema = Mapping[str, Any]
_FORMATS = {"date-time": "time", "password": "text, secret"}
_TYPES = {"string": "text", "integer": "number", "boolean": "true or false", "number": "number"}


@dataclass(frozen=True, slots=True)
class FieldLine:
    """`kind` is its type in words; `where`: path, query, header or body."""

    name: str
    kind: str
    where: str
    required: bool
    about: str = ""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    status: str
    about: str
    example: str = ""

    @property
    def good(self) -> bool:
        return self.status.startswith(("2", "3"))


@dataclass(frozen=True, slots=True)
class OperationPart:
    anchor: str
    method: str
    path: str
    summary: str
    who: str
    fields: tuple[FieldLine, ...]
    body: str
    answers: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True)
class ResourceLink:
    name: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class ApiPage:
    about: str
    version: str
    ways: tuple[tuple[str, str], ...]
    resources: tuple[ResourceLink, ...]
    resource: str
    operations: tuple[OperationPart, ...]


async def show(request: web.Request) -> web.Response:
    page = page_of(request.app[API_DOCUMENT](), request.query.get("tag", ""))
    return await show_page(request, "settings_api.html", page, active="settings")


def page_of(document: Schema, tag: str) -> ApiPage:
    """`tag` names the resource shown; the first where there is none of that name."""
    found = list(_operations(document))
    names = [one["name"] for one in document["tags"]]
    chosen = tag if tag in names else names[0]
    schemes = document["components"]["securitySchemes"]
    return ApiPage(
        about=document["info"]["description"],
        version=document["info"]["version"],
        ways=tuple((_way(one), one["description"]) for one in schemes.values()),
        resources=tuple(
            ResourceLink(name, sum(name in one["tags"] for *_, one in found), name == chosen)
            for name in names
        ),
        resource=chosen,
        operations=tuple(_part(document, *one) for one in found if chosen in one[2]["tags"]),
    )


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _way(scheme: Schema) -> str:
    if scheme["type"] == "http":
        return "Authorization: Bearer …"
    return f"{scheme['name']}: …" if scheme["in"] == "header" else f"Cookie {scheme['name']}"


def _part(document: Schema, method: str, path: str, operation: Schema) -> OperationPart:
    content = operation.get("requestBody", {}).get("content", {})
    body: Schema = next(iter(content.values()), {})
    return OperationPart(
        anchor=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        who=operation["description"].replace("`", ""),
        fields=(
            *(_parameter(document, one) for one in operation["parameters"]),
            *_fields(document, body.get("schema", {})),
        ),
        body=_text(body.get("example")) if body else "",
        answers=tuple(_answer(status, one) for status, one in operation["responses"].items()),
    )


def _parameter(document: Schema, parameter: Schema) -> FieldLine:
    schema = parameter["schema"]
    return FieldLine(
        parameter["name"],
        kind_of(document, schema),
        parameter["in"],
        parameter["required"],
        parameter.get("description", "") or _limits(schema),
    )


def _fields(document: Schema, schema: Schema) -> Iterator[FieldLine]:
    whole = _resolved(document, schema)
    for name, part in whole.get("properties", {}).items():
        needed = name in whole.get("required", ())
        yield FieldLine(name, kind_of(document, part), "body", needed, _limits(part))


def _answer(status: str, response: Schema) -> AnswerLine:
    content: Schema = next(iter(response.get("content", {}).values()), {})
    example = _text(content["example"]) if "example" in content and status < "300" else ""
    return AnswerLine(status, response["description"].replace("`", ""), example)


def _text(example: Any) -> str:
    if isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def kind_of(document: Schema, schema: Schema) -> str:
    """The type of a schema in words."""
    whole = _resolved(document, schema)
    if "enum" in whole:
        return " or ".join(str(value) for value in whole["enum"])
    if "const" in whole:
        return str(whole["const"])
    if "anyOf" in whole:
        kinds = dict.fromkeys(kind_of(document, part) for part in whole["anyOf"])
        return " or ".join(kinds)
    if whole.get("type") == "array":
        return f"list of {kind_of(document, whole.get('items', {}))}"
    if "properties" in whole:
        return f"object ({', '.join(whole['properties'])})"
    kind = str(whole.get("type", "anything"))
    return _FORMATS.get(whole.get("format", ""), _TYPES.get(kind, kind))


def _limits(schema: Schema) -> str:
    """What a value may be, and what it is when it is left out."""
    low, high = schema.get("minimum"), schema.get("maximum")
    said = []
    if low is not None and high is not None:
        said.append(f"{low} to {high}" if high < 2**53 else f"{low} or more")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    if schema.get("default") not in (None, ""):
        said.append(f"usually {_text(schema['default'])}")
    return ", ".join(said)


ROUTES = (("GET", PATH, show),)
