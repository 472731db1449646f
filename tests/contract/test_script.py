"""A program that knows the OpenAPI document and an API key does the main job.

It finds every address, field and header in the document: what it looks for are words a person
would look for, and where an answer leads it follows the links.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.contract.house import EMBY_KEY, MDBLIST_KEY, House, house

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("script") / "data") as standing:
        yield standing


@dataclass
class Robot:
    url: str
    document: Any
    key: str

    def operation(self, method: str, *words: str) -> tuple[str, Operation]:
        """The one operation of that method whose summary has these words."""
        found = [
            (path, one[method])
            for path, one in self.document["paths"].items()
            if method in one and all(word in one[method]["summary"].lower() for word in words)
        ]
        assert len(found) == 1, [path for path, _ in found]
        return found[0]

    def by_id(self, operation_id: str) -> tuple[str, str, Operation]:
        return next(
            (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if operation["operationId"] == operation_id
        )

    def schema(self, reference: Operation) -> Operation:
        while "$ref" in reference:
            name = reference["$ref"].rpartition("/")[2]
            reference = self.document["components"]["schemas"][name]
        return reference

    def body(self, operation: Operation, known: dict[str, Any]) -> dict[str, Any]:
        """The fields that the document names, of what is known; none that it wants is left out."""
        content = operation["requestBody"]["content"]["application/json"]
        schema = self.schema(content["schema"])
        body = {name: known[name] for name in schema["properties"] if name in known}
        assert set(schema.get("required", [])) <= set(body)
        return body

    def send(self, method: str, path: str, operation: Operation, known: Any) -> Any:
        scheme = self.document["components"]["securitySchemes"]["apiKey"]
        assert {"apiKey": []} in operation["security"]
        assert scheme["in"] == "header"
        body = self.body(operation, known) if "requestBody" in operation else None
        response = requests.request(
            method, self.url + path, json=body, headers={scheme["name"]: self.key}, timeout=30
        )
        told = operation["responses"][str(response.status_code)]
        assert response.ok, f"{told['description']}: {response.text}"
        return Answer(self, told, response.json())


@dataclass
class Answer:
    robot: Robot
    told: Operation
    data: Any

    def follow(self, *words: str, **known: Any) -> "Answer":
        """Over the link to the operation whose summary has these words."""
        for link in self.told["links"].values():
            method, path, operation = self.robot.by_id(link["operationId"])
            if all(word in operation["summary"].lower() for word in words):
                for name, told in link["parameters"].items():
                    value = self.data[told.removeprefix("$response.body#/")]
                    path = path.replace(f"{{{name}}}", str(value))
                answer: Answer = self.robot.send(method, path, operation, known)
                return answer
        raise AssertionError(f"no link leads to {words}")


def _robot(home: House, scope: str = "admin") -> Robot:
    key = home.answer("POST", "/api-keys", {"name": "robot", "scope": scope})["key"]
    headers = {"X-Api-Key": key}
    told = requests.get(f"{home.url}/api/v1/openapi.json", headers=headers, timeout=30)
    return Robot(home.url + told.json()["servers"][0]["url"].rstrip("/"), told.json(), key)


def _ended(started: Answer) -> Answer:
    turn = threading.Event()
    for _ in range(600):
        run = started.follow("one run")
        if run.data["finished_at"]:
            return run
        turn.wait(0.05)
    raise AssertionError("the run did not end")


def test_a_program_does_the_main_job_with_the_document_alone(home: House) -> None:
    robot = _robot(home)
    path, operation = robot.operation("put", "connect a source", "key")
    robot.send("put", path.replace("{source}", "mdblist"), operation, {"key": MDBLIST_KEY})
    path, operation = robot.operation("post", "keep a server")
    server = robot.send("post", path, operation, {"url": home.emby_url, "api_key": EMBY_KEY})
    assert server.follow("its libraries").data["total"] > 0
    path, operation = robot.operation("post", "make a collection;")
    wanted = {
        "name": "Films",
        "lists": [{"source": "mdblist", "list": "demo/films"}],
        "enabled": False,
    }
    collection = robot.send("post", path, operation, wanted)
    run = _ended(collection.follow("sync it"))
    assert run.data["status"] == "SUCCESS", json.dumps(run.data)
    missing = collection.follow("no server holds")
    assert [row["title"] for row in missing.data["items"]] == ["Film 8", "Film 9", "Film 10"]


def test_a_key_that_may_only_read_does_not_get_far(home: House) -> None:
    robot = _robot(home, "read")
    path, operation = robot.operation("get", "the user's collections")
    assert "items" in robot.send("get", path, operation, {}).data
    path, operation = robot.operation("post", "sync all enabled")
    headers = {"X-Api-Key": robot.key}
    response = requests.post(robot.url + path, headers=headers, timeout=30)
    assert operation["x-scope"] == "run"
    assert response.status_code == 403
    assert "403" in operation["responses"]
