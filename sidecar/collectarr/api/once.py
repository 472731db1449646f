"""A create that is sent again with its Idempotency-Key gets the first answer again."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from aiohttp import web

from collectarr.errors import ConflictError, InvalidError
from collectarr.store.db import Database
from collectarr.store.idempotency import StoredAnswer, find_answer, save_answer
from collectarr.vault import fingerprint

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Once:
    """Answers in turn where two requests come with one key at the same time."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(
        self,
        db: Database,
        user_id: int,
        key: str,
        asked: str,
        create: Callable[[], Awaitable[web.Response]],
        *,
        secret: bool = False,
    ) -> web.Response:
        """`asked` tells requests apart: a key that came with another one raises ConflictError.

        A create that failed is not kept: sent again, it is tried again. An answer that is
        `secret` is not kept either; sent again, it raises ConflictError with the id of what
        was made.
        """
        if _KEY.fullmatch(key) is None:
            raise InvalidError(f"{HEADER}: give 1 to 200 plain characters without spaces.")
        hashed = fingerprint(key)
        async with self._turns.setdefault(f"{user_id} {hashed}", asyncio.Lock()):
            kept = await find_answer(db, user_id, hashed)
            if kept is None:
                response = await create()
                text = _only_id(response) if secret else response.text or ""
                answer = StoredAnswer(asked, response.status, text)
                await save_answer(db, user_id, hashed, answer)
                return response
        if kept.asked != asked:
            raise ConflictError(
                f"This {HEADER} was used for another request. Take a new one for each.",
                code="idempotency_key",
            )
        if secret:
            raise ConflictError(
                "This was made already, and what it told is told once. Delete it and make"
                " another if the answer was lost.",
                code="made_already",
                details=json.loads(kept.answer),
            )
        return web.Response(text=kept.answer, status=kept.status, content_type="application/json")


def _only_id(response: web.Response) -> str:
    return json.dumps({"id": json.loads(response.text or "{}").get("id")})


ONCE = web.AppKey("once", Once)
