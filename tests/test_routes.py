"""Who may call what: default deny, and the one list of what is public."""

from typing import Any

from openapi_spec_validator import validate

from collectarr.api import document
from collectarr.api.endpoint import PREFIX
from collectarr.commands.describe import routes
from collectarr.settings import Settings
from tests.conftest import MakeClient
from tests.people import Client, Person, problem, sign_up

PUBLIC = {
    ("GET", "/ping"),
    ("GET", "/health/ready"),
    ("GET", "/api/v1/auth/status"),
    ("POST", "/api/v1/auth/setup"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/refresh"),
    ("GET", "/api/v1/invites/{invite}"),
    ("POST", "/api/v1/webhooks/emby/{token}"),
}
PUBLIC_PAGES = {
    ("GET", "/setup"),
    ("POST", "/setup"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/register"),
    ("POST", "/register"),
    ("GET", "/static/{name}"),
}


def test_exactly_these_routes_are_public(settings: Settings) -> None:
    found = {(method, path) for method, path, access in routes(settings) if access == "public"}
    assert found == PUBLIC | PUBLIC_PAGES


async def test_every_other_route_of_the_api_refuses_a_stranger(
    client: Client, settings: Settings
) -> None:
    tried = 0
    for method, path, access in routes(settings):
        if access == "public" or not path.startswith("/api/"):
            continue
        response = await client.request(method, _with_ids(path))
        await problem(response, 401, "sign_in")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        tried += 1
    assert tried > 30


def _with_ids(path: str) -> str:
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


async def test_a_page_sends_a_stranger_to_set_up_and_later_to_sign_in(client: Client) -> None:
    assert await _sent_to(client, "/collections?page=2") == "/setup"
    await sign_up(client, "anna")
    assert (await _sent_to(client, "/collections?page=2")).startswith("/login?next=/collections")
    assert await _sent_to(client, "/") == "/login"


async def _sent_to(client: Client, path: str) -> str:
    response = await client.get(path, allow_redirects=False)
    assert response.status == 303, await response.text()
    return response.headers["Location"]


async def test_an_unknown_path_of_the_api_has_the_error_shape(client: Client) -> None:
    await problem(await client.get("/api/v1/nothing"), 404, "not_found")
    response = await client.delete("/api/v1/auth/login")
    await problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


async def test_an_unknown_page_is_no_json(client: Client) -> None:
    response = await client.get("/nothing/here")
    assert (response.status, response.content_type) == (404, "text/html")


async def test_with_a_base_path_all_moves_there_and_ping_stays_too(make_client: MakeClient) -> None:
    client = await make_client(base_path="/collectarr")
    first = await client.get("/collectarr", allow_redirects=False)
    assert (first.status, first.headers["Location"]) == (303, "/collectarr/")
    for path in ("/ping", "/collectarr/ping", "/collectarr/health/ready"):
        response = await client.get(path)
        assert (response.status, await response.json()) == (200, {"status": "OK"})
    await problem(await client.get("/collectarr/api/v1/stats"), 401, "sign_in")
    response = await client.get("/api/v1/stats")
    assert response.status == 404


def test_the_document_is_valid_openapi_and_names_a_scope_for_each_operation() -> None:
    spec = document("/base")
    validate(spec)
    assert spec["servers"] == [{"url": "/base"}]
    operations = [
        (path, method, one) for path, all_ in spec["paths"].items() for method, one in all_.items()
    ]
    for path, method, operation in operations:
        if (method.upper(), path) in PUBLIC:
            assert operation["security"] == []
        else:
            assert operation["x-scope"] in ("read", "run", "admin"), path
    assert len({one["operationId"] for _, _, one in operations}) == len(operations)


def test_the_document_holds_every_route_of_the_api(settings: Settings) -> None:
    told = {(m.upper(), p) for p, all_ in document()["paths"].items() for m in all_}
    served = {(m, p) for m, p, _ in routes(settings) if p.startswith((PREFIX, "/ping", "/health"))}
    assert served == told


async def test_the_document_is_served_to_whoever_is_signed_in(anna: Person) -> None:
    spec: dict[str, Any] = await anna.get("/openapi.json")
    assert spec["openapi"] == "3.1.0"
    assert spec["components"]["schemas"]["Error"]["required"] == ["error"]
