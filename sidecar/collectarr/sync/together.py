"""Work side by side within one run."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from collectarr.errors import CancelledRunError
from collectarr.runner import Report


async def together(report: Report, works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Until all of it is done. The first error ends the rest and is raised as it is.

    Raises CancelledRunError as soon as the run is cancelled, whatever the work waits for.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_watch(report))
            async with asyncio.TaskGroup() as inside:
                for work in works:
                    inside.create_task(work)
            watch.cancel()
    except BaseExceptionGroup as errors:
        found = list(_leaves(errors))
        raise next((e for e in found if isinstance(e, CancelledRunError)), found[0]) from None


async def _watch(report: Report) -> None:
    await report.cancelled.wait()
    report.checkpoint()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
