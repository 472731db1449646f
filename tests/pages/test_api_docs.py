"""The API as a page: all of it, as the document says it, for whoever is signed in."""

import re

from collectarr.api import document
from collectarr.pages.api_docs import kind_of, page_of
from collectarr.store.users import User
from tests.pages.conftest import MakeSite
from tests.pages.site import Site


async def test_every_operation_is_on_the_page_of_its_resource(site: Site, anna: User) -> None:
    for tag in document()["tags"]:
        seen = await site.get(f"/settings/api?tag={tag['name']}")
        assert seen.status == 200
        for path, methods in document()["paths"].items():
            for method, operation in methods.items():
                here = f'id="{operation["operationId"]}"' in seen.html
                assert here is (tag["name"] in operation["tags"]), operation["operationId"]
                if here:
                    assert f"{method.upper()} {path} {operation['summary']}" in seen.text


async def test_an_operation_tells_what_it_takes_and_what_can_happen(site: Site, anna: User) -> None:
    seen = await site.get("/settings/api?tag=servers")
    assert "url body, required text ; at most 1000 characters" in seen.text
    assert "per_page query number ; 1 to 500, usually 50" in seen.text
    assert "http://192.168.1.10:8096" in seen.text
    assert "An API key needs the scope admin." in seen.text
    assert "It clashes with what is there" in seen.text


async def test_a_resource_that_is_not_there_shows_the_first(site: Site, anna: User) -> None:
    for tag in ("", "nope", "%3Cscript%3E"):
        seen = await site.get(f"/settings/api?tag={tag}")
        assert seen.status == 200
        assert "<script>" not in seen.html


async def test_the_page_needs_no_script_of_its_own(site: Site, anna: User) -> None:
    seen = await site.get("/settings/api")
    assert re.findall(r"<script(?![^>]*\bsrc=)", seen.html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', seen.html) == []
    assert " style=" not in seen.html


async def test_it_is_for_those_who_are_signed_in(make_site: MakeSite) -> None:
    site = await make_site(base_path="/base")
    assert (await site.get("/settings/api")).location.startswith("/base/")
    await site.sign_up()
    seen = await site.get("/settings/api")
    assert 'href="/base/api/v1/openapi.json"' in seen.html


def test_types_are_said_in_words() -> None:
    names = document()["components"]["schemas"]
    assert kind_of(document(), names["Coverage"]["properties"]["by_server"]) == "object"
    assert kind_of(document(), {"type": "array", "items": {"type": "string"}}) == "list of text"
    either = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    assert kind_of(document(), either) == "time or null"
    assert kind_of(document(), {"const": "OK"}) == "OK"
    assert "movie or show" in kind_of(document(), {"$ref": "#/components/schemas/Kind"})
    assert page_of(document(), "runs").resource == "runs"
