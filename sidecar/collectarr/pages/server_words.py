"""What a server can do, and who is signed in there, in words for people."""

from collectarr.store.servers import Server


def changes_words(server: Server) -> str:
    """How we learn what its libraries hold."""
    if server.swept_at is None:
        return "Not read yet: the first sync reads everything once"
    if server.tells_changes:
        return "Only what changed is read; this server can tell"
    return "Everything is read each time: this server cannot tell what changed"


def box_sets_words(server: Server) -> str:
    """How we learn that somebody changed a box set."""
    proven = server.abilities
    if proven.etag is None:
        return "Whether it can tell which changed shows once it keeps one"
    if proven.etag and proven.child_count:
        return "Only those that changed are read; this server can tell"
    return "All that are kept are read each time: this server cannot tell which changed"


def deletes_words(server: Server) -> str:
    """What it takes to delete a box set."""
    key = server.abilities.key_deletes
    if key:
        return "The API key may delete collections"
    if server.user_token:
        return f"Collections are deleted as {server.user_name}, who is signed in"
    if key is False:
        return "Deletes need a signed-in administrator"
    return "Whether the API key may delete collections shows when the first one is deleted"


def signed_in_words(server: Server) -> str:
    if server.user_token:
        return f"{server.user_name} is signed in"
    if server.user_name:
        return f"{server.user_name} is no longer accepted. Sign in again; the API key works on"
    return "Nobody is signed in. That is needed only for what the API key may not do"
