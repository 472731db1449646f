"""The Emby stand-in answers in the shapes that Emby's own OpenAPI document names.

The document is not ours to ship: these tests need a copy of it beside the repository.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from collectarr.demo import posters
from collectarr.demo.emby import PROFILE_49, ROUTES, EmbyStandIn, running

_DOCUMENT = Path(__file__).parents[2] / "../shared/reference/emby-openapi-4.9.json"
pytestmark = pytest.mark.skipif(
    not _DOCUMENT.exists(), reason="Emby's OpenAPI document is not beside this repository"
)
KEY = {"X-Emby-Token": "demo-emby-key"}
# In use by Emby's own pages and by other programs, but absent from the document.
_UNDOCUMENTED = {
    ("GET", "/Users"),
    ("GET", "/Library/VirtualFolders"),
    ("DELETE", "/Notifications/Services/Configured"),
    ("GET", "/Notifications/Services/Configured"),
    ("POST", "/Notifications/Services/Configured"),
    ("GET", "/embywebsocket"),
    ("GET", "/socket"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass
class Document:
    data: dict[str, Any]

    def schema(self, name: str) -> dict[str, Any]:
        return dict(self.data["components"]["schemas"][name])

    def answered(self, method: str, path: str) -> dict[str, Any]:
        answers = self.data["paths"][path][method.lower()]["responses"]
        return dict(answers["200"]["content"]["application/json"]["schema"])

    def faults(self, value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:
        """Where `value` does not fit `schema`; keys that the schema does not name count."""
        if "$ref" in schema:
            schema = self.schema(schema["$ref"].rpartition("/")[2])
        kind = schema.get("type")
        if kind and not _is(value, kind):
            yield f"{at}: {value!r} is no {kind}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is none of {schema['enum']}"
        elif isinstance(value, list):
            for row in value:
                yield from self.faults(row, schema.get("items", {}), f"{at}[]")
        elif isinstance(value, dict):
            yield from self._faults_of_object(value, schema, at)

    def _faults_of_object(
        self, value: dict[str, Any], schema: dict[str, Any], at: str
    ) -> Iterator[str]:
        named = schema.get("properties", {})
        rest = schema.get("additionalProperties")
        for key, part in value.items():
            if key in named:
                yield from self.faults(part, named[key], f"{at}.{key}")
            elif isinstance(rest, dict):
                yield from self.faults(part, rest, f"{at}.{key}")
            else:
                yield f"{at}.{key}: not in the document"


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[kind])


@pytest.fixture(scope="module")
def document() -> Document:
    return Document(json.loads(_DOCUMENT.read_text("utf-8")))


@dataclass
class Server:
    emby: EmbyStandIn
    url: str
    box: str
    film: str


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A newer server with a film, a show, a settled box set with a poster, and a webhook."""
    emby = EmbyStandIn(PROFILE_49)
    emby.add_library("Movies", "movies", "/media/Movies")
    emby.add_library("TV", "tvshows", "/media/TV")
    film = emby.add_item("movie", "Film", 1999, "tt0000001", 1, Overview="Words", Genres=["Drama"])
    show = emby.add_item("show", "Show", 2001, tvdb=5, episodes=1)
    box = emby.hand_create("Box", [film, show])
    emby.hand_poster(box, posters.poster("Box"))
    emby.settle()
    emby.add_webhook("http://127.0.0.1:9/")
    async with running(emby) as url:
        yield Server(emby, url, box, film)


