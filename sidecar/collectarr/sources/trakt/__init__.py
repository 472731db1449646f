"""Trakt: people's lists, watchlists and collections, and charts; accounts by OAuth."""

from collectarr.sources.trakt.client import Trakt, connect

__all__ = ["Trakt", "connect"]
