"""What keeps a server from being added, each told apart, over real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from collectarr.errors import CollectarrError
from collectarr.sync.connect import test_server as try_server
from tests.flows.world import World, make_world, served

Address = Callable[[World, Path], AbstractAsyncContextManager[str]]
INFO = {"ServerName": "Den", "Version": "4.9.1.80", "Id": "e8de78b0b3e94f129922a61bb990ead9"}


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Signed by nobody but itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "den")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "den.pem"
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Takes every connection and never says a word; its host and port."""
    held: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in held:
            writer.close()
        server.close()


def fixed(url: str) -> Address:
    @asynccontextmanager
    async def address(world: World, _: Path) -> AsyncIterator[str]:
        yield url.replace("EMBY", world.emby_url.removeprefix("http://"))

    return address


def answering(**answers: web.Response | dict[str, str]) -> Address:
    """By what follows `/System/`; everything else is unknown there."""

    async def answer(request: web.Request) -> web.Response:
        found = answers.get(request.match_info["what"].replace("/", "_"), web.Response(status=404))
        return web.json_response(found) if isinstance(found, dict) else found

    @asynccontextmanager
    async def address(_: World, __: Path) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/emby/System/{what:.*}", answer)
        async with served(app) as url:
            yield url

    return address


def with_own_certificate(scheme: str) -> Address:
    @asynccontextmanager
    async def address(_: World, folder: Path) -> AsyncIterator[str]:
        async with listening(own_certificate(folder)) as place:
            yield f"{scheme}://{place}"

    return address


@asynccontextmanager
async def silence(world: World, _: Path) -> AsyncIterator[str]:
    world.outside.stranger_seconds = 0.05
    async with listening() as place:
        yield f"http://{place}"


def moved() -> web.Response:
    return web.Response(status=301, headers={"Location": "https://me:pw@den.example/emby/x?y=z"})


FAILURES: dict[str, tuple[Address, str, str]] = {
    "a name that nobody knows": (fixed("http://no-such-host.invalid"), "dns", "Check the spelling"),
    "nobody at the port": (fixed("http://127.0.0.1:9"), "refused", "Nothing answers at"),
    "silence": (silence, "timeout", "did not answer in time"),
    "a certificate of its own": (with_own_certificate("https"), "certificate", "is not trusted"),
    "https where http is spoken": (fixed("https://EMBY"), "tls", "Begin the address with http://"),
    "http where https is spoken": (
        with_own_certificate("http"),
        "https_needed",
        "Begin the address with https://, as in https://127.0.0.1:",
    ),
    "a wrong key": (fixed("http://EMBY"), "key", "The API key is not accepted"),
    "a key that may not": (
        answering(Info_Public=INFO, Info=web.Response(status=403, text="Not for you")),
        "forbidden",
        "HTTP 403: Not for you",
    ),
    "another program": (
        answering(Info_Public=web.Response(text="<html>", content_type="text/html")),
        "not_emby",
        "not Emby or Jellyfin (a web page)",
    ),
    "a path that is missing": (fixed("http://EMBY/elsewhere"), "not_emby", "need a path?"),
    "a redirect": (
        answering(Info_Public=moved()),
        "redirect",
        "sends us on to https://den.example (HTTP 301)",
    ),
    "a proxy with a sign-in": (
        answering(Info_Public=web.Response(status=401)),
        "not_emby",
        "a proxy there seems to ask for a sign-in of its own",
    ),
}


@pytest.mark.parametrize("what", FAILURES)
async def test_each_failure_is_said_in_its_own_words(tmp_path: Path, what: str) -> None:
    make, code, words = FAILURES[what]
    async with make_world(tmp_path) as world, make(world, tmp_path) as url:
        with pytest.raises(CollectarrError) as failed:
            await try_server(world.outside, world.user.id, "", url, "wr0ngK3y")
    assert (failed.value.code, words in failed.value.message) == (code, True), failed.value.message
    assert "wr0ngK3y" not in failed.value.message


async def test_our_key_goes_to_nobody_who_has_not_said_to_be_a_server(tmp_path: Path) -> None:
    seen: list[str | None] = []

    async def page(request: web.Request) -> web.Response:
        seen.append(request.headers.get("X-Emby-Token"))
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", page)
    async with make_world(tmp_path) as world, served(app) as url:
        with pytest.raises(CollectarrError):
            await try_server(world.outside, world.user.id, "", url, "wr0ngK3y")
    assert set(seen) == {None}
