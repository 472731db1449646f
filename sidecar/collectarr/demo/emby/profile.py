"""How the servers differ that the Emby stand-in can play: one flag per measured oddity."""

from dataclasses import dataclass
from typing import Literal

_EVERY_AWKWARD_CHARACTER = '/\\:?*"<>|'


@dataclass(frozen=True, slots=True)
class EmbyProfile:
    """One kind of server. The defaults are those of Emby 3.2; flags say what another does."""

    name: str
    version: str
    product: str | None = None
    numeric_ids: bool = False
    folder_cleans: str = _EVERY_AWKWARD_CHARACTER
    # Routes that not every version has.
    emby_prefix: bool = True
    get_ping: bool = False
    users_query: Literal["answers", "guid_error", "bad_request"] = "guid_error"
    folders_query: bool = False
    post_deletes: bool = False
    notifications: bool = False
    # Reading.
    provider_filter: bool = False
    text_filters: bool = False
    honours_has_id_false: bool = False
    bad_ids: Literal["error", "everything", "roots"] = "error"
    keyless_reads: bool = True
    keyless_members: bool = False
    keyless_child_count: bool = False
    delta_filter: bool = False
    merges_versions: bool = False
    lean_rows: bool = False
    etag_needs_date_saved: bool = True
    uncounted_total: Literal["all", "page", "zero"] = "all"
    total_past_the_end: bool = True
    tag_items: bool = False
    # Box sets.
    create_over: Literal["refused", "existing", "replaced"] = "refused"
    empty_create: bool = True
    json_create: bool = True
    key_deletes: bool = False
    lost_box_set_takes_adds: bool = True
    removed_shows_once: bool = True
    dead_links_revive: bool = True
    # The wire.
    url_limit: int | None = None
    plain_errors: bool = True
    checks_image_type: bool = True
    socket_refuses_wrong_key: bool = False
    message_ids: bool = False
    empty_event_after_scan: bool = True


PROFILE_32 = EmbyProfile(name="emby-3.2", version="3.2.40.0")

PROFILE_49 = EmbyProfile(
    name="emby-4.9",
    version="4.9.1.80",
    numeric_ids=True,
    get_ping=True,
    users_query="answers",
    folders_query=True,
    post_deletes=True,
    notifications=True,
    provider_filter=True,
    text_filters=True,
    honours_has_id_false=True,
    bad_ids="everything",
    keyless_members=True,
    keyless_child_count=True,
    delta_filter=True,
    merges_versions=True,
    lean_rows=True,
    etag_needs_date_saved=False,
    uncounted_total="zero",
    total_past_the_end=False,
    tag_items=True,
    create_over="existing",
    empty_create=False,
    key_deletes=True,
    lost_box_set_takes_adds=False,
    removed_shows_once=False,
    dead_links_revive=False,
    url_limit=8192,
    message_ids=True,
    empty_event_after_scan=False,
)

PROFILE_JELLYFIN = EmbyProfile(
    name="jellyfin-10.8",
    version="10.8.6",
    product="Jellyfin Server",
    folder_cleans="/",
    get_ping=True,
    users_query="bad_request",
    text_filters=True,
    honours_has_id_false=True,
    bad_ids="roots",
    keyless_reads=False,
    etag_needs_date_saved=False,
    uncounted_total="page",
    create_over="replaced",
    json_create=False,
    key_deletes=True,
    lost_box_set_takes_adds=False,
    removed_shows_once=False,
    dead_links_revive=False,
    url_limit=8192,
    plain_errors=False,
    checks_image_type=False,
    socket_refuses_wrong_key=True,
    message_ids=True,
    empty_event_after_scan=False,
)
