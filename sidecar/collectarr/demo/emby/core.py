"""The inside of the Emby stand-in: what its routes, its control page and its tests work on."""

from dataclasses import dataclass

from collectarr.demo.emby.agenda import Agenda
from collectarr.demo.emby.boxsets import BoxSets
from collectarr.demo.emby.feed import Feed
from collectarr.demo.emby.select import Selection
from collectarr.demo.emby.shelf import Shelf
from collectarr.demo.emby.state import EmbyState
from collectarr.demo.emby.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class EmbyCore:
    state: EmbyState
    agenda: Agenda
    feed: Feed
    webhooks: Webhooks
    shelf: Shelf
    box_sets: BoxSets
    selection: Selection
