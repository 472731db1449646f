"""The editor of a list kept by hand, as a browser without scripts sees it."""

import io
import re
from typing import Any

import aiohttp
import pytest

from collectarr.models import Ids, Kind, Title
from collectarr.store import lists, manual
from collectarr.store.collections import Collection
from collectarr.store.users import User
from collectarr.sync.define import Definition, ListChoice, define_collection
from collectarr.sync.manual import add_text, add_title
from tests.flows.world import film, own, show
from tests.pages.site import Seen, Site


async def made(site: Site, user: User, text: str = "", name: str = "Mine") -> Collection:
    services = site.services
    definition = Definition(name, (ListChoice("manual"),))
    collection = await define_collection(services.db, services.outside, user.id, definition)
    if text:
        await add_text(services.db, collection, text)
    return collection


async def rows(site: Site, collection: Collection) -> list[Any]:
    list_id = await manual.manual_list_of(site.services.db, collection.id)
    return [] if list_id is None else await lists.load_list_items(site.services.db, list_id)


async def ids(site: Site, collection: Collection) -> list[int | str | None]:
    return [row.title.ids.tmdb or row.title.ids.imdb for row in await rows(site, collection)]


def edit(collection: Collection) -> str:
    return f"/collections/{collection.id}/edit"


def shown(page: Seen) -> list[str]:
    """The names on the list, in order."""
    return re.findall(r'class="editor-words">\s*<p><strong>(.*?)</strong>', page.html)


def found(page: Seen) -> list[str]:
    return re.findall(r'class="found-words"><p><strong>(.*?)</strong>', page.html)


async def send_file(site: Site, path: str, data: bytes) -> Seen:
    form = aiohttp.FormData({"csrf": await site.csrf()})
    form.add_field("file", io.BytesIO(data), filename="list.csv", content_type="text/csv")
    response = await site.client.post(path, data=form, allow_redirects=False)
    return Seen(response.status, await response.text(), response)


async def test_a_collection_made_from_nothing_leads_to_its_editor(site: Site, anna: User) -> None:
    sent = await site.post("/collections/new/manual", {"name": "Evenings"})
    assert sent.status == 303
    page = await site.get(sent.location)
    assert "Evenings" in page.text
    assert "Nothing on the list yet" in page.text
    assert [one.name for one in await site.collections(anna)] == ["Evenings"]


@pytest.mark.parametrize("name", ["", "///"])
async def test_without_a_good_name_nothing_is_made(site: Site, anna: User, name: str) -> None:
    page = await site.post("/collections/new/manual", {"name": name})
    assert page.status == 422
    assert page.error("own-name")
    own_field = re.search(r'<input[^>]*id="own-name"[^>]*>', page.html)
    assert own_field is not None
    assert f'value="{name}"' in own_field[0]
    assert 'aria-invalid="true"' in own_field[0]
    assert await site.collections(anna) == []


async def test_a_starter_is_made_and_synced(site: Site, anna: User) -> None:
    await site.add_server(anna)
    sent = await site.post("/collections/new/starter", {"starter": "westerns"})
    await site.wait_for_runs(anna)
    collection = (await site.collections(anna))[0]
    assert sent.location == f"/collections/{collection.id}"
    assert collection.name == "Westerns"
    again = await site.post("/collections/new/starter", {"starter": "westerns"})
    assert again.location == "/collections/new"
    assert len(await site.collections(anna)) == 1


async def test_the_collection_leads_to_the_editor_only_where_there_is_one(
    site: Site, anna: User
) -> None:
    listed = await site.furnish(anna)
    mine = await made(site, anna, "tmdb:1")
    assert "Edit titles" not in (await site.get(f"/collections/{listed.id}")).text
    assert "Edit titles" in (await site.get(f"/collections/{mine.id}")).text


async def test_rows_say_what_they_are_and_where(site: Site, anna: User) -> None:
    own(site.emby, film(1), show(4))
    server = await site.add_server(anna)
    await site.sync(await made(site, anna, "tmdb:1\ntmdb:show:4", "Before"))
    collection = await made(site, anna, "tt0000001\ntvdb:50004\nmovie: Heat (1995)\ntmdb:99")
    page = await site.get(edit(collection))
    assert shown(page) == ["Film 1", "Show 4", "Heat", "tmdb:99"]
    assert page.text.count("In your library") == 2
    assert page.text.count("Missing") == 1
    assert "No source knows this id" in page.text
    assert f"/api/v1/images/servers/{server.id}/items/" in page.html


