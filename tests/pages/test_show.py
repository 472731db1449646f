"""Every page shows to whoever it belongs to, and to nobody else."""

import re

from aiohttp.test_utils import make_mocked_request
from yarl import URL

from collectarr.models import Ids, Kind, Title
from collectarr.store.targets import load_targets
from collectarr.store.users import User
from tests.flows.world import own
from tests.pages.conftest import MakeSite
from tests.pages.site import Site

PAGES = (
    "/",
    "/collections",
    "/collections?query=fil&status=synced&sort=coverage",
    "/collections/new",
    "/collections/{c}",
    "/collections/{c}?show=missing",
    "/collections/{c}?tab=preview",
    "/collections/{c}?tab=history",
    "/collections/{c}?tab=settings",
    "/runs",
    "/runs?status=FAILED",
    "/runs/{r}",
    "/settings/servers",
    "/settings/sources",
    "/settings/keys",
    "/settings/account",
    "/settings/installation",
    "/settings/audit",
    "/settings/audit?query=anna&action=sign_in",
)
FOREIGN_FORMS = (
    "/collections/{c}/sync",
    "/collections/{c}/pause",
    "/collections/{c}/resume",
    "/collections/{c}/settings",
    "/collections/{c}/delete",
    "/collections/{c}/box-set",
    "/runs/{r}/approve",
    "/runs/{r}/reject",
    "/runs/{r}/cancel",
    "/settings/servers/{s}/test",
    "/settings/servers/{s}/edit",
    "/settings/servers/{s}/remove",
)
EVIL = "<img src=x onerror=alert(1)>\"'&"


