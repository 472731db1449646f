"""A stand-in for Trakt, for the demo and the tests."""

from collectarr.demo.trakt.stand_in import DEMO_CLIENT, TraktStandIn

__all__ = ["DEMO_CLIENT", "TraktStandIn"]