async def test_a_title_of_the_library_is_found_and_added(site: Site, anna: User) -> None:
    own(site.emby, film(1), film(12))
    await site.add_server(anna)
    collection = await made(site, anna)
    await site.sync(collection)
    page = await site.get(f"{edit(collection)}?q=film+12")
    assert found(page) == ["Film 12"]
    fields = {
        name: value
        for name in ("kind", "title", "year", "imdb", "tmdb")
        if (value := page.value(name))
    }
    after = await site.follow(f"{edit(collection)}/add?q=film+12", fields)
    assert await ids(site, collection) == [12]
    assert "“Film 12” is on the list now" in after.notes
    assert "On the list" in after.text
    twice = await site.follow(f"{edit(collection)}/add", fields)
    assert "was on the list already" in twice.notes
    assert await ids(site, collection) == [12]


async def test_an_id_in_the_search_is_the_title_itself(site: Site, anna: User) -> None:
    own(site.emby, show(4))
    await site.add_server(anna)
    collection = await made(site, anna)
    await site.sync(collection)
    page = await site.get(f"{edit(collection)}?q=https://www.imdb.com/title/tt9000004/")
    assert found(page) == ["Show 4"]
    assert page.value("kind") == "show"
    unknown = await site.get(f"{edit(collection)}?q=tmdb:55")
    assert found(unknown) == ["tmdb:55"]
    await site.follow(f"{edit(collection)}/add", {"kind": "movie", "tmdb": "55"})
    assert await ids(site, collection) == [55]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "book", "tmdb": "1"},
        {"kind": "movie"},
        {"kind": "movie", "title": "Heat"},
        {"kind": "unknown", "tmdb": "1"},
        {"kind": "unknown", "title": "Heat", "year": "1995"},
    ],
)
async def test_what_is_no_title_is_not_added(
    site: Site, anna: User, fields: dict[str, str]
) -> None:
    collection = await made(site, anna)
    after = await site.follow(f"{edit(collection)}/add", fields)
    assert "no title that can be added" in after.notes
    assert await ids(site, collection) == []


