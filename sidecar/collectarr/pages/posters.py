"""Where the picture of a title is: always at this site, which asks Emby or TMDb for it."""

import re
from collections.abc import Callable

from collectarr.models import Kind, Title

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


def title_poster_url(url: Url, title: Title) -> str | None:
    """That of a title which came without one: whoever knows its ids is asked.

    None where its kind is not known: nobody can tell then. Should there be none after all, the
    address answers with a tile, which is no error to the browser.
    """
    number = title.ids.tmdb or title.ids.imdb
    if title.kind is Kind.UNKNOWN or not number:
        return None
    return url(f"/api/v1/images/titles/{title.kind}/{number}?missing=tile")


def backdrop_url(url: Url, collection_id: int) -> str:
    return url(f"/api/v1/images/collections/{collection_id}/backdrop")
