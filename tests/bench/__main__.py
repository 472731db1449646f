"""`make bench`: prints the budgets that can be measured by now, writes build/bench.json."""

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from tests.bench.figures import table, write
from tests.bench.live import event_to_member
from tests.bench.matching import matching
from tests.bench.requests import requests

REPORT = Path(__file__).parents[2] / "build" / "bench.json"


def main() -> None:
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    figures = [*asyncio.run(requests()), *asyncio.run(event_to_member()), *matching()]
    write(figures, REPORT)
    sys.stdout.write(f"{table(figures)}\n\nWritten to {REPORT}\n")


main()
