"""Connecting an account by a code on another screen, and through the browser."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from collectarr.errors import ConflictError, InvalidError, NotFoundError, RejectedError
from collectarr.store.audit import list_entries
from collectarr.store.source_accounts import find_account
from collectarr.store.users import add_user
from collectarr.sync.sign_in import DeviceSignIn, SignIns
from tests.flows.world import World
from tests.sync.account import Trakt, trakt_of

BACK = "https://collectarr.example.org/api/v1/sources/trakt/callback"


@pytest.fixture
async def trakt(world: World) -> AsyncIterator[Trakt]:
    async with trakt_of(world) as trakt:
        yield trakt


@pytest.fixture
def changed() -> list[tuple[int, str]]:
    """Whose account is another one now."""
    return []


@pytest.fixture
async def sign_ins(
    world: World, trakt: Trakt, changed: list[tuple[int, str]]
) -> AsyncIterator[SignIns]:
    sources = {**world.outside.sources, "trakt": trakt.source}
    made = SignIns(world.db, trakt.accounts, sources, world.live, lambda *who: changed.append(who))
    yield made
    await made.close()


def decide(trakt: Trakt, one: DeviceSignIn, decision: str) -> None:
    device = trakt.stand_in.sessions.find(one.code.user_code)
    assert device is not None
    device.decision, device.user = decision, "demo"


async def ended(sign_ins: SignIns, one: DeviceSignIn) -> DeviceSignIn:
    async with asyncio.timeout(20):
        await sign_ins.wait(one.id)
    return one


async def test_a_code_that_is_typed_elsewhere_connects_the_account(
    world: World, trakt: Trakt, sign_ins: SignIns, changed: list[tuple[int, str]]
) -> None:
    one = await sign_ins.start(world.user.id, "trakt")
    assert one.state == "pending"
    decide(trakt, one, "approve")
    async with world.live.listen(world.user.id, "here") as events:
        await ended(sign_ins, one)
        event = await events.get()
    assert (one.state, one.username) == ("connected", "Demo")
    assert event is not None
    assert (event.name, event.data["state"]) == ("sign-in", "connected")
    assert (await trakt.kept()).username == "Demo"
    assert (await trakt.source.account(await trakt.credential())).username == "Demo"
    assert changed == [(world.user.id, "trakt")]
    entries, _ = await list_entries(world.db)
    assert [entry.action for entry in entries] == ["source_key_set"]


@pytest.mark.parametrize(("decision", "state"), [("deny", "denied"), ("expire", "expired")])
async def test_a_code_that_leads_nowhere_says_so(
    world: World, trakt: Trakt, sign_ins: SignIns, decision: str, state: str
) -> None:
    one = await sign_ins.start(world.user.id, "trakt")
    if decision == "expire":
        next(iter(trakt.stand_in.sessions.devices.values())).expires_at = 0
    else:
        decide(trakt, one, decision)
    await ended(sign_ins, one)
    assert one.state == state
    assert one.message
    assert await find_account(world.db, world.user.id, "trakt") is None


async def test_a_source_that_stumbles_meanwhile_does_not_end_it(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    trakt.stand_in.fail("/oauth/device/token", status=503, times=1)
    one = await sign_ins.start(world.user.id, "trakt")
    decide(trakt, one, "approve")
    assert (await ended(sign_ins, one)).state == "connected"


async def test_an_account_is_kept_even_if_nobody_can_say_whose_it_is(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    trakt.stand_in.fail("/users/settings", status=500, times=None)
    one = await sign_ins.start(world.user.id, "trakt")
    decide(trakt, one, "approve")
    assert ((await ended(sign_ins, one)).state, one.username) == ("connected", None)
    assert (await trakt.credential()).secret is not None


async def test_a_new_code_makes_the_one_before_it_void(world: World, sign_ins: SignIns) -> None:
    first = await sign_ins.start(world.user.id, "trakt")
    second = await sign_ins.start(world.user.id, "trakt")
    assert sign_ins.latest(world.user.id, "trakt") is second
    with pytest.raises(NotFoundError):
        sign_ins.get(world.user.id, first.id)


async def test_a_sign_in_of_somebody_else_is_none(world: World, sign_ins: SignIns) -> None:
    one = await sign_ins.start(world.user.id, "trakt")
    ben = await add_user(world.db, "ben", None, "hash", "user")
    with pytest.raises(NotFoundError):
        sign_ins.get(ben.id, one.id)
    assert sign_ins.latest(ben.id, "trakt") is None


async def test_who_gives_up_is_not_connected_later(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    one = await sign_ins.start(world.user.id, "trakt")
    decide(trakt, one, "approve")
    sign_ins.give_up(world.user.id, "trakt")
    await sign_ins.close()
    assert sign_ins.latest(world.user.id, "trakt") is None
    assert await find_account(world.db, world.user.id, "trakt") is None


async def test_a_source_with_keys_has_no_codes(world: World, sign_ins: SignIns) -> None:
    with pytest.raises(InvalidError):
        await sign_ins.start(world.user.id, "mdblist")
    with pytest.raises(NotFoundError):
        await sign_ins.start(world.user.id, "nowhere")


def state_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def allowed(trakt: Trakt, address: str) -> str:
    """The code that the source sends the browser back with."""
    asked = parse_qs(urlsplit(address).query)
    assert asked["redirect_uri"] == [BACK]
    return trakt.stand_in.sessions.grant("demo", BACK, asked["code_challenge"][0])


async def test_a_browser_that_was_sent_out_comes_back_connected(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    address = sign_ins.set_out(world.user.id, "trakt", BACK)
    code = allowed(trakt, address)
    account = await sign_ins.come_back(
        world.user.id, "trakt", BACK, state=state_in(address), code=code
    )
    assert account.username == "Demo"
    with pytest.raises(ConflictError):
        await sign_ins.come_back(world.user.id, "trakt", BACK, state=state_in(address), code=code)


async def test_nobody_comes_back_in_the_place_of_another(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    ben = await add_user(world.db, "ben", None, "hash", "user")
    address = sign_ins.set_out(world.user.id, "trakt", BACK)
    for user_id, state in ((ben.id, state_in(address)), (world.user.id, "invented")):
        with pytest.raises(ConflictError):
            await sign_ins.come_back(
                user_id, "trakt", BACK, state=state, code=allowed(trakt, address)
            )
        assert await find_account(world.db, user_id, "trakt") is None


async def test_a_code_of_another_browser_is_refused(
    world: World, trakt: Trakt, sign_ins: SignIns
) -> None:
    theirs = allowed(trakt, sign_ins.set_out(world.user.id, "trakt", BACK))
    mine = sign_ins.set_out(world.user.id, "trakt", BACK)
    with pytest.raises(RejectedError):
        await sign_ins.come_back(world.user.id, "trakt", BACK, state=state_in(mine), code=theirs)


async def test_what_went_wrong_on_the_way_is_told_once(world: World, sign_ins: SignIns) -> None:
    sign_ins.keep_mishap(world.user.id, "trakt", "It was not allowed there.")
    assert sign_ins.mishap(world.user.id + 1, "trakt") is None
    assert sign_ins.mishap(world.user.id, "trakt") == "It was not allowed there."
    assert sign_ins.mishap(world.user.id, "trakt") is None
