"""Corrections as they are kept: per user, pins per server, each change noticed."""

from pathlib import Path

import pytest

from collectarr.errors import InvalidError, NotFoundError
from collectarr.store import corrections as stored
from collectarr.store.servers import delete_server, save_items
from collectarr.sync import correct
from collectarr.sync.corrections import Exclude, Pin
from tests.stored import film, item, opened, person, server_of


async def test_a_pin_is_of_one_server_and_of_one_user(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        anna, ben = await person(db), await person(db, "ben")
        den, attic = await server_of(db, anna), await server_of(db, anna, "other")
        his = await server_of(db, ben)
        for server in (den, attic, his):
            await save_items(db, server.id, [item(number) for number in (1, 2, 3)], whole=True)

        await correct.exclude_title(db, anna.id, film(7))
        await correct.pin_title(db, anna.id, film(7), den.id, ["1", "2", "1"])
        assert await stored.corrected(db, anna.id) == 2
        assert await stored.corrected(db, ben.id) == 0
        here = (await correct.load_corrections(db, den)).about(film(7))
        assert isinstance(here, Pin)
        assert here.items == ("1", "2")
        there = (await correct.load_corrections(db, attic)).about(film(7))
        assert isinstance(there, Exclude)
        assert not await correct.load_corrections(db, his)

        for server_id, ids in ((attic.id, ["9"]), (den.id, []), (den.id, ["x"] * 2)):
            with pytest.raises(InvalidError):
                await correct.pin_title(db, anna.id, film(7), server_id, ids)
        with pytest.raises(NotFoundError):
            await correct.pin_title(db, anna.id, film(7), his.id, ["1"])
        # What is global takes the place of all that was said of the title.
        await correct.map_title(db, anna.id, film(7), film(2))
        assert [one.act for one in await stored.list_corrections(db, anna.id)] == ["map"]


async def test_a_pin_goes_with_its_server_and_says_so_when_its_items_went(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        anna = await person(db)
        den = await server_of(db, anna)
        await save_items(db, den.id, [item(1), item(2)], whole=True)
        pin = await correct.pin_title(db, anna.id, film(7), den.id, ["1"])
        assert (await correct.items_now(db, anna.id, [pin]))[pin.id] == (item(1),)
        await save_items(db, den.id, [item(2)], whole=True)
        assert (await correct.items_now(db, anna.id, [pin]))[pin.id] == ()
        await delete_server(db, den.id)
        assert await stored.list_corrections(db, anna.id) == []