async def test_a_paste_that_is_understood_is_told_in_a_note(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tmdb:1")
    after = await site.follow(f"{edit(collection)}/paste?add=paste", {"text": "tmdb:1\ntmdb:2"})
    assert "1 title was added. 1 was on the list already." in after.notes
    assert await ids(site, collection) == [1, 2]
    assert "Ids and addresses" in after.text


async def test_lines_not_understood_are_reported_and_kept_to_be_mended(
    site: Site, anna: User
) -> None:
    collection = await made(site, anna)
    page = await site.post(
        f"{edit(collection)}/paste?add=paste", {"text": "tmdb:2\n<b>x</b>\nHeat (1995)"}
    )
    assert page.status == 200
    assert "1 title was added. 2 lines were not understood:" in page.text
    assert "<b>x</b>" not in page.html
    area = re.search(r"<textarea.*?>(.*?)</textarea>", page.html, re.DOTALL)
    assert area is not None
    assert area[1].split("\n") == ["&lt;b&gt;x&lt;/b&gt;", "Heat (1995)"]
    assert await ids(site, collection) == [2]


async def test_an_empty_paste_is_refused_at_its_field(site: Site, anna: User) -> None:
    collection = await made(site, anna)
    page = await site.post(f"{edit(collection)}/paste?add=paste", {"text": "  \n"})
    assert (page.status, page.error("text")) == (422, "Paste at least one id or address.")
    page = await site.post(f"{edit(collection)}/paste?add=paste", {"text": "x\n" * 20_002})
    assert page.status == 422
    assert "20,000 lines" in (page.error("text") or "")


async def test_a_file_is_taken_with_a_report(site: Site, anna: User) -> None:
    collection = await made(site, anna)
    data = "Const,Title,Year,Title Type\ntt0133093,The Matrix,1999,movie\ntt1,X,2000,tvEpisode\n"
    page = await send_file(site, f"{edit(collection)}/upload?add=file", data.encode("utf-16"))
    assert page.status == 200
    assert "1 title was added. 1 line was not understood:" in page.text
    assert "one episode" in page.text
    assert shown(page) == ["The Matrix"]
    again = await send_file(site, f"{edit(collection)}/upload?add=file", b"")
    assert (again.status, again.error("file")) == (422, "Choose a file first.")


async def test_a_long_export_is_taken_and_a_larger_file_refused_at_its_field(
    site: Site, anna: User
) -> None:
    collection = await made(site, anna)
    path = f"{edit(collection)}/upload?add=file"
    wide = "x" * 200
    lines = [f"{n},tt{n:07},Film {n},1999,movie,{wide}" for n in range(1, 10_001)]
    data = "\n".join(["Position,Const,Title,Year,Title Type,Description", *lines]).encode()
    assert len(data) > 2_000_000
    sent = await send_file(site, path, data)
    assert sent.status == 303
    assert len(await rows(site, collection)) == 10_000
    for size in (8_100_000, 9_000_000):
        large = await send_file(site, path, b"x" * size)
        assert large.status in (413, 422)
        assert "8 MB" in (large.error("file") or "")
        assert "Film 1" in large.text
    assert len(await rows(site, collection)) == 10_000


async def test_a_paste_that_is_too_long_is_refused_at_its_field(site: Site, anna: User) -> None:
    collection = await made(site, anna)
    body = io.BytesIO(f"csrf={await site.csrf()}&text={'x' * 1_100_000}".encode())
    path, kind = f"{edit(collection)}/paste?add=paste", "application/x-www-form-urlencoded"
    response = await site.client.post(path, data=body, headers={"Content-Type": kind})
    page = Seen(response.status, await response.text(), response)
    assert page.status == 413
    assert "more than 1 MB" in (page.error("text") or "")


@pytest.mark.parametrize(("path", "way"), [("paste", "paste"), ("upload", "file")])
async def test_the_address_of_a_form_that_was_sent_leads_to_the_editor(
    site: Site, anna: User, path: str, way: str
) -> None:
    collection = await made(site, anna)
    seen = await site.get(f"{edit(collection)}/{path}?page=3")
    assert (seen.status, seen.location) == (303, f"{edit(collection)}?add={way}&page=3")
    await site.sign_up("ben")
    assert (await site.get(f"{edit(collection)}/{path}")).status == 404
    assert (await send_file(site, f"{edit(collection)}/upload", b"x" * 9_000_000)).status == 404


async def test_rows_go_up_and_down_and_to_a_place(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tmdb:1\ntmdb:2\ntmdb:3\ntmdb:4")
    first, _, _, last = [row.key for row in await rows(site, collection)]
    path = f"{edit(collection)}/row"
    sent = await site.post(path, {"key": first, "do": "down"})
    assert sent.location == f"{edit(collection)}#row-{first}"
    assert await ids(site, collection) == [2, 1, 3, 4]
    await site.post(path, {"key": first, "do": "up"})
    await site.post(path, {"key": first, "do": "up"})
    assert await ids(site, collection) == [1, 2, 3, 4]
    fields = {"key": last, "do": "save", "position": "2", "note": "soon"}
    after = await site.follow(path, fields)
    assert await ids(site, collection) == [1, 4, 2, 3]
    assert "is number 2 of the list" in after.notes
    assert "soon" in after.text
    await site.post(path, {"key": last, "do": "save", "position": "x", "note": ""})
    assert await ids(site, collection) == [1, 4, 2, 3]
    assert (await rows(site, collection))[1].note is None


async def test_what_is_taken_off_is_brought_back_by_undo(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tmdb:1\ntmdb:2\ntmdb:3")
    key = (await rows(site, collection))[1].key
    page = await site.follow(f"{edit(collection)}/row?page=1", {"key": key, "do": "remove"})
    assert "“tmdb:2” is off the list." in page.text
    token = page.value("token")
    assert token
    assert await ids(site, collection) == [1, 3]
    after = await site.follow(f"{edit(collection)}/undo", {"token": token})
    assert await ids(site, collection) == [1, 2, 3]
    assert "back on the list" in after.notes
    late = await site.follow(f"{edit(collection)}/undo", {"token": token})
    assert "cannot be undone" in late.notes
    gone = await site.follow(f"{edit(collection)}/row", {"key": "nothing", "do": "remove"})
    assert "not on the list" in gone.notes


async def test_a_long_list_is_leafed_through_jumped_into_and_filtered(
    site: Site, anna: User
) -> None:
    collection = await made(site, anna, "\n".join(f"tmdb:{n}" for n in range(1, 10_001)))
    page = await site.get(edit(collection))
    assert (len(shown(page)), shown(page)[0]) == (100, "tmdb:1")
    assert "10,000 titles" in page.text
    assert "Page 1 of 100" in page.text
    third = await site.get(f"{edit(collection)}?page=3")
    assert shown(third)[0] == "tmdb:201"
    there = await site.get(f"{edit(collection)}?at=4321")
    assert "tmdb:4321" in shown(there)
    beyond = await site.get(f"{edit(collection)}?at=999999")
    assert shown(beyond)[-1] == "tmdb:10000"
    filtered = await site.get(f"{edit(collection)}?query=tmdb:777")
    assert shown(filtered) == ["tmdb:777", *(f"tmdb:{n}" for n in range(7770, 7780))]
    assert "10,000 titles" in filtered.text
    none = await site.get(f"{edit(collection)}?query=nothing")
    assert "Nothing of that name" in none.text


async def test_a_change_offers_a_sync_and_a_sync_ends_the_offer(site: Site, anna: User) -> None:
    await site.add_server(anna)
    collection = await made(site, anna)
    assert "Sync now" not in (await site.get(edit(collection))).text
    await add_text(site.services.db, collection, "tmdb:1")
    assert "Sync now" in (await site.get(edit(collection))).text
    await site.sync(collection)
    assert "Sync now" not in (await site.get(edit(collection))).text


async def test_a_change_in_the_middle_of_a_sync_is_synced_after_it(site: Site, anna: User) -> None:
    await site.add_server(anna)
    collection = await made(site, anna, "tmdb:1")
    async with site.services.outside.collection(collection.id):
        sent = await site.post(f"{edit(collection)}/sync")
        assert sent.location == edit(collection)
        first = site.services.runner.states(anna.id)[0]["id"]
        await add_text(site.services.db, collection, "tmdb:2")
        await site.post(f"{edit(collection)}/sync")
    await site.services.runner.wait(first)
    await site.wait_for_runs(anna)
    assert await site.services.db.value("SELECT count(*) FROM runs") == 2
    assert "Sync now" not in (await site.get(edit(collection))).text


async def test_a_change_is_to_be_synced_unless_the_run_that_waited_has_taken_it_in(
    site: Site, anna: User
) -> None:
    await site.add_server(anna)
    collection = await made(site, anna, "tmdb:1")
    async with site.services.outside.collection(collection.id):
        await site.post(f"{edit(collection)}/sync")
        run = site.services.runner.states(anna.id)[0]["id"]
        await add_text(site.services.db, collection, "tmdb:2")
    await site.services.runner.wait(run)
    assert "Changed since" not in (await site.get(edit(collection))).text
    await add_text(site.services.db, collection, "tmdb:3")
    for path in (edit(collection), f"/collections/{collection.id}"):
        assert "Changed since the last sync" in (await site.get(path)).text, path


async def test_what_the_library_has_by_name_alone_is_there_in_the_editor_too(
    site: Site, anna: User
) -> None:
    own(site.emby, Title(Kind.MOVIE, "Film 1", 2000, Ids()))
    await site.add_server(anna)
    collection = await made(site, anna)
    for number in (1, 2):
        await add_title(site.services.db, collection, film(number), None)
    await site.sync(collection)
    seen = await site.get(edit(collection))
    assert (seen.text.count("In your library"), seen.text.count("Missing")) == (1, 1)


async def test_a_script_gets_only_the_rows(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tmdb:1")
    part = await site.get(edit(collection), X_Fragment="rows,found")
    assert shown(part) == ["tmdb:1"]
    assert 'data-region="rows"' in part.html
    assert "<html" not in part.html


async def test_the_editor_of_somebody_else_is_not_there(site: Site, anna: User) -> None:
    collection = await made(site, anna, "tmdb:1")
    await site.sign_up("ben")
    for path in ("add", "paste", "row", "undo"):
        assert (await site.post(f"{edit(collection)}/{path}", {"text": "tmdb:2"})).status == 404
    assert (await site.get(edit(collection))).status == 404
    assert (await send_file(site, f"{edit(collection)}/upload", b"tmdb:2")).status == 404
    assert await ids(site, collection) == [1]
