"""Correcting a match with a browser without scripts, and the list of all corrections."""

import re
from html import unescape

from collectarr.models import Ids, Kind, Title
from collectarr.store import corrections as stored
from collectarr.store.users import User
from collectarr.sync import correct
from tests.flows.world import film, own, show
from tests.pages.site import Seen, Site

SETTINGS = "/settings/corrections"


def forms(seen: Seen, act: str) -> list[dict[str, str]]:
    """Of each form with such a button what it sends."""
    found = []
    for form in re.findall(r'<form[^>]*method="post".*?</form>', seen.html, re.DOTALL):
        if f'name="act" value="{act}"' in form:
            pairs = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
            found.append({name: unescape(value) for name, value in pairs} | {"act": act})
    return found


async def test_a_title_is_corrected_in_each_way_and_each_is_taken_back(
    site: Site, anna: User
) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}/items/7/match"
    tab = await site.get(f"/collections/{collection.id}")
    assert f'href="{path}"' in tab.html
    assert "Find it in the library" in tab.text
    seen = await site.get(path)
    assert "Number 7 of Films" in seen.text
    assert "Not matched." in seen.text

    seen = await site.get(f"{path}?q=film+2")
    (pin,) = forms(seen, "pin")
    seen = await site.follow(path, pin)
    assert "“Film 7 (2000)” is this item from now on." in seen.notes
    assert "It is “Film 2 (2000)” on Living room." in seen.text
    assert "What you see below is from the last sync." in seen.text
    (also,) = forms(await site.get(f"{path}?q=tt0000003"), "also")
    seen = await site.follow(path, also)
    assert "“Film 2 (2000)” and “Film 3 (2000)” on Living room" in seen.text
    await site.sync(collection)
    seen = await site.get(path)
    assert "Matched by your correction." in seen.text
    assert "What you see below" not in seen.text

    (undo,) = forms(seen, "undo")
    seen = await site.follow(path, undo)
    assert "Taken back: “Film 7" in seen.notes
    assert "What you said of it" not in seen.text
    (means,) = forms(seen, "map")
    wrong = await site.post(path, {**means, "to": "no such thing"})
    assert (wrong.status, wrong.value("to")) == (422, "no such thing")
    assert "This names no title." in (wrong.error("to") or "")
    seen = await site.follow(path, {**means, "to": "https://www.imdb.com/title/tt0000004/"})
    assert "means “Film 4 (2000)”" in seen.text
    (never,) = forms(seen, "exclude")
    seen = await site.follow(path, never)
    assert "It is never matched." in seen.text
    assert forms(seen, "exclude") == []
    assert len(await stored.list_corrections(site.services.db, anna.id)) == 1


async def test_a_form_that_was_made_for_another_row_changes_nothing(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}/items/7/match"
    (never,) = forms(await site.get(path), "exclude")
    site.mdblist.add_list("demo", "films", "Films", [film(number) for number in range(8, 0, -1)])
    await site.sync(collection)
    seen = await site.follow(f"/collections/{collection.id}/items/1/match", never)
    assert "The list has changed" in seen.notes
    assert await stored.list_corrections(site.services.db, anna.id) == []
    gone = await site.get(f"/collections/{collection.id}/items/99/match")
    assert gone.status == 404
    shows = await site.post(path, {**never, "act": "pin", "server": "1", "item": "77777"})
    assert shows.status in (303, 422)


async def test_a_film_is_no_show_and_the_page_says_so(site: Site, anna: User) -> None:
    site.emby.add_library("Series", "tvshows", "/media/Series")
    (series,) = own(site.emby, show(9, "Serial"))
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}/items/7/match"
    seen = await site.get(f"{path}?q=serial")
    assert "Not of this kind" in seen.text
    assert forms(seen, "pin") == []
    (never,) = forms(seen, "exclude")
    refused = await site.post(path, {**never, "act": "pin", "server": "1", "item": series})
    assert refused.status == 422
    assert "“Serial (2000)” is a show in Emby, and the list names a film." in refused.summary


async def test_conflicts_have_a_filter_of_their_own(site: Site, anna: User) -> None:
    conflict = Title(Kind.MOVIE, "Film 5", 2000, Ids("tt0000005", 999))
    own(site.emby, conflict)
    collection = await site.furnish(anna)
    path = f"/collections/{collection.id}"
    seen = await site.get(f"{path}?show=conflicts")
    assert re.findall(r'<span class="card-name">(.*?)</span>', seen.html) == ["Film 5"]
    seen = await site.get(f"{path}/items/5/match")
    assert "Conflict. Its ids point at 'Film 5 (2000)', but the TMDb id there" in seen.text
    (pin,) = forms(seen, "pin")
    await site.follow(f"{path}/items/5/match", pin)
    await site.sync(collection)
    assert "show=conflicts" not in (await site.get(path)).html


async def test_all_that_was_said_is_listed_and_nobody_elses(site: Site, anna: User) -> None:
    await site.furnish(anna)
    assert "Nothing corrected yet" in (await site.get(SETTINGS)).text
    db = site.services.db
    await correct.pin_title(db, anna.id, film(7), 1, [site.emby.items[0].id])
    site.emby.remove_item(site.emby.items[0].id)
    async with db.write() as tx:
        await tx.run("DELETE FROM items WHERE title = 'Film 1'")
        await tx.run(
            "INSERT INTO corrections (user_id, act, title, created_at) WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT ?, 'exclude',"
            " json_object('kind', 'movie', 'title', '<b>' || i, 'year', 2000, 'original_title',"
            " NULL, 'ids', json_object('tmdb', 1000 + i)), '2026-01-01T00:00:00+00:00' FROM n",
            anna.id,
        )
    seen = await site.get(SETTINGS)
    assert "1,000" in seen.text
    assert "50 of 1,000 corrections" in seen.text
    assert "<b>" not in seen.html
    seen = await site.get(f"{SETTINGS}?query=film+7")
    assert "is “Film 1 (2000)” on Living room" in seen.text
    assert "Not there any more" in seen.text
    assert "Nothing matches" in (await site.get(f"{SETTINGS}?act=map")).text
    assert "Nothing is left here" in (await site.get(f"{SETTINGS}?page=99")).text
    (number,) = re.findall(rf"{SETTINGS}/(\d+)/delete", seen.html)
    await site.sign_up("ben")
    assert "Nothing corrected yet" in (await site.get(SETTINGS)).text
    assert (await site.post(f"{SETTINGS}/{number}/delete")).status == 404
    await site.sign_in("anna")
    seen = await site.follow(f"{SETTINGS}/{number}/delete")
    assert "Taken back: “Film 7" in seen.notes
    assert "50 of 999 corrections" in seen.text
