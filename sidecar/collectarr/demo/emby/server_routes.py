"""The Emby stand-in's routes about the server itself: system, users, libraries, tasks."""

import hashlib
import secrets
from typing import Any

from aiohttp import web

from collectarr.demo.emby.core import EmbyCore
from collectarr.demo.emby.profile import EmbyProfile
from collectarr.demo.emby.route import Route
from collectarr.demo.emby.rows import Rows, folder_item
from collectarr.demo.emby.state import StoredLibrary, StoredUser, hashed_id
from collectarr.demo.emby.wire import BAD_GUID, Ask, Refusal, answer, client_of, done

_OPTIONS = {
    "EnablePhotos": True,
    "EnableRealtimeMonitor": True,
    "EnableChapterImageExtraction": False,
    "SaveLocalMetadata": False,
    "EnableAutomaticSeriesGrouping": True,
    "EnableEmbeddedTitles": False,
    "AutomaticRefreshIntervalDays": 0,
}


def _public_info(core: EmbyCore, ask: Ask) -> dict[str, Any]:
    profile = core.state.profile
    info: dict[str, Any] = {
        "ServerName": core.state.server_name,
        "Version": profile.version,
        "Id": core.state.server_id,
    }
    address = f"http://{ask.request.host}"
    if profile.product:
        return info | {
            "LocalAddress": address,
            "ProductName": profile.product,
            "OperatingSystem": "Linux",
            "StartupWizardCompleted": True,
        }
    if profile.numeric_ids:
        return info | {"LocalAddress": address, "LocalAddresses": [address], "RemoteAddresses": []}
    return info | {"OperatingSystem": "Linux"}


async def system_info_public(core: EmbyCore, ask: Ask) -> web.Response:
    return answer(_public_info(core, ask))


async def system_info(core: EmbyCore, ask: Ask) -> web.Response:
    info = _public_info(core, ask)
    info.pop("ProductName", None)
    info.pop("StartupWizardCompleted", None)
    return answer(
        info
        | {
            "SystemUpdateLevel": "Release",
            "OperatingSystem": "Linux",
            "OperatingSystemDisplayName": "Unix",
            "HasPendingRestart": False,
            "IsShuttingDown": False,
            "SupportsLibraryMonitor": True,
            "WebSocketPortNumber": ask.request.url.port,
            "CompletedInstallations": [],
            "CanSelfRestart": False,
            "CanSelfUpdate": False,
            "HttpServerPortNumber": ask.request.url.port,
            "SupportsHttps": False,
            "HttpsPortNumber": 8920,
            "HasUpdateAvailable": False,
            "SupportsAutoRunAtStartup": False,
        }
    )


async def ping(core: EmbyCore, _ask: Ask) -> web.Response:
    name = core.state.profile.product
    text = f'"{name}"' if name else "Emby Server"
    return web.Response(text=text, content_type="application/json")


def user_row(core: EmbyCore, user: StoredUser) -> dict[str, Any]:
    return {
        "Name": user.name,
        "ServerId": core.state.server_id,
        "Id": user.id,
        "HasPassword": bool(user.password),
        "HasConfiguredPassword": bool(user.password),
        "HasConfiguredEasyPassword": False,
        "EnableAutoLogin": False,
        "Configuration": {
            "PlayDefaultAudioTrack": True,
            "DisplayMissingEpisodes": False,
            "SubtitleMode": "Default",
            "OrderedViews": [],
            "EnableLocalPassword": False,
        },
        "Policy": _policy(core, user),
    }


def _policy(core: EmbyCore, user: StoredUser) -> dict[str, Any]:
    """Newer servers name the libraries of a user by their Guid."""
    seen = [core.state.libraries[one] for one in user.libraries or ()]
    numeric = core.state.profile.numeric_ids
    return {
        "IsAdministrator": user.admin,
        "IsHidden": False,
        "IsDisabled": False,
        "BlockedTags": [],
        "EnableRemoteAccess": True,
        "EnableMediaPlayback": True,
        "EnableContentDeletion": user.admin,
        "EnabledFolders": [one.guid if numeric else one.id for one in seen],
        "EnableAllFolders": user.libraries is None,
        "EnableAllChannels": True,
        "EnableAllDevices": True,
    }


async def users(core: EmbyCore, _ask: Ask) -> web.Response:
    return answer([user_row(core, user) for user in core.state.users.values()])


async def users_query(core: EmbyCore, _ask: Ask) -> web.Response:
    match core.state.profile.users_query:
        case "guid_error":
            raise Refusal(500, BAD_GUID)
        case "bad_request":
            errors = {"userId": ["The value 'Query' is not valid."]}
            title = "One or more validation errors occurred."
            return answer({"title": title, "status": 400, "errors": errors}, 400)
    rows = [user_row(core, user) for user in core.state.users.values()]
    return answer({"Items": rows, "TotalRecordCount": len(rows)})


async def users_public(_core: EmbyCore, _ask: Ask) -> web.Response:
    return answer([])


async def one_user(core: EmbyCore, ask: Ask) -> web.Response:
    user = core.state.users.get(ask.part("one"))
    if user is None:
        raise (
            Refusal(500, BAD_GUID)
            if len(ask.part("one")) != 32
            else Refusal(404, "User not found.")
        )
    return answer(user_row(core, user))


