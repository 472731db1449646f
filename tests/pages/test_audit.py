"""The audit trail as administrators read it: in words, the newest first, and sifted."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from collectarr.accounts import sign_in
from collectarr.errors import SignInError
from collectarr.models import utc_now
from collectarr.pages import audit_words
from collectarr.pages.settings_audit import PER_PAGE
from collectarr.store import audit
from collectarr.store.audit import ACTIONS, Entry
from collectarr.store.users import User
from tests.pages.site import EMBY_KEY, Seen, Site
from tests.people import PASSWORD

PATH = "/settings/audit"
PACKAGE = Path(__file__).parents[2] / "sidecar" / "collectarr"


def entry(action: Any, subject: str = "", actor: str | None = "anna", **details: Any) -> Entry:
    return Entry(1, utc_now(), actor, action, subject, None, details)


def lines(seen: Seen) -> list[str]:
    """What stands in each row, the newest first."""
    rows = re.findall(r"<tr>(.*?)</tr>", seen.html.partition("<tbody>")[2], re.DOTALL)
    return [Seen(0, row, seen.response).text for row in rows]


# Words


@pytest.mark.parametrize(
    ("entry", "what", "subject", "details"),
    [
        (entry("sign_in", how="browser"), "Signed in", "", "In a browser"),
        (
            entry("role_changed", "ben", how="cookie", role="administrator"),
            *("Changed a role", "ben", "Now administrator, in a browser"),
        ),
        (
            entry("user_changed", "benny", how="bearer", before="ben"),
            *("Changed a user", "benny", "Was called ben, through the API"),
        ),
        (
            entry("user_changed", "ben", how="cookie", before="ben"),
            *("Changed a user", "ben", "Another e-mail address, in a browser"),
        ),
        (
            entry("server_changed", "Attic", url="http://x", changed=["api_key", "name"]),
            *("Changed a server", "Attic", "At http://x, its key and name"),
        ),
        (
            entry("settings_changed", changed=["allowed_networks"], allowed_networks=[]),
            *("Changed what holds for everybody", "", "Only administrators add servers"),
        ),
        (
            entry("api_key_revoked", "ben", how="command", actor=None, count=2),
            *("Revoked all API keys", "ben", "2 keys, on the command line"),
        ),
        (entry("api_key_revoked", "anna", count=1), *("Revoked all API keys", "", "1 key")),
        (
            entry("api_key_created", "Script", scope="run", prefix="clr_12"),
            *("Made an API key", "Script", "May read and sync, begins with clr_12"),
        ),
        (entry("source_key_set", "mdblist"), "Connected a source", "MDBList", ""),
        (entry("server_added", "anna"), "Added a server", "anna", ""),
        (
            entry("collection_deleted", "Films", emby=False),
            *("Deleted a collection", "Films", "Emby keeps it"),
        ),
        (
            entry("something_new", "x", one_thing=[1], how="by_magic"),
            *("Something new", "x", "One thing: [1], by magic"),
        ),
        (entry("session_revoked", ended=0), "Signed out elsewhere", "", "In no place"),
    ],
)
def test_an_entry_is_said_in_words(entry: Entry, what: str, subject: str, details: str) -> None:
    assert audit_words.action_word(entry) == what
    assert audit_words.subject_word(entry) == subject
    assert audit_words.detail_words(entry).startswith(details)


def test_every_action_has_words_of_its_own_and_can_be_chosen() -> None:
    words = [(action, text) for _, group in audit_words.GROUPS for action, text in group.items()]
    assert sorted(action for action, _ in words) == sorted(ACTIONS)
    assert len({text for _, text in words}) == len(ACTIONS)


def test_every_detail_that_is_written_down_has_words() -> None:
    """What the code notes anywhere, read from the code."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("note", "_record"):
                found |= {word.arg for word in node.keywords if word.arg}
    known = set(audit_words._DETAILS)
    assert {"role", "emby", "count", "allowed_networks"} <= found
    assert found - known - {"actor"} == set()


# The page


async def nobody(user: User, password_hash: str) -> None:
    raise AssertionError("nobody is signed in with a wrong password")


