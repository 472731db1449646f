"""Is this an Emby server that we may work with? Four steps, each with its own advice."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from collectarr.emby.names import plain_text
from collectarr.emby.rows import Row, library_from
from collectarr.emby.wire import PUBLIC_INFO, Wire
from collectarr.errors import RejectedError, UnexpectedAnswerError
from collectarr.http import Answer
from collectarr.models import Library

_WITHOUT_PREFIX = {
    "emby": "A proxy seems to pass on only a part: let it pass on /emby too, or enter the address"
    " of Emby itself.",
    "jellyfin": "Test the server again in its settings: it is then found there.",
}
_LIBRARIES = {"query": "/Library/VirtualFolders/Query", "bare": "/Library/VirtualFolders"}


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`uid` is the server's own id, by which the same machine is known again."""

    uid: str
    name: str
    version: str
    kind: Literal["emby", "jellyfin"]


@dataclass(frozen=True, slots=True)
class Check:
    facts: ServerFacts
    admin_user_id: str
    libraries: tuple[Library, ...]
    latency_ms: int
    libraries_call: str = ""


class Checking(Wire):
    """What there is to know about a server before its items are read.

    `libraries_call`: which of the two calls lists its libraries (query, bare), once known.
    """

    libraries_call = ""

    async def check(self) -> Check:
        """Reachable, key, administrator, libraries, in this order.

        Raises UnavailableError if nothing answers, UnexpectedAnswerError (not_emby) if
        something else does, RejectedError (key, administrator, server_changed, …) if it is
        Emby but does not let us in.
        """
        began = time.monotonic()
        # Whoever answers has not yet said what it is: it does not get our key.
        answer = await self.ask(PUBLIC_INFO, with_key=False)
        latency = round((time.monotonic() - began) * 1000)
        public = await self._public(answer)
        facts = _facts(public)
        if facts is None:
            raise self._not_emby(answer)
        self.same_server(facts.uid)
        await self._check_key(facts)
        user_id = await self._find_administrator()
        libraries = await self.libraries()
        return Check(facts, user_id, libraries, latency, self.libraries_call)

    async def _public(self, answer: Answer) -> Any:
        if answer.status == 404:
            # "/emby/.." is resolved before it is sent: the same address without "/emby".
            bare = await self.ask("/.." + PUBLIC_INFO, with_key=False)
            facts = _facts(_json(bare)) if bare.ok else None
            if facts is not None:
                raise UnexpectedAnswerError(
                    f"{facts.kind.capitalize()} answers at this address, but not under /emby."
                    f" {_WITHOUT_PREFIX[facts.kind]}",
                    upstream=self.name,
                    code="path",
                    http_status=404,
                    details={"kind": facts.kind},
                )
        if 300 <= answer.status < 400:
            raise self.refusal(answer)
        if not answer.ok:
            raise self._not_emby(answer)
        return _json(answer)

    def _not_emby(self, answer: Answer) -> UnexpectedAnswerError:
        page = "html" in answer.headers.get("Content-Type", "")
        what = "a web page" if page and answer.ok else f"HTTP {answer.status}"
        if answer.status in (401, 403):
            what += ": a proxy there seems to ask for a sign-in of its own"
        return UnexpectedAnswerError(
            f"Something answers there, but it is not Emby or Jellyfin ({what}). Is the port right"
            " (8096 by default), and does the address need a path?",
            upstream=self.name,
            code="not_emby",
            http_status=answer.status,
        )

    async def _check_key(self, facts: ServerFacts) -> None:
        answer = await self.read("/System/Info")
        info = _json(answer)
        if not isinstance(info, dict) or info.get("Id") not in (None, facts.uid):
            raise self._not_emby(answer)

    async def user(self) -> str:
        """The administrator to read as."""
        if self.user_id is None:
            return await self._find_administrator()
        return self.user_id

    async def _find_administrator(self) -> str:
        """One who sees all folders: anybody else would see fewer members than there are.

        The bare path first: Emby 3.2 answers the other with 500, Jellyfin with 400.
        """
        try:
            users, _ = self.rows((await self.read_first("/Users", "/Users/Query"))[1])
        except RejectedError as error:
            if error.code in ("forbidden", "not_found"):
                raise self._no_administrator() from None
            raise
        fitting = [row for row in users if sees_everything(row)]
        if not fitting:
            raise self._no_administrator()
        self.user_id = _preferred(fitting, self.user_id)
        return self.user_id

    def _no_administrator(self) -> RejectedError:
        return RejectedError(
            f"{self.name} shows no administrator who sees all libraries. Give one administrator"
            " access to all libraries in Emby under Users, and use an API key.",
            upstream=self.name,
            code="administrator",
        )

    async def libraries(self) -> tuple[Library, ...]:
        """All of them, as Emby orders them. Emby 4.8 has the first path, older ones the other."""
        calls = dict(_LIBRARIES)
        if self.libraries_call in calls:
            calls = {self.libraries_call: calls.pop(self.libraries_call), **calls}
        path, data = await self.read_first(*calls.values())
        self.libraries_call = next(word for word in calls if calls[word] == path)
        found = (library_from(row) for row in self.rows(data)[0])
        return tuple(library for library in found if library is not None)


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except UnexpectedAnswerError:
        return None


def _facts(info: Any) -> ServerFacts | None:
    if not isinstance(info, dict) or not info.get("Id") or not info.get("Version"):
        return None
    product = str(info.get("ProductName") or "")
    return ServerFacts(
        uid=str(info["Id"]),
        name=plain_text(str(info.get("ServerName") or "")) or "Emby",
        version=plain_text(str(info["Version"])),
        kind="jellyfin" if "jellyfin" in product.casefold() else "emby",
    )


def sees_everything(user: Row) -> bool:
    """Whether this is an administrator from whom no library is hidden."""
    policy = user.get("Policy") or {}
    return bool(policy.get("IsAdministrator")) and policy.get("EnableAllFolders") is not False


def _preferred(users: Sequence[Row], wanted: str | None) -> str:
    """The one chosen before if it still fits, else the first who is neither disabled nor hidden."""

    def unfitness(user: Row) -> tuple[bool, bool, bool]:
        policy = user.get("Policy") or {}
        return (
            str(user["Id"]) != wanted,
            bool(policy.get("IsDisabled")),
            bool(policy.get("IsHidden")),
        )

    return str(min(users, key=unfitness)["Id"])
