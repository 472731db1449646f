"""Every page shows to whoever it belongs to, and to nobody else."""

import pytest

from collectarr.store.users import User
from tests.pages.site import Site

PAGES = (
    "/",
    "/collections",
    "/collections?query=fil&status=synced&sort=coverage",
    "/collections/new",
    "/collections/{c}",
    "/collections/{c}?show=missing",
    "/collections/{c}?tab=preview",
    "/collections/{c}?tab=history",
    "/collections/{c}?tab=settings",
    "/runs",
    "/runs?status=FAILED",
    "/runs/{r}",
    "/settings/servers",
    "/settings/sources",
    "/settings/account",
)


async def test_each_page_shows_real_data(site: Site, anna: User) -> None:
    collection = await site.furnish(anna)
    run = await site.sync(collection)
    for path in PAGES:
        seen = await site.get(path.format(c=collection.id, r=run))
        assert seen.status == 200, path
        assert "anna" in seen.html, path
