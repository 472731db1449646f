"""collectarr on the command line. Results on stdout, everything else on stderr."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from collectarr import __version__
from collectarr.errors import CollectarrError
from collectarr.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """0 only if all went well."""
    given = _parser().parse_args(arguments)
    # Whatever is made from here on is for this user alone: database, copies, caches.
    before = os.umask(0o077)
    try:
        return _run(given)
    except CollectarrError as error:
        print(error.message, file=sys.stderr)
    except OSError as error:
        print(f"This machine would not let us: {error}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    finally:
        os.umask(before)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="collectarr",
        description="Keeps Emby collections equal to the lists people care about.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run the service")
    demo = commands.add_parser("demo", help="run it beside stand-ins for Emby and MDBList")
    demo.add_argument("--port", type=int, default=7795)
    demo.add_argument("--data", type=Path, metavar="DIR", help="a data folder to keep")
    _add_sync(commands.add_parser("sync", help="sync one collection now"))
    _add_bridge(commands.add_parser("bridge", help="the webhook that Emby tells us by"))
    _add_match(commands.add_parser("match", help="what stands for what, from two CSV files"))
    user = commands.add_parser("user", help="accounts").add_subparsers(
        dest="act", required=True, metavar="add|reset-password"
    )
    add = user.add_parser("add", help="make an account; asks for the password, or reads stdin")
    add.add_argument("name")
    add.add_argument("--email")
    add.add_argument("--administrator", action="store_true")
    user.add_parser("reset-password", help="set a new password").add_argument("name")
    rotate = commands.add_parser("rotate-key", help="seal the stored keys with a new key")
    rotate.add_argument("--new-key-file", type=Path, metavar="FILE", help="made if there is none")
    commands.add_parser("routes", help="every address the service answers to, and for whom")
    commands.add_parser("openapi", help="the API as an OpenAPI 3.1 document")
    return parser


def _add_sync(sync: argparse.ArgumentParser) -> None:
    sync.add_argument("name", help="of the collection, or its id")
    sync.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    sync.add_argument("--json", action="store_true", help="the result as JSON")
    sync.add_argument("--user", help="whose collection (default: the first administrator's)")
    sync.add_argument("--url", help="of the service (default: the one on this data folder)")
    sync.add_argument("--api-key", help="for --url (default: the key file of this data folder)")


def _add_bridge(bridge: argparse.ArgumentParser) -> None:
    bridge.add_argument("act", choices=("install", "status", "remove"))
    bridge.add_argument("server", metavar="SERVER", help="its name, or its id")
    bridge.add_argument("--user", help="whose server (default: the first administrator's)")
    bridge.add_argument("--url", help="of the service (default: the one on this data folder)")
    bridge.add_argument("--api-key", help="for --url (default: the key file of this data folder)")


def _add_match(match: argparse.ArgumentParser) -> None:
    match.formatter_class = argparse.RawDescriptionHelpFormatter
    match.description = (
        "Matches a list with a library, both CSV files in UTF-8 with the columns kind (movie or\n"
        "show), title, year, imdb, tmdb, tvdb, trakt, original_title; the library also has id.\n"
        "Only kind, title and id must be filled. Prints one JSON line for each row of the list."
    )
    match.epilog = (
        "With --truth (columns row and id; rows count from 1, an empty id: not owned, several\n"
        "lines of one row are copies, each of them right; rows it does not name are not judged):\n"
        "  precision = right ids / all ids that were matched\n"
        "  recall    = rows with a right id / rows that are owned\n"
        "If the truth has a column group, both are told for each group as well."
    )
    match.add_argument("list", type=Path, metavar="LIST.csv")
    match.add_argument("library", type=Path, metavar="LIBRARY.csv")
    match.add_argument("--truth", type=Path, metavar="T.csv", help="tell how good it is, on stderr")
    match.add_argument(
        "--copies",
        choices=("all", "best"),
        default="all",
        help="of a title that is there more than once (default: all)",
    )


def _run(given: argparse.Namespace) -> int:
    if given.command == "demo":
        from collectarr.demo.run import run_demo

        asyncio.run(run_demo(given.port, given.data))
        return 0
    if given.command == "match":
        from collectarr.commands.match import match
        from collectarr.models import Copies

        return match(given.list, given.library, given.truth, Copies(given.copies))
    settings = load_settings()
    if given.command == "serve":
        from collectarr.commands.serve import serve

        return serve(settings)
    if given.command == "sync":
        return _sync(settings, given)
    if given.command == "bridge":
        return _bridge(settings, given)
    if given.command == "user":
        return _user(settings, given)
    if given.command == "rotate-key":
        from collectarr.commands.rotate import rotate_key

        return asyncio.run(rotate_key(settings, given.new_key_file))
    from collectarr.commands import describe

    show = describe.show_routes if given.command == "routes" else describe.show_openapi
    return show(settings)


def _sync(settings: Settings, given: argparse.Namespace) -> int:
    from collectarr.commands.sync import SyncWish, sync
    from collectarr.logs import configure_logs

    configure_logs(settings)
    wish = SyncWish(given.name, given.dry_run, given.json, given.user, given.url, given.api_key)
    return asyncio.run(sync(settings, wish))


def _bridge(settings: Settings, given: argparse.Namespace) -> int:
    from collectarr.commands.bridge import BridgeWish, bridge
    from collectarr.logs import configure_logs

    configure_logs(settings)
    wish = BridgeWish(given.act, given.server, given.user, given.url, given.api_key)
    return asyncio.run(bridge(settings, wish))


def _user(settings: Settings, given: argparse.Namespace) -> int:
    from collectarr.commands import user

    if given.act == "add":
        return asyncio.run(
            user.add(settings, given.name, given.email, administrator=given.administrator)
        )
    return asyncio.run(user.reset_password(settings, given.name))


if __name__ == "__main__":
    sys.exit(main())
