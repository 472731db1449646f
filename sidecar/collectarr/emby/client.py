"""One Emby server (or Jellyfin) as the product uses it: all reads, and the few writes."""

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from collectarr.emby.check import Check, ServerFacts
from collectarr.emby.names import (
    clean_name,
    folder_of,
    normalise_server_url,
    origin_of,
    plain_text,
    same_box_set_name,
)
from collectarr.emby.reading import Delta, DeltaFilter, Reading, Sweep
from collectarr.emby.rows import MARKER, library_of, title_ids
from collectarr.emby.wire import (
    READ_SECONDS,
    WRITE_SECONDS,
    Learn,
    Proof,
    batches,
    is_item_id,
    valid_id,
)
from collectarr.errors import InvalidError, NotFoundError, RejectedError, UnexpectedAnswerError
from collectarr.http import Answer, Upstream
from collectarr.models import Requests

__all__ = [
    "MARKER",
    "Check",
    "Delta",
    "DeltaFilter",
    "EmbyClient",
    "ServerFacts",
    "Sweep",
    "batches",
    "clean_name",
    "folder_of",
    "library_of",
    "normalise_server_url",
    "origin_of",
    "plain_text",
    "same_box_set_name",
    "title_ids",
]

IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
# What Emby works out itself; sent back it costs time and can do harm.
_NOT_SENT_BACK = (
    "Chapters",
    "ChildCount",
    "ImageBlurHashes",
    "ImageTags",
    "MediaSources",
    "MediaStreams",
    "RecursiveItemCount",
    "RunTimeTicks",
    "UserData",
)


