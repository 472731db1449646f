"""What passwords are refused, that signing in tells nothing, and who stays administrator."""

import asyncio
import io

import bcrypt
import pytest

from collectarr import accounts
from collectarr.accounts import AccountChange
from collectarr.commands import user as command
from collectarr.errors import CollectarrError, ConflictError, InvalidError
from collectarr.guessable import is_guessable
from collectarr.settings import Settings
from collectarr.store import accounts as stored
from collectarr.store import audit, lists, users
from tests.conftest import MakeClient
from tests.people import PASSWORD, Client, Person, services_of, sign_up
from tests.stored import info, opened, person

# Passwords that are tried first


@pytest.mark.parametrize(
    "password",
    [
        *("password123", "Password1!", "p@ssw0rd2026", "P@$$w0rd123", "ｐａｓｓｗｏｒｄ１２３"),
        *("password-password", "passwordpassword", "2026password", "iloveyou123", "letmein1234"),
        *("collectarr", "Collectarr2026!", "C0llectarr!", "collectarr-1", "embyserver1"),
        *("1234567890", "0987654321", "12345678910", "123123123123", "1111111111", "987654321987"),
        *(
            "qwertyuiop",
            "QWERTYUIOP1",
            "qwertz123456",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "qweasdzxc1",
        ),
        *("aaaaaaaaaaaa", "abcabcabcabc", "abcdefghij", "11111222223", "!!!!!!!!!!!!"),
        *("correcthorsebatterystaple", "Correct Horse Battery Staple", "changeme123!"),
    ],
)
def test_a_well_known_password_is_refused(password: str) -> None:
    assert is_guessable(password)


@pytest.mark.parametrize(
    "password",
    [
        *("three words or more", "another good one", "the quick brown fox", "blue lamp on a shelf"),
        *(
            "dragons eat 17 cherries",
            "mühsam ernährt sich",
            "я люблю читать",
            "日本語のパスワード長い",
        ),
        *("x9$kLm2#pQ7z", "8429#1947dragon77361", "collectarr-demo", "tXk2-99fp-Lm3q"),
    ],
)
def test_a_password_of_ones_own_is_accepted(password: str) -> None:
    assert not is_guessable(password, "anna", "anna@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "benjamin.k",
        "Benjamin.K 1987",
        "ben@example.org",
        "BEN@EXAMPLE.ORG",
        "benjamink!!!",
        "ben-1234567",
    ],
)
def test_ones_own_name_or_address_is_no_password(password: str) -> None:
    assert is_guessable(password, "Benjamin.K", "ben@example.org")
    assert not is_guessable(f"{password} and more", "Benjamin.K", "ben@example.org")


async def test_every_way_to_a_password_refuses_a_well_known_one(
    client: Client, anna: Person, ben: Person
) -> None:
    bad = "Password2026!"
    asked = [
        ("POST", "/users", {"username": "carl", "password": bad}),
        ("PATCH", f"/users/{ben.id}", {"password": bad}),
        ("POST", "/auth/password", {"current": PASSWORD, "password": bad}),
    ]
    for method, path, body in asked:
        response = await anna.call(method, path, body)
        data = await response.json()
        assert (response.status, data["error"]["code"]) == (400, "common_password"), path
        assert "password" in data["error"]["details"]["fields"]
        assert bad not in str(data)


