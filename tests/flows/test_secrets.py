"""A full life of the service, with everything it says overheard: no secret is in it."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from collectarr.commands.describe import routes
from collectarr.demo.emby import EmbyStandIn
from collectarr.demo.emby import running as emby_running
from collectarr.demo.mdblist import MdbListStandIn
from collectarr.settings import load_settings
from tests.flows.ears import OWN_FILES, Ears, csrf_of
from tests.flows.process import SECONDS, Service, serving
from tests.flows.world import film, own, served

PASSWORD = 'correct "horse" & more/+% ö'
EMBY_KEY, WRONG_EMBY_KEY = "3mbyKeyOfAnna00112233", "wr0ngEmbyKey44556677"
EMBY_PASSWORD, WRONG_EMBY_PASSWORD = "b0ss of Emby & 667788", "wr0ng of Emby & 8899"
LIST_KEY, SHARED_KEY, WRONG_LIST_KEY = "l1stKeyOfAnna8899", "sh4redListKey0011", "wr0ngListKey2233"
GIVEN = {
    "text": {
        "ENCRYPTION_KEY": "an encryption key of one's own 12345",
        "JWT_SECRET": "a jwt secret of one's own, 32 bytes and more",
    },
    "json": {},
}


@dataclass
class Place:
    """The service in its own process, and the neighbours it speaks to."""

    ears: Ears
    emby: EmbyStandIn
    emby_url: str
    mdblist: MdbListStandIn
    bearer: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}

    async def api(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Signed in; the answer, however it went."""
        _, answer = await self.ears.ask(
            method, f"/api/v1{path}", json=body, headers=self.headers, **options
        )
        return answer

    async def run(self, path: str) -> None:
        """Start it and wait for its end; then all that can be read of it."""
        started = await self.api("POST", path, {})
        if "run_id" not in started:
            return
        path = f"/runs/{started['run_id']}"
        async with asyncio.timeout(SECONDS):
            while (await self.api("GET", path))["finished_at"] is None:
                await asyncio.sleep(0.05)
        await self.api("GET", f"{path}/log")


@asynccontextmanager
async def _place(folder: Path, log_format: str) -> AsyncIterator[Place]:
    admin = ("boss", EMBY_PASSWORD)
    emby = EmbyStandIn(api_key=EMBY_KEY, admin=admin, settle_seconds=0.05, event_seconds=0.05)
    emby.add_library("Movies", "movies", "/media/Movies")
    own(emby, *(film(number) for number in range(1, 8)))
    mdblist = MdbListStandIn({LIST_KEY: "anna", SHARED_KEY: "everybody"})
    mdblist.add_list("demo", "films", "Films", [film(number) for number in range(1, 11)])
    settings = {
        **GIVEN[log_format],
        "LOG_FORMAT": log_format,
        "LOG_LEVEL": "DEBUG",
        "MDBLIST_API_KEY": SHARED_KEY,
        "REGISTRATION": "invite",
    }
    async with (
        emby_running(emby) as emby_url,
        served(mdblist.app) as mdblist_url,
        serving(folder, mdblist_url, TMDB_IMAGE_URL=mdblist_url, **settings) as service,
    ):
        yield Place(_ears(service, folder, log_format), emby, emby_url, mdblist)


def _ears(service: Service, folder: Path, log_format: str) -> Ears:
    ears = Ears(service)
    ears.secrets = {
        "password": PASSWORD,
        "wrong password": "wr0ng p4ssword typed",
        "Emby key": EMBY_KEY,
        "wrong Emby key": WRONG_EMBY_KEY,
        "Emby password": EMBY_PASSWORD,
        "wrong Emby password": WRONG_EMBY_PASSWORD,
        "list key": LIST_KEY,
        "wrong list key": WRONG_LIST_KEY,
        "shared list key": SHARED_KEY,
        **{name.casefold().replace("_", " "): key for name, key in GIVEN[log_format].items()},
    }
    for file, name in OWN_FILES.items():
        if (folder / file).exists():
            ears.secrets[name] = (folder / file).read_text()
    return ears


