"""The inside of the Emby stand-in: what its routes, its control page and its tests work on."""

from dataclasses import dataclass

from collectarr.demo.emby_agenda import Agenda
from collectarr.demo.emby_boxsets import BoxSets
from collectarr.demo.emby_feed import Feed
from collectarr.demo.emby_select import Selection
from collectarr.demo.emby_shelf import Shelf
from collectarr.demo.emby_state import EmbyState
from collectarr.demo.emby_webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class EmbyCore:
    state: EmbyState
    agenda: Agenda
    feed: Feed
    webhooks: Webhooks
    shelf: Shelf
    box_sets: BoxSets
    selection: Selection