class EmbyClient(Reading):
    """Writes are sent once. Where one raises UnavailableError it may have been carried out:
    whoever writes looks before writing again. One writer at a time per server.

    `user_token` is that of a signed-in administrator, for what no key may do; `key_deletes` says
    whether a key may delete, None as long as nobody knows. `learn` is told what shows by the way.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        api_key: str,
        user_id: str | None = None,
        uid: str | None = None,
        requests: Requests | None = None,
        proof: Proof | None = None,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
        user_token: str | None = None,
        key_deletes: bool | None = None,
        learn: Learn | None = None,
    ) -> None:
        super().__init__(
            upstream,
            api_key=api_key,
            user_id=user_id,
            uid=uid,
            requests=requests,
            proof=proof,
            read_seconds=read_seconds,
            write_seconds=write_seconds,
        )
        self.user_token = user_token
        self.key_deletes = key_deletes
        self._learn = learn

    async def create_box_set(self, name: str, item_ids: Sequence[str]) -> str:
        """The id of a new box set with these members, all in one call.

        Whoever calls has looked that no box set has this name or folder (same_box_set_name):
        Emby 3.2 refuses a name that exists and renames what lies in its folder, Jellyfin
        empties it. Split longer lists with `batches` and add the rest once it has settled: an
        add right after a create can vanish. Even when this raises, a box set may be there.
        """
        if not name.strip() or not item_ids:
            raise InvalidError("A collection is created with a name and at least one title.")
        ids = ",".join(valid_id(item_id) for item_id in item_ids)
        answer = await self.write("POST", "/Collections", params={"Name": name, "Ids": ids})
        if answer.status == 400 and "already exists" in answer.text():
            raise RejectedError(
                f"{self.name} already has a collection in the folder of this name.",
                upstream=self.name,
                code="name_taken",
                http_status=400,
            )
        created = self.accepted(answer).json()
        identity = str(created.get("Id") or "") if isinstance(created, dict) else ""
        if not is_item_id(identity):
            raise UnexpectedAnswerError(
                f"{self.name} did not say which collection it created.", upstream=self.name
            )
        return identity

    async def add(self, box_set_id: str, item_ids: Iterable[str]) -> tuple[str, ...]:
        """Adds in as few calls as fit; the ids that Emby does not know or take come back.

        Adding a member again does nothing. Raises RejectedError (gone) for a box set that is
        not there.
        """
        return await self._change("POST", box_set_id, item_ids)

    async def remove(self, box_set_id: str, item_ids: Iterable[str]) -> None:
        """Takes out of the box set what of `item_ids` is in it. The items themselves stay."""
        await self._change("DELETE", box_set_id, item_ids)

    async def _change(
        self, method: str, box_set_id: str, item_ids: Iterable[str]
    ) -> tuple[str, ...]:
        path = f"/Collections/{valid_id(box_set_id)}/Items"
        unique = list(dict.fromkeys(item_ids))
        refused = [item_id for item_id in unique if not is_item_id(item_id)]
        for part in batches(item_id for item_id in unique if is_item_id(item_id)):
            refused += await self._change_part(method, path, box_set_id, part)
        return tuple(refused)

    async def _change_part(
        self, method: str, path: str, box_set_id: str, ids: list[str]
    ) -> list[str]:
        """The refused ones. One unknown id makes Emby refuse all (400), so those that it still
        knows are sent again; if it knows all, the batch is halved until the culprit stands alone.
        """
        answer = await self._send_ids(method, path, ids)
        if answer.ok:
            return []
        if answer.status == 414 and len(ids) > 1:
            return await self._halves(method, path, box_set_id, ids)
        if answer.status != 400:
            if answer.status == 404:
                await self.box_set_object(box_set_id)  # raises if the box set is gone
            raise self.refusal(answer)
        known = await self.rows_by_id(ids, {"EnableUserData": False, "EnableImages": False})
        good = [item_id for item_id in ids if item_id in known]
        refused = [item_id for item_id in ids if item_id not in known]
        if not refused:
            return await self._refused_though_known(method, path, box_set_id, ids, answer)
        return refused + (await self._change_part(method, path, box_set_id, good) if good else [])

    async def _refused_though_known(
        self, method: str, path: str, box_set_id: str, ids: list[str], answer: Answer
    ) -> list[str]:
        await self.box_set_object(box_set_id)  # raises if the box set is gone, or is none
        if len(ids) > 1:
            return await self._halves(method, path, box_set_id, ids)
        if method == "DELETE":
            raise self.refusal(answer)
        return ids

    async def _halves(self, method: str, path: str, box_set_id: str, ids: list[str]) -> list[str]:
        middle = len(ids) // 2
        first = await self._change_part(method, path, box_set_id, ids[:middle])
        return first + await self._change_part(method, path, box_set_id, ids[middle:])

    async def _send_ids(self, method: str, path: str, ids: Sequence[str]) -> Answer:
        """Some proxies let no DELETE through; Emby 4.x then has a POST for it."""
        params = {"Ids": ",".join(ids)}
        answer = await self.write(method, path, params=params)
        if method == "DELETE" and answer.status in (404, 405):
            return await self.write("POST", f"{path}/Delete", params=params)
        return answer

    async def update_box_set(
        self, box_set_id: str, change: Callable[[dict[str, Any]], None]
    ) -> None:
        """Reads the whole object, lets `change` alter it, sends the whole object back.

        Never less than the whole: a part alone is refused and leaves the box set unreadable
        until Emby refreshes it (measured on Emby 3.2 and Jellyfin 10.8).
        """
        whole = await self.box_set_object(box_set_id)
        change(whole)
        await self.put_box_set(box_set_id, whole)

    async def put_box_set(self, box_set_id: str, whole: dict[str, Any]) -> None:
        """Sends back what `box_set_object` gave, changed."""
        if whole.get("Id") != box_set_id or whole.get("Type") != "BoxSet":
            raise InvalidError("A change must leave the id and type of a collection alone.")
        body = {key: value for key, value in whole.items() if key not in _NOT_SENT_BACK}
        self.accepted(await self.write("POST", f"/Items/{box_set_id}", json=body))

    async def delete_box_set(self, box_set_id: str) -> None:
        """Deletes a box set, after looking that it is one: the same call deletes films.

        With the key; where no key may (Emby 3.2 lets none), as the signed-in administrator.
        Raises RejectedError: `delete_refused` where there is nobody signed in either, or they may
        not; `signed_out` where their sign-in has ended; `gone` if there is no such box set.
        """
        await self.box_set_object(box_set_id)
        path = f"/Items/{box_set_id}"
        if self.key_deletes is not False and await self._deleted_by_key(path):
            return
        if self.user_token is None:
            raise self._delete_refused(
                f"{self.name} lets no API key delete a collection. Sign in to it as an"
                " administrator in the settings of this server, or delete it there."
            )
        answer = await self.write("DELETE", path, token=self.user_token)
        if answer.status == 401:
            await self._learned(signed_in=False)
            raise self.signed_out()
        if answer.status in (400, 403):
            raise self._delete_refused(
                f"{self.name} does not let the administrator who is signed in delete a"
                " collection. Delete it there, or sign in as somebody who may."
            )
        self.accepted(answer)

    async def _deleted_by_key(self, path: str) -> bool:
        """False where the key is refused, which is remembered as long as the version stays."""
        try:
            answer = await self.write("DELETE", path)
        except RejectedError as error:
            if error.code != "forbidden":
                raise
            refused = True
        else:
            refused = answer.status == 400
            if not refused:
                self.accepted(answer)
        self.key_deletes = not refused
        await self._learned(key_deletes=not refused)
        return not refused

    async def _learned(self, **what: bool) -> None:
        if self._learn is not None:
            await self._learn(what)

    def signed_out(self) -> RejectedError:
        return RejectedError(
            f"{self.name} no longer accepts the administrator who was signed in. Sign in again in"
            " the settings of this server.",
            upstream=self.name,
            code="signed_out",
        )

    def _delete_refused(self, words: str) -> RejectedError:
        return RejectedError(words, upstream=self.name, code="delete_refused")

    async def upload_poster(self, box_set_id: str, image: bytes, content_type: str) -> None:
        """Sends the poster as base64 text under its own type: Emby takes nothing else."""
        kind = "image/jpeg" if content_type == "image/jpg" else content_type
        if kind not in IMAGE_TYPES or not image:
            raise InvalidError("A poster is a JPEG, PNG, WebP or GIF image.", code="image")
        path = f"/Items/{valid_id(box_set_id)}/Images/Primary"
        answer = await self.write("POST", path, data=base64.b64encode(image), content_type=kind)
        self.accepted(answer)

    async def delete_poster(self, box_set_id: str) -> None:
        """Emby then draws one of its own, some seconds later (measured on Emby 3.2)."""
        path = f"/Items/{valid_id(box_set_id)}/Images/Primary"
        answer = await self.write("DELETE", path)
        if answer.status != 404:
            self.accepted(answer)

    async def poster(self, box_set_id: str) -> bytes:
        """The poster of a box set as it was given. Raises NotFoundError if it has none."""
        path = f"/Items/{valid_id(box_set_id)}/Images/Primary"
        answer = await self.ask(path, accept="image/*")
        if answer.status == 404:
            raise NotFoundError("This collection has no poster in Emby.")
        return self.accepted(answer).body

    async def image(
        self, item_id: str, max_width: int, tag: str | None = None
    ) -> tuple[bytes, str]:
        """The poster of an item, at most so many pixels wide, and its content type.

        Raises NotFoundError if it has none.
        """
        answer = await self.ask(
            f"/Items/{valid_id(item_id)}/Images/Primary",
            {"MaxWidth": max_width, "Quality": 90, "Tag": tag},
            accept="image/*",
        )
        if answer.status == 404:
            raise NotFoundError("This title has no poster in Emby.")
        kind = self.accepted(answer).headers.get("Content-Type", "").partition(";")[0].strip()
        if kind not in IMAGE_TYPES:
            raise UnexpectedAnswerError(
                f"{self.name} answered {kind or 'something'} where an image was expected.",
                upstream=self.name,
            )
        return answer.body, kind