async def authenticate(core: EmbyCore, ask: Ask) -> web.Response:
    """A name and a password, plain or (as older programs send it) hashed."""
    client = client_of(ask.request)
    if client is None:
        raise Refusal(400, "Value cannot be null.\nParameter name: appName")
    body = await ask.json() or {}
    given = {key.lower(): str(value) for key, value in body.items()}
    user = next((one for one in core.state.users.values() if _is(one, given)), None)
    if user is None:
        raise Refusal(401, "Invalid user or password entered.")
    token = secrets.token_hex(16)
    core.state.tokens[token] = user
    session = {
        "Id": hashed_id("session", token),
        "ServerId": core.state.server_id,
        "UserId": user.id,
        "UserName": user.name,
        "Client": client,
        "SupportsRemoteControl": False,
    }
    return answer(
        {
            "User": user_row(core, user),
            "SessionInfo": session,
            "AccessToken": token,
            "ServerId": core.state.server_id,
        }
    )


def _is(user: StoredUser, given: dict[str, str]) -> bool:
    hashed = hashlib.sha1(user.password.encode(), usedforsecurity=False).hexdigest()
    plain = given.get("pw", "") == user.password and "pw" in given
    return user.name.lower() == given.get("username", "").lower() and (
        plain or given.get("password", "").lower() == hashed
    )


async def logout(core: EmbyCore, ask: Ask) -> web.Response:
    """Ends the user's tokens; an API key stays."""
    if ask.user is not None:
        end_sessions(core, ask.user)
    return done()


def end_sessions(core: EmbyCore, user: StoredUser) -> None:
    """Their tokens are worth nothing; their sockets stay open, and silent."""
    for token in [token for token, held in core.state.tokens.items() if held is user]:
        del core.state.tokens[token]
    core.feed.deafen(user)


def _folder(core: EmbyCore, library: StoredLibrary) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Name": library.name,
        "Locations": [library.location],
        "CollectionType": library.kind,
        "LibraryOptions": _OPTIONS | {"PathInfos": [{"Path": library.location}]},
        "ItemId": library.id,
        "RefreshStatus": "Active" if library.refreshing else "Idle",
    }
    if core.state.profile.numeric_ids:
        row |= {"Id": library.id, "Guid": library.guid}
    if library.refreshing:
        row["RefreshProgress"] = 10.0
    return row


def _folders(core: EmbyCore) -> list[dict[str, Any]]:
    """Newer servers list the collections as one more library, once there is a box set."""
    rows = [_folder(core, library) for library in core.state.libraries.values()]
    if core.state.profile.numeric_ids and core.state.box_sets:
        rows.append(
            {
                "Name": "Collections",
                "Locations": [],
                "CollectionType": "boxsets",
                "LibraryOptions": _OPTIONS | {"PathInfos": []},
                "ItemId": core.state.collections_id,
                "Id": core.state.collections_id,
                "Guid": hashed_id("collections"),
                "RefreshStatus": "Idle",
            }
        )
    return rows


async def virtual_folders(core: EmbyCore, _ask: Ask) -> web.Response:
    return answer(_folders(core))


async def virtual_folders_query(core: EmbyCore, ask: Ask) -> web.Response:
    rows = _folders(core)
    start = ask.number("StartIndex") or 0
    limit = ask.number("Limit")
    page = rows[start:] if limit is None else rows[start : start + limit]
    return answer({"Items": page, "TotalRecordCount": len(rows)})


async def media_folders(core: EmbyCore, ask: Ask) -> web.Response:
    write = Rows(core.state, ask.reader, None)
    rows = [write.row(folder_item(library)) for library in core.state.libraries.values()]
    return answer({"Items": rows, "TotalRecordCount": len(rows)})


async def library_refresh(core: EmbyCore, _ask: Ask) -> web.Response:
    core.shelf.scan()
    return done()


async def scheduled_tasks(core: EmbyCore, _ask: Ask) -> web.Response:
    scan: dict[str, Any] = {
        "Name": "Scan media library",
        "State": "Running" if core.shelf.scanning else "Idle",
        "Id": hashed_id("task", "RefreshLibrary"),
        "Triggers": [{"Type": "IntervalTrigger", "IntervalTicks": 432000000000}],
        "Description": "Scans your media library for new files and refreshes metadata.",
        "Category": "Library",
        "IsHidden": False,
        "Key": "RefreshLibrary",
    }
    if core.shelf.scanning:
        scan["CurrentProgressPercentage"] = 42.0
    return answer(
        [
            {
                "Name": "Cache file cleanup",
                "State": "Idle",
                "Id": hashed_id("task", "DeleteCacheFiles"),
                "Triggers": [{"Type": "IntervalTrigger", "IntervalTicks": 864000000000}],
                "Description": "Deletes cache files that are no longer needed.",
                "Category": "Maintenance",
                "IsHidden": False,
                "Key": "DeleteCacheFiles",
            },
            scan,
        ]
    )


def _pings(profile: EmbyProfile) -> bool:
    return profile.get_ping


def _queries_folders(profile: EmbyProfile) -> bool:
    return profile.folders_query


ROUTES = (
    Route("GET", "/System/Info/Public", system_info_public, public=True),
    Route("GET", "/System/Info", system_info),
    Route("GET", "/System/Ping", ping, public=True, there=_pings),
    Route("POST", "/System/Ping", ping, public=True),
    Route("GET", "/Users", users),
    Route("GET", "/Users/Query", users_query),
    Route("GET", "/Users/Public", users_public, public=True),
    Route("POST", "/Users/AuthenticateByName", authenticate, public=True),
    Route("GET", "/Users/{one}", one_user),
    Route("POST", "/Sessions/Logout", logout),
    Route("GET", "/Library/VirtualFolders", virtual_folders),
    Route("GET", "/Library/VirtualFolders/Query", virtual_folders_query, there=_queries_folders),
    Route("GET", "/Library/MediaFolders", media_folders),
    Route("POST", "/Library/Refresh", library_refresh),
    Route("GET", "/ScheduledTasks", scheduled_tasks),
)
