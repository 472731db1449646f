"""MDBList: lists by id, by user/slug and by address; with a key, or what everybody may see."""

from collectarr.sources.mdblist.client import DEFAULT_URL, MdbList, connect, site_of

__all__ = ["DEFAULT_URL", "MdbList", "connect", "site_of"]
