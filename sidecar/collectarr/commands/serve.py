"""collectarr serve: the service itself, until SIGINT or SIGTERM."""

import resource
import socket
from contextlib import suppress

from aiohttp import web

from collectarr.app import HEAD_SECONDS, announce, create_app, local_url
from collectarr.errors import StoreError
from collectarr.logs import configure_logs
from collectarr.settings import Settings

MOST_FILES = 65_536
SHUTDOWN_SECONDS = 5.0
"""Containers are killed ten seconds after SIGTERM."""


def serve(settings: Settings) -> int:
    """Raises StoreError when the address or the data folder cannot be had."""
    configure_logs(settings)
    allow_many_files()
    app = create_app(settings)
    listener = _listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    announce(app, settings.data_dir, local_url(settings.host, port, settings.base_path))
    web.run_app(
        app,
        sock=listener,
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=HEAD_SECONDS,
        access_log=None,
        print=None,
    )
    return 0


def allow_many_files() -> None:
    """As many open files as this process may have: each connection is one, and at the usual
    1,024 a few idle ones would leave none for anybody else.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else hard
    # Some systems say that there is no limit, and have one.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(host: str, port: int) -> socket.socket:
    everywhere = host in ("", "::")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server(
            (host, port), family=family, dualstack_ipv6=everywhere and family is socket.AF_INET6
        )
    except OSError as error:
        raise StoreError(
            f"Cannot listen on {host}:{port} ({error.strerror}). Is something else using that"
            " port? Set PORT or HOST to another.",
            code="port",
        ) from error