async def _sign_in(place: Place) -> None:
    ears, both = place.ears, {"username": "anna", "password": PASSWORD}
    await ears.ask("POST", "/api/v1/auth/setup", json=both)
    await ears.ask("POST", "/api/v1/auth/setup", json={**both, "token": "guessed-token-123"})
    wrong = ears.secrets["wrong password"]
    for name in ("anna", "nobody"):
        body = {"username": name, "password": wrong}
        assert (await ears.ask("POST", "/api/v1/auth/login", json=body))[0] == 401
        await ears.ask("POST", "/login", data=body)
    # A refresh token names its session, and two made within one second may be the same.
    told = tuple(f"{which}bearer" for which in ("", "first ", "session of ", "session of first "))
    _, tokens = await ears.ask(
        "POST", "/api/v1/auth/login", json=both, told=(*told, "first refresh")
    )
    ears.keep("first bearer", tokens["access_token"])
    old = ears.keep("first refresh", tokens["refresh_token"])
    for _ in range(2):
        # The second time it is a retry, which is given the same one.
        _, tokens = await ears.ask(
            "POST", "/api/v1/auth/refresh", json={"refresh_token": old}, told=(*told, "refresh")
        )
    place.bearer = ears.keep("bearer", tokens["access_token"])
    ears.keep("refresh", tokens["refresh_token"])


async def _bad_credentials(place: Place) -> None:
    """Whatever comes in with a request, also where it cannot be read."""
    ears, bearer = place.ears, place.bearer
    for headers in (
        {"Authorization": f"Bearer {bearer[:-4]}AAAA"},
        {"Authorization": f"Basic {bearer}"},
        {"X-Api-Key": ears.keep("guessed key", "clr_0123456789abcdefghijklmnopq")},
        {"Cookie": f"collectarr={bearer}"},
        {"Cookie": f"collectarr={bearer};{'x' * 9000}"},
        {"Authorization": f"Bearer {bearer}{'x' * 9000}"},
    ):
        await ears.ask("GET", "/api/v1/auth/me", headers=headers)
    query = f"?api_key={EMBY_KEY}&access_token={bearer}&{EMBY_KEY}=1"
    for path in ("/api/v1/auth/me", "/collections", "/nothing", "/api/v1/collections"):
        await ears.ask("GET", path + query, headers=place.headers)
    for body in (
        {"username": 5, "password": PASSWORD},
        {"username": "anna", "password": PASSWORD, "other": [PASSWORD]},
        {"username": "anna", "password": [PASSWORD]},
    ):
        await ears.ask("POST", "/api/v1/auth/login", json=body)
    cut = json.dumps({"username": "anna", "password": PASSWORD})[:-1]
    headers = {"Content-Type": "application/json"}
    await ears.ask("POST", "/api/v1/auth/login", data=cut, headers=headers)
    await _raw(ears.service, f"GET / HTTP/1.1\r\nX-Api-Key: {EMBY_KEY}\x00\r\n\r\n")
    await _raw(ears.service, f"GET / HTTP/1.1\r\nAuthorization {bearer}\r\n\r\n")


