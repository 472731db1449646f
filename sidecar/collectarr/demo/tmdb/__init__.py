"""A stand-in for TMDb, for the demo and the tests."""

from collectarr.demo.tmdb.stand_in import DEMO_KEY, TmdbStandIn

__all__ = ["DEMO_KEY", "TmdbStandIn"]
