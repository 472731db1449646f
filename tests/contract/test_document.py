"""The OpenAPI document says enough to work with, and its examples are right."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from collectarr.api import ENDPOINTS, document
from collectarr.api.responses import error_statuses

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, Any]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: Any) -> Iterator[tuple[str, str, Any]]:
    """Where, media type and content of all bodies that are sent either way."""
    parts = {"body": operation.get("requestBody", {}), **operation["responses"]}
    for where, part in parts.items():
        for media, content in part.get("content", {}).items():
            yield where, media, content


def wrong(content: Any) -> list[str]:
    schema = {**content["schema"], "components": document()["components"]}
    check = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in check.iter_errors(content["example"])]


@pytest.mark.parametrize("label", [label for label, _ in operations()])
def test_an_operation_has_examples_that_fit(label: str) -> None:
    operation = dict(operations())[label]
    for where, media, content in contents(operation):
        if not media.startswith("image/"):
            assert "example" in content, f"{where} {media}"
            assert wrong(content) == [], f"{where} {media}"


def test_an_example_that_does_not_fit_is_found() -> None:
    (content,) = [
        content
        for where, _, content in contents(dict(operations())["POST /api/v1/servers"])
        if where == "body"
    ]
    assert wrong({**content, "example": {"url": 1}})


@pytest.mark.parametrize("label", [label for label, _ in operations()])
def test_an_operation_says_who_may_ask_and_what_may_happen(label: str) -> None:
    operation = dict(operations())[label]
    statuses = set(operation["responses"])
    assert {"400", "500"} <= statuses
    assert "default" not in statuses
    if operation["security"]:
        assert [next(iter(one)) for one in operation["security"]] == ["apiKey", "bearer", "cookie"]
        assert operation["x-scope"] in operation["description"]
        assert "401" in statuses
    else:
        assert "x-scope" not in operation
    assert ("404" in statuses) or not any(p["in"] == "path" for p in operation["parameters"])
    assert ("415" in statuses) is ("requestBody" in operation)


def test_every_status_of_an_error_is_explained() -> None:
    found = set().union(*(error_statuses(endpoint) for endpoint in ENDPOINTS))
    assert found == {400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503}


def test_what_is_made_leads_on() -> None:
    made = dict(operations())["POST /api/v1/collections"]["responses"]["201"]["links"]
    assert {"collections_show", "collections_sync", "collections_missing"} <= set(made)
    begun = dict(operations())["POST /api/v1/sync"]["responses"]["202"]["links"]
    assert begun["runs_show"] == {
        "operationId": "runs.show",
        "parameters": {"run_id": "$response.body#/run_id"},
    }
    known = {operation["operationId"] for _, operation in operations()}
    for _, operation in operations():
        for response in operation["responses"].values():
            assert {link["operationId"] for link in response.get("links", {}).values()} <= known