async def _raw(service: Service, text: str) -> None:
    """What no client would send. The answer goes to the sender alone; the log matters."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(service.base.split(":")[2]))
    writer.write(text.encode())
    await reader.read()
    writer.close()


async def _make_keys(place: Place) -> None:
    ears = place.ears
    made = await place.api("POST", "/api-keys", {"name": "x", "scope": "admin"}, told=("API key",))
    key = {"X-Api-Key": ears.keep("API key", made["key"])}
    await ears.ask("GET", "/api/v1/auth/me", headers=key)
    invited = await place.api("POST", "/invites", {"email": "b@example.org"}, told=("invite",))
    token = ears.keep("invite", invited["token"])
    both = {"username": "ben", "password": ears.keep("ben's password", "b3ns own password")}
    await ears.ask("POST", "/api/v1/auth/register", json={**both, "invite": token})
    await ears.ask("POST", "/api/v1/auth/register", json={**both, "invite": token})
    body = {"username": "cleo", "password": ears.keep("cleo's password", "cl3os own password")}
    await place.api("POST", "/users", {**body, "email": "c@example.org", "role": "user"})


async def _connect(place: Place) -> None:
    address = {"url": place.emby_url, "api_key": EMBY_KEY}
    wrong = {**address, "api_key": WRONG_EMBY_KEY}
    for path in ("/servers/test", "/servers"):
        await place.api("POST", path, wrong)
        await place.api("POST", path, {**address, "url": f"http://x:{EMBY_KEY}@127.0.0.1"})
        await place.api("POST", path, {**address, "api_key": f"{EMBY_KEY}ö"})
    place.emby.fail("/System/Info$", status=401, body=f"no such key {WRONG_EMBY_KEY}", times=None)
    await place.api("POST", "/servers/test", wrong)
    place.emby.clear_faults()
    server = await place.api("POST", "/servers", address)
    assert server["id"] == 1
    await place.api("PATCH", "/servers/1", {"api_key": WRONG_EMBY_KEY})
    await _sign_in_to_emby(place)
    await place.api("PUT", "/sources/mdblist/account", {"key": WRONG_LIST_KEY})
    await place.api("PUT", "/sources/mdblist/account", {"key": LIST_KEY})
    body = {"name": "Films", "lists": [{"source": "mdblist", "list": "demo/films"}]}
    assert (await place.api("POST", "/collections", body))["id"] == 1


async def _sign_in_to_emby(place: Place) -> None:
    wrong = {"username": "boss", "password": WRONG_EMBY_PASSWORD}
    for status in (400, 401, 500):
        place.emby.fail("/AuthenticateByName", status=status, body=f"Not {WRONG_EMBY_PASSWORD}")
        await place.api("POST", "/servers/1/sign-in", wrong)
    right = {"username": "boss", "password": EMBY_PASSWORD}
    signed = await place.api("POST", "/servers/1/sign-in", right)
    assert signed["signed_in_as"] == "boss"
    (token,) = set(place.emby.core.state.tokens) - {EMBY_KEY}
    place.ears.keep("Emby token", token)


def _troubles(key: str) -> tuple[dict[str, Any], ...]:
    """Answers that give away with what key they were asked."""
    echo = f"<p>?api_key={key}&apikey={key} {key} Bearer {key}</p>"
    return (
        {"status": 401, "body": echo},
        {"status": 403, "body": json.dumps({"error": key, "key": key})},
        {"status": 200, "body": echo},
        {"status": 302, "headers": {"Location": f"http://127.0.0.1:9/?api_key={key}"}},
        {"status": 429, "body": echo, "headers": {"Retry-After": "9000"}},
        {"status": 500, "body": echo},
        {"cut": True},
    )


async def _fail(place: Place, most: int) -> None:
    """Every way in which Emby or MDBList can fail, each of them telling on us."""
    for trouble in _troubles(EMBY_KEY)[:most]:
        place.emby.fail("", times=None, **trouble)
        await place.run("/collections/1/sync")
        if trouble.get("status", 500) < 500:
            # The others are tried again, which takes its time.
            await place.api("POST", "/servers/1/test", {})
            await place.run("/servers/1/scan")
            await place.api("GET", "/servers/1/collections")
            await place.api("GET", "/collections/1/preview")
        place.emby.clear_faults()
    for trouble in _troubles(LIST_KEY)[:most]:
        place.mdblist.fail(".*", times=None, **trouble)
        await place.run("/collections/1/refresh")
        if trouble.get("status", 500) < 500:
            await place.api("PUT", "/sources/mdblist/account", {"key": LIST_KEY})
            await place.api("GET", "/sources/mdblist/search?query=x")
        place.mdblist.control.faults.active.clear()
    await place.run("/collections/1/sync")


async def _read_everything(place: Place) -> None:
    """Every address that can be read, in the API with the token, in a browser with its cookie."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        ears = place.ears
        both = {"username": "anna", "password": PASSWORD}
        await ears.ask("POST", "/login", session=browser, data=both, told=("cookie",))
        (cookie,) = [one.value for one in jar if len(one.value.split(".")) == 3]
        ears.keep("cookie", cookie)
        paths = [path for method, path, _ in routes(load_settings()) if method == "GET"]
        for path in paths:
            if path != "/api/v1/events":
                real = re.sub(r"\{\w+\}", "1", path)
                await ears.ask("GET", real, session=browser)
                await ears.ask("GET", real, headers=place.headers)
        assert len(paths) > 50
        await _type_keys(place, browser)