async def _ask(server: Server, method: str, path: str, **params: str) -> Any:
    async with (
        aiohttp.ClientSession(headers=KEY) as session,
        session.request(method, server.url + path, params=params) as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


@pytest.mark.parametrize(
    ("path", "documented", "params"),
    [
        ("/System/Info/Public", "", {}),
        ("/System/Info", "", {}),
        ("/Users/Query", "", {}),
        ("/Users/{user}", "/Users/{Id}", {}),
        ("/Library/VirtualFolders/Query", "", {}),
        ("/Library/MediaFolders", "", {}),
        ("/ScheduledTasks", "", {}),
        ("/Items", "", {"Recursive": "true"}),
        ("/Items", "", {"Recursive": "true", "Fields": "EVERYTHING", "UserId": "USER"}),
        ("/Users/{user}/Items", "/Users/{UserId}/Items", {"Recursive": "true"}),
        ("/Users/{user}/Items/{film}", "/Users/{UserId}/Items/{Id}", {}),
        ("/Users/{user}/Items/{box}", "/Users/{UserId}/Items/{Id}", {}),
        ("/Items/{box}/Images", "/Items/{Id}/Images", {}),
        ("/Items/{film}/Images", "/Items/{Id}/Images", {}),
        ("/Items/{box}/DeleteInfo", "/Items/{Id}/DeleteInfo", {}),
        ("/Notifications/Types", "", {"UserId": "USER"}),
        (
            "/Notifications/Services/Defaults",
            "",
            {"UserId": "USER", "NotifierKey": "webhooknotifications"},
        ),
    ],
)
async def test_a_reading_has_the_documented_shape(
    server: Server, document: Document, path: str, documented: str, params: dict[str, str]
) -> None:
    names = {"user": server.emby.admin_id, "film": server.film, "box": server.box}
    every = ",".join(document.schema("BaseItemDto")["properties"])
    filled = {key: {"USER": names["user"], "EVERYTHING": every}.get(value, value)
              for key, value in params.items()}  # fmt: skip
    value = await _ask(server, "GET", path.format(**names), **filled)
    schema = document.answered("GET", documented or path)
    assert list(document.faults(value, schema)) == []
    assert value


async def test_creating_a_box_set_has_the_documented_shape(
    server: Server, document: Document
) -> None:
    value = await _ask(server, "POST", "/Collections", Name="New", Ids=server.film)
    assert list(document.faults(value, document.answered("POST", "/Collections"))) == []


async def test_signing_in_has_the_documented_shape(server: Server, document: Document) -> None:
    headers = {"Authorization": 'Emby Client="Test", Device="d", DeviceId="1", Version="1"'}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(
            f"{server.url}/Users/AuthenticateByName", json={"Username": "emby", "Pw": "emby"}
        ) as response,
    ):
        value = await response.json()
    schema = document.answered("POST", "/Users/AuthenticateByName")
    assert list(document.faults(value, schema)) == []
    assert value["AccessToken"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Users", "UserDto"),
        ("/Library/VirtualFolders", "VirtualFolderInfo"),
        ("/Notifications/Services/Configured", "UserNotificationInfo"),
    ],
)
async def test_undocumented_lists_hold_documented_rows(
    server: Server, document: Document, path: str, name: str
) -> None:
    rows = await _ask(server, "GET", path, UserId=server.emby.admin_id)
    assert rows
    for row in rows:
        assert list(document.faults(row, document.schema(name))) == []


async def test_the_item_in_a_webhook_has_the_documented_shape(
    server: Server, document: Document
) -> None:
    item = server.emby.item(server.film)
    payload = server.emby.core.webhooks.payload("library.new", item)
    assert list(document.faults(payload["Item"], document.schema("BaseItemDto"))) == []
    assert payload["Item"]["ProviderIds"]["Imdb"] == "tt0000001"


def test_every_route_is_in_the_document_or_named_here(document: Document) -> None:
    there = {
        (method.upper(), _shape(path))
        for path, methods in document.data["paths"].items()
        for method in methods
    }
    ours = {(route.method, route.path) for route in ROUTES if route.there(PROFILE_49)}
    missing = {(method, path) for method, path in ours if (method, _shape(path)) not in there}
    assert missing == _UNDOCUMENTED


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


async def test_an_image_upload_is_taken_where_the_document_has_it(
    server: Server, document: Document
) -> None:
    assert "post" in document.data["paths"]["/Items/{Id}/Images/{Type}"]
    async with (
        aiohttp.ClientSession(headers={**KEY, "Content-Type": "image/jpeg"}) as session,
        session.post(
            f"{server.url}/Items/{server.box}/Images/Primary",
            data=base64.b64encode(posters.poster("Other")),
        ) as response,
    ):
        assert response.status == 204


def test_the_check_itself_can_fail(document: Document) -> None:
    schema = document.schema("QueryResult_BaseItemDto")
    wrong = {"Items": [{"Name": 5, "Nonsense": 1}], "TotalRecordCount": "1"}
    assert len(list(document.faults(wrong, schema))) == 3
