"""A create that is sent again with its Idempotency-Key gets the first answer again."""

import asyncio
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
    ) -> web.Response:
        """`asked` tells requests apart: a key that came with another one raises ConflictError.

        A create that failed is not kept: sent again, it is tried again.
        """
        if _KEY.fullmatch(key) is None:
            raise InvalidError(f"{HEADER}: give 1 to 200 plain characters without spaces.")
        hashed = fingerprint(key)
        async with self._turns.setdefault(f"{user_id} {hashed}", asyncio.Lock()):
            kept = await find_answer(db, user_id, hashed)
            if kept is None:
                response = await create()
                answer = StoredAnswer(fingerprint(asked), response.status, response.text or "")
                await save_answer(db, user_id, hashed, answer)
                return response
        if kept.asked != fingerprint(asked):
            raise ConflictError(
                f"This {HEADER} was used for another request. Take a new one for each.",
                code="idempotency_key",
            )
        return web.Response(text=kept.answer, status=kept.status, content_type="application/json")


ONCE = web.AppKey("once", Once)
