"""Structured logs on stderr: text for people, JSON for programs, secrets in neither."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from aiohttp.http import HttpProcessingError

from collectarr.http import HIDDEN, redact
from collectarr.settings import Settings

_SECRET_KEYS = ("secret", "token", "password", "api_key", "apikey", "authorization", "cookie")


def _redact(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _clean(key, value)
    return event


def _clean(key: str, value: Any) -> Any:
    """`value` for the eyes of everybody; whatever is not plain data as the text it prints as."""
    if any(word in key.lower() for word in _SECRET_KEYS):
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", inner) for inner in value]
    return redact(str(value))


def _in_short(record: logging.LogRecord) -> bool:
    """Of a request that aiohttp cannot read, that it came; it would quote a header and all."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg += f": it cannot be read ({type(error).__name__})"
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
    return True


def configure_logs(settings: Settings) -> None:
    """Send our logs and those of the libraries to stderr in one format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # A prettier one shows the values of variables too.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Before redacting: a renderer would put the exception in as it is.
                structlog.processors.format_exc_info,
                _redact,
                renderer,
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("aiohttp.server").addFilter(_in_short)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
