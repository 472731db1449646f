"""Probes, headers, the log of requests, and how a bug looks from outside."""

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from collectarr import __version__
from collectarr.access import public
from tests.conftest import MakeClient
from tests.people import Client, Person, problem, services_of, sign_up


@public
async def _bug(_request: web.Request) -> web.Response:
    raise RuntimeError("the password is hunter2")


async def test_ping_reads_the_store(client: Client) -> None:
    for method in ("GET", "HEAD"):
        assert (await client.request(method, "/ping")).status == 200
    await services_of(client).db._reader.close()
    response = await client.get("/ping")
    assert response.status == 500


async def test_ready_means_that_it_can_write_and_run(client: Client) -> None:
    assert (await client.get("/health/ready")).status == 200
    services = services_of(client)
    await services.db._writer.execute("PRAGMA query_only = ON")
    await problem(await client.get("/health/ready"), 503, "store")
    await services.db._writer.execute("PRAGMA query_only = OFF")
    await services.runner.close()
    await problem(await client.get("/health/ready"), 503, "stopping")


async def test_status_tells_the_version_and_what_is_wrong_with_the_zone(
    make_client: MakeClient,
) -> None:
    client = await make_client(tz="Nope/Zone")
    status = await (await sign_up(client, "anna")).get("/system/status")
    assert status["version"] == __version__
    assert status["time_zone"] == "UTC"
    assert "Nope/Zone" in status["warnings"][0]
    assert status["database_bytes"] > 0


POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


async def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for path in ("/ping", "/api/v1/stats", "/api/v1/nothing", "/nowhere"):
        headers = (await client.get(path)).headers
        parts = headers["Content-Security-Policy"].split(";")
        assert dict(part.strip().split(" ", 1) for part in parts) == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert len(headers["X-Request-Id"]) == 16
        assert headers["Server"] == "Collectarr"


async def test_what_browsers_ignore_without_tls_is_not_sent_to_them(client: Client) -> None:
    name = "Cross-Origin-Opener-Policy"
    for headers, sent in (
        ({"Host": "nas:7795"}, False),
        ({"Host": "nas", "X-Forwarded-Proto": "https"}, True),
        ({"Host": "["}, False),
    ):
        assert (name in (await client.get("/ping", headers=headers)).headers) is sent


async def test_a_request_id_from_outside_is_kept_if_it_is_one(client: Client) -> None:
    for given, kept in (("abc-123-def", True), ("x y", False), ("a" * 65, False)):
        response = await client.get("/ping", headers={"X-Request-Id": given})
        assert (response.headers["X-Request-Id"] == given) is kept


async def test_the_log_has_the_route_but_neither_query_nor_ids(anna: Person) -> None:
    with capture_logs() as logged:
        await anna.call("GET", "/collections/7?query=secret")
    (line,) = [line for line in logged if line["event"] == "request"]
    assert (line["method"], line["status"], line["user"]) == ("GET", 404, "anna")
    assert line["route"] == "/api/v1/collections/{collection_id}"
    assert "secret" not in str(line)


async def test_a_bug_is_logged_and_tells_nothing_but_its_number(make_client: MakeClient) -> None:
    client = await make_client(web.get("/api/v1/bug", _bug), web.get("/bug", _bug))
    with capture_logs() as logged:
        response = await client.get("/api/v1/bug")
    inside = await problem(response, 500, "bug")
    assert inside["details"]["request_id"] == response.headers["X-Request-Id"]
    assert "hunter2" not in await response.text()
    assert [line["log_level"] for line in logged if line["event"] == "bug"] == ["error"]
    page = await client.get("/bug")
    assert page.status == 500
    assert "hunter2" not in await page.text()
    assert page.content_type != "application/json"


async def test_an_error_in_a_page_is_a_page(client: Client) -> None:
    response = await client.get("/nowhere")
    assert (response.status, response.content_type) == (404, "text/html")
    assert "Nothing stands at this address" in await response.text()


@pytest.mark.parametrize("path", ["/api/v1/stats", "/ping"])
async def test_answers_to_programs_are_not_cached(client: Client, path: str) -> None:
    assert (await client.get(path)).headers["Cache-Control"] == "no-store"
