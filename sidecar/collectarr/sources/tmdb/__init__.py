"""TMDb: lists, film series, charts and searches, read with the key of the installation."""

from collectarr.sources.tmdb.client import NEEDS, Tmdb, connect

__all__ = ["NEEDS", "Tmdb", "connect"]
