"""The lists that collections follow, as a page shows them."""

from collectarr.models import ListInfo, ListItem, Mode, Snapshot
from collectarr.store.collections import CollectionList, add_collection
from collectarr.store.db import Database
from collectarr.store.followed import first_posters, followed_lists
from collectarr.store.lists import drop_access, record_list_check, save_list, save_snapshot
from collectarr.store.users import User
from tests.flows.world import film

INFO = ListInfo("mdblist", "demo/films", "Films", owner="demo", public=True)


async def follow(db: Database, user: User, *names: str) -> int:
    stored = await save_list(db, user.id, INFO)
    for name in names:
        await add_collection(
            db,
            user.id,
            name=name,
            mode=Mode.KEEP,
            interval_hours=24,
            enabled=True,
            lists=[CollectionList(stored.id, "union")],
            server_ids=[],
            every_server=True,
        )
    return stored.id


def items(*posters: str | None) -> tuple[ListItem, ...]:
    return tuple(ListItem(n, film(n), poster) for n, poster in enumerate(posters, 1))


async def test_a_list_of_two_collections_is_told_once_with_both(db: Database, anna: User) -> None:
    list_id = await follow(db, anna, "Films", "More films")
    await save_snapshot(db, list_id, Snapshot(INFO, items(None, None), short_by=1), suspect=None)
    (row,) = await followed_lists(db, anna.id)
    assert [name for _, name in row.collections] == ["Films", "More films"]
    assert (row.state, row.promised, row.came) == ("ok", 3, 2)
    await record_list_check(db, list_id, "It is gone.", "gone")
    (row,) = await followed_lists(db, anna.id)
    assert (row.state, row.error) == ("gone", "It is gone.")
    assert row.error_at is not None


async def test_lists_of_others_are_not_told(db: Database, anna: User, ben: User) -> None:
    await follow(db, anna, "Films")
    assert await followed_lists(db, ben.id) == []


async def test_the_pictures_are_those_of_lists_that_the_user_may_see(
    db: Database, anna: User
) -> None:
    list_id = await follow(db, anna, "Films")
    await save_snapshot(db, list_id, Snapshot(INFO, items("a", None, "b", "c")), suspect=None)
    assert await first_posters(db, anna.id, "mdblist", ["demo/films", "x"], 2) == {
        "demo/films": ["a", "b"]
    }
    await drop_access(db, list_id, anna.id)
    assert await first_posters(db, anna.id, "mdblist", ["demo/films"], 2) == {}
