"""Collectarr keeps Emby collections equal to the lists people care about."""

__version__ = "0.1.0"
