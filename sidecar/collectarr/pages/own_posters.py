"""Posters that we gave to collections, in place of those of their titles."""

from collections.abc import Mapping, Sequence

from collectarr.models import Look
from collectarr.pages.parts import Poster
from collectarr.pages.posters import Url
from collectarr.store.targets import Target
from collectarr.sync.look import picture_of


def own_posters(
    url: Url, found: Sequence[Target], names: Mapping[int, str]
) -> dict[int, tuple[Poster, ...]]:
    """By collection, of those that have one in Emby. `names`: collection id -> its name."""
    shown: dict[int, tuple[Poster, ...]] = {}
    for target in found:
        picture = picture_of([target], Look())
        if picture is not None and target.collection_id not in shown:
            path = f"/api/v1/images/collections/{target.collection_id}/poster"
            address = url(f"{path}?w=342&v={picture[:12]}")
            shown[target.collection_id] = (Poster(names[target.collection_id], address),)
    return shown
