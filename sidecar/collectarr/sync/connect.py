"""Servers and source accounts: tested before they are kept."""

from dataclasses import replace

from collectarr.emby.client import Check, normalise_server_url, origin_of, plain_text
from collectarr.emby.session import close_session, open_session, session_holds
from collectarr.emby.wire import PUBLIC_INFO
from collectarr.errors import (
    CollectarrError,
    InvalidError,
    RejectedError,
    UnexpectedAnswerError,
    UpstreamError,
)
from collectarr.sources import Credential
from collectarr.store import abilities, servers, source_accounts
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.source_accounts import StoredAccount
from collectarr.store.webhooks import webhook_of
from collectarr.sync.accounts import read_before, with_facts
from collectarr.sync.bridge import Bridge
from collectarr.sync.outside import Outside
from collectarr.vault import Vault

LONGEST_SERVER_NAME = 80


async def test_server(outside: Outside, user_id: int, name: str, url: str, api_key: str) -> Check:
    """Is there an Emby server, does it take the key, is there an administrator, are there
    libraries? Raises InvalidError or UpstreamError in words for each failure.
    """
    return (await find_server(outside, user_id, name, url, api_key))[1]


async def find_server(
    outside: Outside, user_id: int, name: str, url: str, api_key: str
) -> tuple[str, Check]:
    """The address under which a server that was named by `url` answers, and how its test went.

    That is the one with `/emby`, unless a Jellyfin answers only without it.
    """
    address = normalise_server_url(url)
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or len(key) > 200:
        raise InvalidError(
            "Paste the API key as Emby shows it under Settings, API Keys.",
            code="key",
            details={"fields": {"api_key": "This is no API key."}},
        )
    shown = name or "The server"
    try:
        return address, await outside.stranger(user_id, shown, address, key).check()
    except UnexpectedAnswerError as error:
        bare = address.removesuffix("/emby")
        if error.details.get("kind") != "jellyfin":
            if await _wants_tls(outside, user_id, shown, address):
                raise _other_scheme(address) from error
            raise
        return bare, await outside.stranger(user_id, shown, bare, key).check()
    except UpstreamError as error:
        if error.code == "cut" and await _wants_tls(outside, user_id, shown, address):
            raise _other_scheme(address) from error
        raise


async def _wants_tls(outside: Outside, user_id: int, name: str, address: str) -> bool:
    """Whether what gives no sense to plain http speaks TLS at the same port."""
    if not address.startswith("http://"):
        return False
    twin = outside.stranger(user_id, name, f"https{address.removeprefix('http')}", "")
    try:
        await twin.ask(PUBLIC_INFO, with_key=False)
    except UpstreamError as error:
        return error.code == "certificate"
    return True


def _other_scheme(address: str) -> RejectedError:
    return RejectedError(
        f"What answers there speaks https only. Begin the address with https://, as in"
        f" https{address.removeprefix('http').removesuffix('/emby')}.",
        code="https_needed",
    )


async def connect_server(
    db: Database,
    vault: Vault,
    outside: Outside,
    user_id: int,
    *,
    name: str | None,
    url: str,
    api_key: str,
) -> Server:
    """Keep a server that passed its test. `name` None: what the server calls itself."""
    address, check = await find_server(outside, user_id, name or "", url, api_key)
    chosen = _shown(name or "") or _shown(check.facts.name) or "Emby"
    server = await servers.add_server(
        db,
        user_id,
        name=chosen,
        kind=check.facts.kind,
        url=address,
        api_key=vault.seal(api_key.strip()),
        uid=check.facts.uid,
        version=check.facts.version,
        admin_user_id=check.admin_user_id,
        libraries=check.libraries,
    )
    await _remember(db, server, check)
    return await servers.get_server(db, user_id, server.id)


async def _remember(db: Database, server: Server, check: Check) -> None:
    """What a test tells beside what every reading of a server does."""
    await abilities.record_abilities(db, server.id, {"libraries_call": check.libraries_call})


async def change_server(
    db: Database,
    vault: Vault,
    outside: Outside,
    server: Server,
    *,
    name: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
) -> Server:
    """None: as it was. A new address or key must lead to the same server.

    The stored key is sent nowhere but to where it was meant for: raises RejectedError (key_needed)
    for an address on another machine or port without a key. Nor is the token of whoever is signed
    in: they sign in again.
    """
    address = server.url if url is None else normalise_server_url(url)
    moved = origin_of(address) != origin_of(server.url)
    if api_key is None and moved:
        text = "Type the API key again: the one that is stored is not sent to another address."
        raise RejectedError(text, code="key_needed", details={"fields": {"api_key": text}})
    key = vault.open(server.api_key) if api_key is None else api_key.strip()
    if url is not None or api_key is not None:
        address, check = await find_server(
            outside, server.user_id, name or server.name, address, key
        )
        if check.facts.uid != server.uid:
            raise RejectedError(
                f"That is another server ({check.facts.name}). Add it as a new one instead.",
                code="server_changed",
            )
        await servers.record_check(
            db, server.id, version=check.facts.version, admin_user_id=check.admin_user_id
        )
    clean = _shown(name or "") or server.name
    await servers.update_server(
        db, server.id, name=clean, url=address, api_key=vault.seal(key), signed_in=not moved
    )
    return await servers.get_server(db, server.user_id, server.id)


