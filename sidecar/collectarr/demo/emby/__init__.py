"""A stand-in for an Emby server, for the demo and the tests."""

from collectarr.demo.emby.profile import PROFILE_32, PROFILE_49, PROFILE_JELLYFIN, EmbyProfile
from collectarr.demo.emby.stand_in import ROUTES, EmbyStandIn, running, serve

__all__ = [
    "PROFILE_32", "PROFILE_49", "PROFILE_JELLYFIN", "ROUTES",
    "EmbyProfile", "EmbyStandIn", "running", "serve",
]  # fmt: skip
