"""Heavy reads are not sent again while nothing changes."""

import pytest

from tests.api.conftest import Town

HEAVY = [
    "/collections",
    "/collections/1/items",
    "/collections/1/missing",
    "/servers/1/presence",
    "/openapi.json",
]


@pytest.mark.parametrize("path", HEAVY)
async def test_what_is_known_is_not_sent_again(town: Town, path: str) -> None:
    await town.synced()
    first = await town.anna.call("GET", path)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await town.anna.call("GET", path, headers={"If-None-Match": known})
        assert (again.status, await again.read()) == (304, b""), known
        assert again.headers["ETag"] == etag
    other = await town.anna.call("GET", path, headers={"If-None-Match": '"other"'})
    assert (other.status, other.headers["ETag"]) == (200, etag)


async def test_a_change_makes_a_new_etag(town: Town) -> None:
    await town.synced()
    first = await town.anna.call("GET", "/collections")
    await town.anna.call("PATCH", "/collections/1", {"interval_hours": 5})
    known = {"If-None-Match": first.headers["ETag"]}
    second = await town.anna.call("GET", "/collections", headers=known)
    assert (second.status, second.headers["ETag"] != first.headers["ETag"]) == (200, True)


async def test_an_error_has_no_etag(town: Town) -> None:
    response = await town.anna.call("GET", "/servers/9/presence", headers={"If-None-Match": "*"})
    assert (response.status, "ETag" in response.headers) == (404, False)
