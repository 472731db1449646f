"""Servers and source accounts: tested before they are kept."""

from dataclasses import replace

from collectarr.emby.client import Check, normalise_server_url, origin_of, plain_text
from collectarr.errors import CollectarrError, InvalidError, RejectedError
from collectarr.sources import Credential
from collectarr.store import servers, source_accounts
from collectarr.store.db import Database
from collectarr.store.servers import Server
from collectarr.store.source_accounts import StoredAccount
from collectarr.sync.accounts import read_before, with_facts
from collectarr.sync.outside import Outside
from collectarr.vault import Vault

LONGEST_SERVER_NAME = 80


async def test_server(outside: Outside, user_id: int, name: str, url: str, api_key: str) -> Check:
    """Is there an Emby server, does it take the key, is there an administrator, are there
    libraries? Raises InvalidError or UpstreamError in words for each failure.
    """
    address = normalise_server_url(url)
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or len(key) > 200:
        raise InvalidError(
            "Paste the API key as Emby shows it under Settings, API Keys.",
            code="key",
            details={"fields": {"api_key": "This is no API key."}},
        )
    return await outside.stranger(user_id, name or "Emby", address, key).check()


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
    check = await test_server(outside, user_id, name or "", url, api_key)
    chosen = _shown(name or "") or _shown(check.facts.name) or "Emby"
    return await servers.add_server(
        db,
        user_id,
        name=chosen,
        kind=check.facts.kind,
        url=normalise_server_url(url),
        api_key=vault.seal(api_key.strip()),
        uid=check.facts.uid,
        version=check.facts.version,
        admin_user_id=check.admin_user_id,
        libraries=check.libraries,
    )


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
    for an address on another machine or port without a key.
    """
    address = server.url if url is None else normalise_server_url(url)
    if api_key is None and origin_of(address) != origin_of(server.url):
        text = "Type the API key again: the one that is stored is not sent to another address."
        raise RejectedError(text, code="key_needed", details={"fields": {"api_key": text}})
    key = vault.open(server.api_key) if api_key is None else api_key.strip()
    if url is not None or api_key is not None:
        check = await test_server(outside, server.user_id, name or server.name, address, key)
        if check.facts.uid != server.uid:
            raise RejectedError(
                f"That is another server ({check.facts.name}). Add it as a new one instead.",
                code="server_changed",
            )
        await servers.record_check(
            db, server.id, version=check.facts.version, admin_user_id=check.admin_user_id
        )
    clean = _shown(name or "") or server.name
    await servers.update_server(db, server.id, name=clean, url=address, api_key=vault.seal(key))
    return await servers.get_server(db, server.user_id, server.id)


def _shown(name: str) -> str:
    """Without what could not be seen, or would turn the words around it about."""
    return plain_text(name)[:LONGEST_SERVER_NAME].rstrip()


async def check_server(db: Database, outside: Outside, server: Server) -> Check:
    """Test a kept server again and remember how it went."""
    try:
        check = await outside.emby(server).check()
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
    return check


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