def address_of(url: str) -> str:
    """The address that somebody means by `url`. Raises InvalidError."""
    return normalise_server_url(url)


def _shown(name: str) -> str:
    """Without what could not be seen, or would turn the words around it about."""
    return plain_text(name)[:LONGEST_SERVER_NAME].rstrip()


async def check_server(db: Database, outside: Outside, server: Server) -> Check:
    """Test a kept server again and remember how it went."""
    try:
        check = await _checked(db, outside, server)
        if check.facts.uid != server.uid:
            raise RejectedError(
                f"At this address another server answers now ({check.facts.name}).",
                upstream=server.name,
                code="server_changed",
            )
    except CollectarrError as error:
        await servers.record_contact(db, server.id, error.message)
        raise
    await servers.record_check(
        db, server.id, version=check.facts.version, admin_user_id=check.admin_user_id
    )
    await servers.save_libraries(db, server.id, check.libraries)
    await _remember(db, server, check)
    client = outside.emby(server)
    if client.user_token and not await session_holds(client, client.user_token):
        await abilities.end_sign_in(db, server.id, server.user_token or "")
    return check


async def _checked(db: Database, outside: Outside, server: Server) -> Check:
    """A Jellyfin that no longer answers under `/emby` is kept without it from now on."""
    try:
        return await outside.emby(server).check()
    except UnexpectedAnswerError as error:
        if error.details.get("kind") != "jellyfin":
            raise
    bare = replace(server, url=server.url.removesuffix("/emby"))
    check = await outside.emby(bare).check()
    await servers.update_server(
        db, server.id, name=server.name, url=bare.url, api_key=server.api_key
    )
    return check


async def sign_in(
    db: Database, vault: Vault, outside: Outside, server: Server, username: str, password: str
) -> Server:
    """Sign in to a server as one of its administrators, in place of whoever was before.

    The password is sent there and nowhere kept. Raises InvalidError and UpstreamError in words.
    """
    name = username.strip()
    if not name or len(name) > 200 or len(password) > 500:
        text = "Type the name and the password of an administrator of this server."
        raise InvalidError(text, code="sign_in", details={"fields": {"username": text}})
    client = outside.emby(server)
    session = await open_session(client, name, password, outside.device(server))
    if client.user_token and client.user_token != session.token:
        await close_session(client, client.user_token)
    sealed = vault.seal(session.token)
    await abilities.keep_sign_in(db, server.id, session.user_name, sealed)
    return await servers.get_server(db, server.user_id, server.id)


async def sign_out(db: Database, outside: Outside, server: Server) -> bool:
    """Forget whoever is signed in; whether the server heard of it."""
    client = outside.emby(server)
    token = client.user_token
    await abilities.drop_sign_in(db, server.id)
    return token is None or await close_session(client, token)


async def forget_server(db: Database, outside: Outside, bridge: Bridge, server: Server) -> None:
    """In Emby everything stays but our session, and our notification: nobody would hear it."""
    if await webhook_of(db, server.id) is not None:
        # Before the sign-out: it may need whoever is signed in. What fails stays behind in Emby.
        await bridge.remove(server)
    await sign_out(db, outside, server)
    await servers.delete_server(db, server.id)


async def connect_source(
    db: Database, vault: Vault, outside: Outside, user_id: int, source: str, secret: str
) -> StoredAccount:
    """Keep a user's key at a source once it proved good."""
    clean, known = secret.strip(), outside.sources.get(source)
    if known is None or known.sign_in != "key":
        raise InvalidError(f"{source[:40]!r} is no source that takes a key.", code="unknown_source")
    if not clean or not clean.isascii() or not clean.isprintable() or len(clean) > 200:
        raise InvalidError("Paste the key as the site shows it.", code="key")
    account = await known.account(Credential(clean, user_id))
    outside.accounts.proved(source, clean, account)
    before = await source_accounts.find_account(db, user_id, source)
    stored = with_facts(StoredAccount(source, vault.seal(clean)), account)
    stored = replace(stored, read_at=read_before(before, account))
    return await source_accounts.save_account(db, user_id, stored)
