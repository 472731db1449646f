"""How long it took from an event to the box set, counted in steps, for each server."""

from collectarr.store.db import Database

LONGER = 0
"""Stands for: longer than the last of `STEPS`."""
STEPS = (250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000)
"""Upper ends in milliseconds."""


async def record_delay(db: Database, server_id: int, seconds: float) -> None:
    """From the moment an event came in to that at which its item was a member."""
    step = next((step for step in STEPS if seconds * 1000 <= step), LONGER)
    async with db.write() as tx:
        await tx.run(
            "INSERT INTO delays (server_id, up_to_ms, times) SELECT id, ?, 1 FROM servers"
            " WHERE id = ? ON CONFLICT (server_id, up_to_ms) DO UPDATE SET times = times + 1",
            *(step, server_id),
        )


async def delays_of(db: Database, server_id: int) -> list[tuple[int, int]]:
    """Each step and how often, from short to long, `LONGER` last; those that never were too."""
    rows = await db.rows("SELECT up_to_ms, times FROM delays WHERE server_id = ?", server_id)
    times = {row["up_to_ms"]: row["times"] for row in rows}
    return [(step, times.get(step, 0)) for step in (*STEPS, LONGER)]
