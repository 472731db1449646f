"""Attacks on tokens: void is what was not signed here, for this use, for a session that lives."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from collectarr.app import open_services
from collectarr.auth import COOKIE
from collectarr.errors import InvalidError, StoreError
from collectarr.models import utc_now
from collectarr.settings import Settings, load_settings
from collectarr.store.db import stamp
from collectarr.tokens import LEEWAY, Claims, Signer
from tests.conftest import MakeClient
from tests.people import Client, Person, problem, services_of, sign_in

SECRET = "a secret of sixty-four bytes or more, which is what HS512 asks for, at least"
LIFE = timedelta(minutes=15)
ME = "/api/v1/auth/me"


@pytest.fixture
def signer() -> Signer:
    return Signer(SECRET)


def token_of(signer: Signer, **more: Any) -> str:
    return signer.sign("api", 1, "session", more.pop("now", utc_now()), more.pop("lifetime", LIFE))


def changed(token: str, **claims: Any) -> str:
    """The same token with other claims, signed with our own secret; None leaves one out."""
    told = {**jwt.decode(token, options={"verify_signature": False}), **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, SECRET, algorithm="HS256")


def part(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def test_a_token_says_whose_it_is_and_which_session(signer: Signer) -> None:
    now = utc_now().replace(microsecond=0)
    told = signer.read(token_of(signer, now=now), "api")
    assert told == Claims("1", "session", now + LIFE + LEEWAY)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"aud": "browser"},
        {"aud": ["api", "browser"]},
        {"aud": ["api"]},
        {"exp": 1},
        {"exp": "never"},
        {"exp": 10**30},
        {"nbf": 99999999999},
        {"iat": 99999999999},
        {"sub": 1},
        {"sid": 1},
        {"sid": ["session"]},
        *({name: None} for name in ("iss", "aud", "sub", "sid", "iat", "exp")),
    ],
    ids=str,
)
def test_each_claim_is_needed_and_looked_at(signer: Signer, claims: dict[str, Any]) -> None:
    token = token_of(signer)
    assert signer.read(changed(token), "api") is not None
    assert signer.read(changed(token, **claims), "api") is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_our_secret(signer: Signer, algorithm: str) -> None:
    claims = jwt.decode(token_of(signer), options={"verify_signature": False})
    assert signer.read(jwt.encode(claims, SECRET, algorithm=algorithm), "api") is None


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS256", "RS256"])
def test_a_token_without_a_signature_is_refused_whatever_it_claims(
    signer: Signer, name: str
) -> None:
    _, claims, _ = token_of(signer).split(".")
    header = part({"alg": name, "typ": "JWT"})
    assert signer.read(f"{header}.{claims}.", "api") is None
    assert signer.read(f"{header}.{claims}", "api") is None


def test_a_key_that_the_token_itself_brings_is_not_used(signer: Signer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    claims = jwt.decode(token_of(signer), options={"verify_signature": False})
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    for headers in ({"jwk": jwk}, {"jku": "https://evil.example/keys"}, {"kid": "../../dev/null"}):
        forged = jwt.encode(claims, pem, algorithm="RS256", headers=headers)
        assert signer.read(forged, "api") is None


def _broken(token: str) -> Iterator[str]:
    header, claims, signature = token.split(".")
    yield from ("", ".", "..", "a.b.c", "x" * 5000, "\udcff", "é.é.é", "\0", token + ".x")
    yield f"{header}.{part({'sub': '2'})}.{signature}"
    yield f"{header}.{claims}.{signature[:-4]}AAAA"
    yield f"{header}.{claims}.{signature[:10]}"
    yield f"{part([1])}.{claims}.{signature}"
    yield f"{part({'alg': ['HS256']})}.{claims}.{signature}"
    yield f"{header}.{part('text')}.{signature}"


def test_whatever_was_touched_or_is_no_token_is_refused(signer: Signer) -> None:
    for token in _broken(token_of(signer)):
        assert signer.read(token, "api") is None, ascii(token[:80])


def test_another_secret_signs_nothing_here(signer: Signer) -> None:
    assert signer.read(token_of(Signer(SECRET[::-1])), "api") is None


def test_a_clock_that_was_set_back_a_little_is_borne_and_no_more(signer: Signer) -> None:
    now = utc_now()
    ahead = LEEWAY - timedelta(seconds=5)
    assert signer.read(token_of(signer, now=now + ahead), "api") is not None
    assert signer.read(token_of(signer, now=now + LEEWAY * 3), "api") is None
    assert signer.read(token_of(signer, now=now - LIFE - ahead), "api") is not None
    assert signer.read(token_of(signer, now=now - LIFE - LEEWAY * 3), "api") is None


def test_a_secret_under_32_bytes_signs_nothing() -> None:
    with pytest.raises(StoreError, match="32 bytes"):
        Signer("x" * 31)
    Signer("x" * 32)
    with pytest.raises(InvalidError, match="JWT_SECRET"):
        load_settings(jwt_secret="x" * 31)


async def test_a_secret_file_cut_short_stops_the_start(settings: Settings) -> None:
    (settings.data_dir / "jwt.secret").write_text("short", encoding="ascii")
    with pytest.raises(StoreError, match=r"jwt\.secret"):
        async with open_services(settings, jobs=False):
            pass


# At the real app


async def _tried(client: Client, token: str) -> int:
    """The highest status of the ways to send a token: as a bearer and as a cookie."""
    bearer = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    cookie = await client.get(ME, headers={"Cookie": f"{COOKIE}={token}"})
    assert {bearer.status, cookie.status} <= {200, 401}
    return min(bearer.status, cookie.status)


async def test_a_forged_token_opens_nothing(make_client: MakeClient, data_dir: Path) -> None:
    (data_dir / "jwt.secret").write_text(SECRET.replace(" ", "-"), encoding="ascii")
    client = await make_client()
    await services_of(client).auth.set_up("anna", None, "three words or more", token="", local=True)
    anna = await sign_in(client, "anna")
    claims = jwt.decode(anna.access, options={"verify_signature": False})
    secret = SECRET.replace(" ", "-")
    assert await _tried(client, jwt.encode(claims, secret, algorithm="HS256")) == 200
    forged = [
        jwt.encode({**claims, "aud": "browser"}, secret, algorithm="HS256"),
        jwt.encode({**claims, "sub": "2"}, secret, algorithm="HS256"),
        jwt.encode({**claims, "sid": "another"}, secret, algorithm="HS256"),
        jwt.encode({**claims, "exp": 1}, secret, algorithm="HS256"),
        jwt.encode(claims, "y" * 64, algorithm="HS256"),
        jwt.encode(claims, secret * 2, algorithm="HS512"),
        jwt.encode(claims, None, algorithm="none"),
    ]
    for token in forged:
        assert await _tried(client, token) == 401


async def test_a_token_ends_with_its_session_its_user_and_its_streams(
    client: Client, anna: Person, ben: Person
) -> None:
    stream = await anna.call("GET", "/events")
    await services_of(client).auth.end_sessions(anna.id)
    await asyncio.wait_for(stream.content.read(), 5)
    await problem(await anna.call("GET", "/auth/me"), 401, "sign_in")
    async with services_of(client).db.write() as tx:
        await tx.run("DELETE FROM users WHERE id = ?", ben.id)
    await problem(await ben.call("GET", "/auth/me"), 401, "sign_in")


async def test_an_expired_session_makes_its_token_void(client: Client, anna: Person) -> None:
    async with services_of(client).db.write() as tx:
        await tx.run("UPDATE sessions SET expires_at = ?", stamp(utc_now()))
    await problem(await anna.call("GET", "/auth/me"), 401, "sign_in")


async def test_a_refresh_token_from_long_ago_ends_the_session_of_whoever_stole_it(
    client: Client, anna: Person
) -> None:
    """Also one that was replaced twice since, and is known by nothing but its session."""
    latest = anna.refresh
    for _ in range(3):
        response = await client.post("/api/v1/auth/refresh", json={"refresh_token": latest})
        latest = (await response.json())["refresh_token"]
    async with services_of(client).db.write() as tx:
        await tx.run("DELETE FROM spent_tokens")
    stolen = await client.post("/api/v1/auth/refresh", json={"refresh_token": anna.refresh})
    await problem(stolen, 401, "refresh_reused")
    late = await client.post("/api/v1/auth/refresh", json={"refresh_token": latest})
    await problem(late, 401, "refresh")
    await problem(await anna.call("GET", "/auth/me"), 401, "sign_in")


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(
    client: Client, anna: Person
) -> None:
    assert await _tried(client, anna.refresh) == 401
    response = await client.post("/api/v1/auth/refresh", json={"refresh_token": anna.access})
    await problem(response, 401, "refresh")
    assert (await anna.call("GET", "/auth/me")).status == 200


async def test_a_token_is_not_taken_from_an_address(client: Client, anna: Person) -> None:
    for name in ("token", "access_token", "api_key", "jwt"):
        await problem(await client.get(f"{ME}?{name}={anna.access}"), 401, "sign_in")
