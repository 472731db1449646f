"""Where the picture of a title is: always at this site, which asks Emby or TMDb for it."""

import re
from collections.abc import Callable

_TMDB = re.compile(r"/t/p/\w+/([A-Za-z0-9_-]+\.(?:jpg|png|webp))$")
Url = Callable[[str], str]


def poster_url(
    url: Url, item: tuple[int, str] | None = None, listed: str | None = None
) -> str | None:
    """That of `item` (server, item id) if a server holds it, else what the list says, else None.

    `url` puts the base path on. A poster is drawn where there is none.
    """
    if item is not None:
        return url(f"/api/v1/images/servers/{item[0]}/items/{item[1]}")
    found = _TMDB.search(listed or "")
    return url(f"/api/v1/images/tmdb/{found[1]}") if found else None


def backdrop_url(url: Url, collection_id: int) -> str:
    return url(f"/api/v1/images/collections/{collection_id}/backdrop")