async def test_the_command_keeps_the_same_rules(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for typed in ("password123\n", "anna.the.first\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(InvalidError) as caught:
            await command.add(settings, "Anna.the.first", None, administrator=False)
        assert caught.value.code == "common_password"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    await command.add(settings, "anna", None, administrator=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("anna123456\n"))
    with pytest.raises(InvalidError):
        await command.reset_password(settings, "anna")
    async with opened(settings.data_dir) as db:
        found, total = await audit.list_entries(db)
    assert total == 1
    assert (found[0].action, found[0].subject, found[0].actor) == ("user_created", "anna", None)
    assert "command" in found[0].details.values()


# Signing in


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The cost of each comparison, as bcrypt does them."""
    done: list[bytes] = []
    real = bcrypt.checkpw

    def counted(password: bytes, hashed: bytes) -> bool:
        done.append(hashed[:7])
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return done


async def test_unknown_names_cost_as_much_and_answer_the_same_as_wrong_passwords(
    client: Client, anna: Person, hashings: list[bytes]
) -> None:
    answers = set()
    names = ("anna", "ANNA", "nobody", "nobody@example.org", "x" * 300, "' OR 1=1 --", "ñ")
    for name in names:
        body = {"username": name, "password": "not the one " * 20}
        response = await client.post("/api/v1/auth/login", json=body)
        answers.add((response.status, await response.text()))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
    assert hashings == [b"$2b$04$"] * len(names)


async def test_name_and_address_sign_in_alike(
    client: Client, anna: Person, hashings: list[bytes]
) -> None:
    auth = services_of(client).auth
    await auth.add_user("ben", "ben@example.org", PASSWORD, "user")
    for name in ("ben", "BEN", "ben@example.org", "Ben@Example.ORG"):
        assert (await auth.check_password(name, PASSWORD, "here")).user.username == "ben"
    assert len(hashings) == 4


# The last administrator


async def test_two_administrators_who_remove_each_other_leave_one(client: Client) -> None:
    anna, ben = await sign_up(client, "anna"), await sign_up(client, "ben")
    services = services_of(client)
    for act in (
        lambda who: stored.change_user(services.db, who.id, role="user"),
        lambda who: stored.delete_user(services.db, who.id),
    ):
        ended = await asyncio.gather(act(anna), act(ben), return_exceptions=True)
        refused = [one for one in ended if isinstance(one, CollectarrError)]
        assert [one.code for one in refused] == ["last_administrator"]
        left = await users.list_users(services.db)
        assert [user.is_administrator for user in left].count(True) == 1
        for user in left:
            await stored.change_user(services.db, user.id, role="administrator")


async def test_nothing_of_a_refused_change_is_kept(client: Client, anna: Person) -> None:
    services = services_of(client)
    with pytest.raises(ConflictError):
        await stored.change_user(services.db, anna.id, username="eve", email="e@e", role="user")
    user = await users.get_user(services.db, anna.id)
    assert (user.username, user.email, user.role) == ("anna", None, "administrator")


# What is left of somebody who is gone


async def test_an_id_is_never_given_again(client: Client, anna: Person, ben: Person) -> None:
    services = services_of(client)
    await accounts.remove_user(services, ben.id)
    carl = await services.auth.add_user("carl", None, PASSWORD, "user")
    await accounts.remove_user(services, carl.id)
    again = await services.auth.add_user("ben", None, PASSWORD, "user")
    assert [anna.id, ben.id, carl.id, again.id] == [1, 2, 3, 4]


async def test_lists_read_with_ones_own_credentials_go_too(client: Client, anna: Person) -> None:
    services = services_of(client)
    gone = await person(services.db, "gone")
    await lists.save_list(services.db, gone.id, info("private", public=False))
    await accounts.remove_user(services, gone.id)
    assert await services.db.value("SELECT count(*) FROM lists") == 0


async def test_all_that_is_open_ends_with_the_user(
    client: Client, anna: Person, ben: Person
) -> None:
    stream = await ben.call("GET", "/events")
    key = {"X-Api-Key": (services_of(client).settings.data_dir / "local.key").read_text("ascii")}
    other = await client.get("/api/v1/events", headers={**key, "X-Collectarr-User": "ben"})
    await accounts.remove_user(services_of(client), ben.id)
    await asyncio.wait_for(asyncio.gather(stream.content.read(), other.content.read()), 5)
    assert (await ben.call("GET", "/auth/me")).status == 401
    refresh = await client.post("/api/v1/auth/refresh", json={"refresh_token": ben.refresh})
    assert refresh.status == 401


# Invitations


async def test_whoever_is_no_administrator_any_more_has_invited_nobody(
    make_client: MakeClient,
) -> None:
    client = await make_client(registration="invite")
    anna, ben = await sign_up(client, "anna"), await sign_up(client, "ben")
    services = services_of(client)
    by = {user.username: user for user in await users.list_users(services.db)}
    _, token = await accounts.invite(services, by["ben"], "administrator", None)
    _, other = await accounts.invite(services, by["anna"], "user", None)
    await accounts.change_user(services, by["anna"], ben.id, AccountChange(role="user"))
    assert await accounts.find_invite(services, token) is None
    assert await accounts.find_invite(services, other) is not None
    await stored.change_user(services.db, ben.id, role="administrator")
    await accounts.remove_user(services, anna.id)
    assert await accounts.find_invite(services, other) is None