async def test_each_page_shows_real_data(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    run = await site.sync(collection)
    for path in PAGES:
        seen = await site.get(path.format(c=collection.id, r=run))
        assert seen.status == 200, path
        assert "Account of anna" in seen.html, path


async def test_each_page_shows_before_there_is_anything(site: Site, anna: User) -> None:
    for path in PAGES:
        if "{" not in path:
            assert (await site.get(path)).status == 200, path
    assert "Three steps" in (await site.get("/")).text


async def test_a_stranger_is_sent_to_sign_in_and_back_afterwards(site: Site, anna: User) -> None:
    site.client.session.cookie_jar.clear()
    for path in PAGES:
        seen = await site.get(path.format(c=1, r=1))
        assert seen.status == 303, path
        assert seen.location.startswith("/login"), path
    sent = await site.get("/collections?query=a&status=failed")
    assert URL(sent.location).query == {"next": "/collections?query=a&status=failed"}


async def test_what_belongs_to_somebody_else_is_not_there(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    run = await site.sync(collection)
    server = (await site.servers(anna))[0]
    await site.sign_up("ben")
    names = {"c": collection.id, "r": run, "s": server.id}
    for path in PAGES:
        if "{" in path:
            seen = await site.get(path.format(**names))
            assert (seen.status, "There is nothing here" in seen.text) == (404, True), path
    for path in FOREIGN_FORMS:
        assert (await site.post(path.format(**names))).status == 404, path
    assert "Films" not in (await site.get("/collections")).text
    assert "Living room" not in (await site.get("/settings/servers")).text
    await site.sign_in("anna")
    assert [row.name for row in await site.collections(anna)] == ["Films"]
    assert [row.name for row in await site.servers(anna)] == ["Living room"]


async def test_a_collection_never_goes_to_somebody_elses_server(site: Site, anna: User) -> None:
    await site.furnish(anna)
    server = (await site.servers(anna))[0]
    ben = await site.sign_up("ben")
    fields = {"list": "demo/films", "interval_hours": "24", "mode": "keep"}
    sent = await site.post("/collections/new", {**fields, "servers": str(server.id)})
    assert sent.status == 303
    (made,) = await site.collections(ben)
    assert await load_targets(site.services.db, [made.id]) == []


async def test_whatever_others_wrote_is_only_text(site: Site, anna: User) -> None:
    title = Title(Kind.MOVIE, f"Film {EVIL}", 2001, Ids(imdb="tt0000001", tmdb=1))
    missing = Title(Kind.MOVIE, f"Missing {EVIL}", 2002, Ids(imdb="tt0000002", tmdb=2))
    own(site.emby, title)
    site.mdblist.add_list("demo", "films", f"List {EVIL}", [title, missing])
    await site.add_server(anna, f"Room {EVIL}")
    collection = await site.define(anna, name=f"Mine {EVIL}")
    run = await site.sync(collection)
    for path in PAGES:
        seen = await site.get(path.format(c=collection.id, r=run))
        assert "<img src=x" not in seen.html, path
        assert 'onerror=alert(1)>"' not in seen.html, path
    assert f"Film {EVIL}" in (await site.get(f"/collections/{collection.id}")).text
    seen = await site.get(f"/collections?query={'%3Cscript%3E'}")
    assert "<script>" not in seen.html


async def test_no_page_carries_inline_script_or_style(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    for path in PAGES:
        seen = await site.get(path.format(c=collection.id, r=1))
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)", seen.html), (
            path
        )
        assert "script-src 'self'" in seen.response.headers["Content-Security-Policy"]
        assert seen.response.headers["Cache-Control"] == "no-store"


async def test_a_form_without_its_token_is_not_carried_out(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    seen = await site.post(f"/collections/{collection.id}/pause", {"csrf": "wrong"})
    assert (seen.status, "out of date" in seen.text) == (403, True)
    seen = await site.post(f"/collections/{collection.id}/pause", Sec_Fetch_Site="cross-site")
    assert seen.status == 403
    assert all(row.enabled for row in await site.collections(anna))


async def test_only_the_regions_that_were_asked_for_come(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    seen = await site.get(f"/collections/{collection.id}", X_Fragment="chip,header,live")
    regions = re.findall(r'data-region="(\w+)"', seen.html)
    assert regions == ["chip", "header", "live"]
    assert "<html" not in seen.html
    assert "X-Fragment" in seen.response.headers["Vary"]


async def test_a_nonsense_region_gets_the_whole_page(site: Site, anna: User) -> None:
    for asked in ("../../etc", "a b", "CHIP", ",", "x" * 50):
        assert "<html" in (await site.get("/runs", X_Fragment=asked)).html, asked


async def test_a_note_is_shown_once_and_not_by_a_region_without_it(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    await site.post(f"{path}/pause")
    assert "is paused" not in (await site.get(path, X_Fragment="chip,header")).text
    assert "is paused" in (await site.get(path, X_Fragment="flash")).text
    assert (await site.get(path)).notes == ""


async def test_a_forged_note_is_text_or_nothing(site: Site, anna: User) -> None:
    jar = site.client.session.cookie_jar
    for value in ("x", "W10=", "W1sib2siXV0=", "bnVsbA==", "W1siZXZpbCIsICJoaSJdXQ=="):
        jar.update_cookies({"collectarr_notes": value}, site.client.make_url("/"))
        seen = await site.get("/runs")
        assert (seen.status, seen.notes) == (200, ""), value


async def test_an_error_in_a_form_that_a_script_sent_shows_as_a_note(
    site: Site, anna: User
) -> None:
    seen = await site.post("/collections/99/sync", X_Fragment="chip,flash,header,live")
    assert seen.status == 404
    assert "There is no such collection." in seen.notes
    assert re.findall(r'data-region="(\w+)"', seen.html) == ["flash"]
    seen = await site.get("/collections/99", X_Fragment="header,live")
    assert (seen.status, seen.html) == (404, "")


async def test_a_page_is_packed_for_whoever_takes_it(site: Site, anna: User) -> None:
    async with site.client.session.get(
        site.client.make_url("/runs"), headers={"Accept-Encoding": "gzip"}
    ) as response:
        assert response.headers["Content-Encoding"] == "gzip"
    seen = await site.get("/runs", Accept_Encoding="identity")
    assert "Content-Encoding" not in seen.response.headers


async def test_static_files_are_kept_for_good_by_their_content(site: Site, anna: User) -> None:
    page = await site.get("/")
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.html)
    assert len(found) > 6
    for address in found:
        seen = await site.get(address)
        assert seen.status == 200, address
        assert seen.response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    other = await site.get("/static/base.css?v=old")
    assert other.response.headers["Cache-Control"] == "no-cache"
    tag = other.response.headers["ETag"]
    assert (await site.get("/static/base.css", If_None_Match=tag)).status == 304
    for path in ("/static/nothing.css", "/static/../app.py", "/static/..%2f..%2fREADME.md"):
        assert (await site.get(path)).status == 404, path


async def test_an_unknown_page_says_so(site: Site, anna: User) -> None:
    seen = await site.get("/nothing")
    assert (seen.status, "There is nothing here" in seen.text) == (404, True)
    for path in (f"/runs/{'9' * 30}", "/runs/x", "/collections/-1"):
        assert (await site.get(path)).status == 404, path


async def test_under_a_base_path_every_link_stays_there(make_site: MakeSite) -> None:
    site = await make_site(base_path="/collectarr")
    anna = await site.sign_up()
    collection = await site.furnish(anna)
    for path in PAGES:
        seen = await site.get(path.format(c=collection.id, r=1))
        assert seen.status == 200, path
        links = re.findall(r'(?:href|src|action|formaction)="(/[^"]*)"', seen.html)
        assert links
        assert [link for link in links if not link.startswith("/collectarr/")] == [], path
    sent = await site.post(f"/collections/{collection.id}/pause")
    assert sent.location == f"/collectarr/collections/{collection.id}"


async def test_a_bearer_token_opens_the_pages_too(site: Site, anna: User) -> None:
    await site.furnish(anna)
    site.client.session.cookie_jar.clear()
    tokens = await site.services.auth.start_program(make_mocked_request("GET", "/"), anna)
    seen = await site.get("/collections", Authorization=f"Bearer {tokens.access}")
    assert (seen.status, "Films" in seen.text) == (200, True)