async def _type_keys(place: Place, browser: aiohttp.ClientSession) -> None:
    """A form gives back what was just typed to whoever typed it, and then never again."""
    ears = place.ears
    _, page = await ears.ask("GET", "/settings/servers", session=browser)
    fields = {"csrf": csrf_of(page), "url": place.emby_url, "api_key": WRONG_EMBY_KEY}
    _, page = await ears.ask(
        "POST", "/settings/servers", session=browser, data=fields, told=("wrong Emby key",)
    )
    assert "no-store" in ears.heard[-1][1]
    assert "not accepted" in page
    key = {"csrf": fields["csrf"], "key": WRONG_LIST_KEY}
    await ears.ask("POST", "/settings/sources/mdblist", session=browser, data=key)
    change = {"csrf": fields["csrf"], "password": PASSWORD, "new_password": "short"}
    await ears.ask("POST", "/settings/account/password", session=browser, data=change)
    for path in ("/settings/servers", "/settings/sources", "/settings/account"):
        await ears.ask("GET", path, session=browser)


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_secret_is_in_anything_that_it_says_or_keeps(
    tmp_path: Path, log_format: str
) -> None:
    folder = tmp_path / "data"
    async with _place(folder, log_format) as place:
        ears = place.ears
        await _sign_in(place)
        listening = asyncio.create_task(ears.listen(place.headers))
        await _bad_credentials(place)
        await _make_keys(place)
        await _connect(place)
        await _fail(place, 5 if log_format == "json" else 7)
        await _read_everything(place)
        assert list(ears.stored(folder)) == [], "while it runs"
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    _keep_setup_token(ears)
    assert len(ears.service.output) > 100
    assert len(ears.heard) > 200
    assert any(where == "events" for where, _, _ in ears.heard)
    leaks = [*ears.leaks(), *ears.stored(folder)]
    assert not leaks, "\n".join(leaks)


def _keep_setup_token(ears: Ears) -> None:
    """It stands in the log, in one line, and that line is taken out."""
    (line,) = [line for line in ears.service.output if "one-time set-up token" in line]
    found = re.search(r"set-up token: ([\w-]+)", line)
    assert found is not None
    ears.service.output.remove(line)
    ears.keep("set-up token", found[1])


def test_the_ears_hear_a_secret_in_every_shape() -> None:
    for said in (
        PASSWORD,
        json.dumps({"a": PASSWORD}),
        "correct%20%22horse%22%20%26%20more%2F%2B%25%20%C3%B6",
        "correct &#34;horse&#34; &amp; more".replace("&#34;", "&quot;") + "/+% ö",
    ):
        ears = Ears(Service.__new__(Service), {"password": PASSWORD}, [("page", said, ())])
        ears.service.output = []
        assert ears.leaks() == ["password: page"], said
        ears.heard = []
        ears.service.output = [said]
        assert ears.leaks() == [f"password: log {said[:90]}"]
