"""What a server is busy with by itself: a scan of its libraries."""

from collectarr.emby.client import EmbyClient
from collectarr.errors import RejectedError

SCAN = "RefreshLibrary"


async def is_scanning(client: EmbyClient) -> bool:
    """Whether it scans all of its libraries now; a scan of a single one is not among its tasks.

    One read. False where it does not tell. Raises UnavailableError.
    """
    try:
        tasks = (await client.read("/ScheduledTasks")).json()
    except RejectedError:
        return False
    if not isinstance(tasks, list):
        return False
    return any(
        isinstance(task, dict)
        and task.get("Key") == SCAN
        and task.get("State") in ("Running", "Cancelling")
        for task in tasks
    )