async def test_what_was_done_is_shown_the_newest_first(site: Site, anna: User) -> None:
    fields = {"url": site.emby_url, "api_key": EMBY_KEY, "name": "Attic", "do": "add"}
    await site.post("/settings/servers", fields)
    with pytest.raises(SignInError):
        await sign_in(site.services, "anna", "not the one", "203.0.113.7", "browser", nobody)
    refused, added, signed_in = lines(await site.get(PATH))
    assert refused.startswith("Sign-in refused: anna In a browser Not signed in 203.0.113.7")
    address = f"At {site.emby_url}/emby, in a browser"
    assert added.startswith(f"Added a server: Attic {address} anna 127.0.0.1 just now")
    assert signed_in.startswith("Signed in In a browser anna 127.0.0.1 just now")
    assert str(utc_now().year) in signed_in, "the moment itself stands there too"


async def test_it_is_sifted_by_action_words_and_address(site: Site, anna: User) -> None:
    db = site.services.db
    for number in range(3):
        client = f"203.0.113.{number}"
        await audit.record(db, actor=anna, action="server_added", subject="Attic", client=client)
    await audit.record(db, actor=None, action="user_created", subject="ben")
    for query, amount in (
        ("action=server_added", 3),
        ("action=user_created", 1),
        ("query=BEN", 1),
        ("query=attic", 3),
        ("query=203.0.113.1", 1),
        ("query=attic&action=user_created", 0),
        ("action=&query=", 5),
        ("action=nonsense", 5),
    ):
        seen = await site.get(f"{PATH}?{query}")
        assert (seen.status, len(lines(seen))) == (200, amount), query
    seen = await site.get(f"{PATH}?action=server_added&query=attic")
    assert 'id="query" name="query" value="attic"' in seen.html
    assert '<option value="server_added" selected>' in seen.html
    assert 'method="get"' in seen.html, "it works without a script"


async def test_it_is_read_page_by_page_and_the_filter_goes_along(site: Site, anna: User) -> None:
    db = site.services.db
    for number in range(PER_PAGE + 2):
        await audit.record(db, actor=anna, action="server_added", subject=f"Room & {number}")
    seen = await site.get(f"{PATH}?action=server_added&query=room+%26")
    assert f"{PER_PAGE} of {PER_PAGE + 2} entries" in seen.text
    (more,) = re.findall(r'href="([^"]*page=2)"', seen.html)
    second = await site.get(more.replace("&amp;", "&"))
    assert [line.partition("Room")[2].split()[1] for line in lines(second)] == ["1", "0"]
    (first,) = re.findall(r'href="([^"]*)">Back to the first', second.html)
    assert lines(await site.get(first.replace("&amp;", "&"))) == lines(seen)


async def test_each_state_says_what_there_is(site: Site, anna: User) -> None:
    assert "Nothing matches" in (await site.get(f"{PATH}?query=nothing+of+the+kind")).text
    assert "Nothing is left here" in (await site.get(f"{PATH}?page=9")).text
    async with site.services.db.write() as tx:
        await tx.run("DELETE FROM audit")
    for query in ("", "?page=9"):
        assert "Nothing is written down yet" in (await site.get(PATH + query)).text


async def test_only_administrators_see_it_and_its_way_there(site: Site, anna: User) -> None:
    links = [f'href="{PATH}"', 'href="/settings/installation"']
    page = await site.get("/settings/servers")
    assert all(link in page.html for link in links)
    await site.sign_up("ben")
    page = await site.get("/settings/servers")
    assert not any(link in page.html for link in links)
    assert (await site.get(PATH)).status == 403


async def test_what_others_are_called_is_only_text(site: Site, anna: User) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    await audit.record(
        site.services.db,
        actor=anna,
        action="server_added",
        subject=evil,
        client=evil,
        details={"url": evil, evil: evil, "how": evil},
    )
    seen = await site.get(f"{PATH}?query={evil}")
    assert "<img src=x" not in seen.html
    assert seen.text.count(evil.removeprefix('">')) >= 5
    assert PASSWORD not in seen.html
