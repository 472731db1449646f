"""Whether a reading of a list may be believed. Pure."""

from collectarr.models import ListInfo, Snapshot
from collectarr.store.lists import PUBLIC, StoredList

SUSPECT_LOSS = 0.5
"""A list that lost more than this part since its last good reading waits for a person."""


def kept(known: StoredList) -> str:
    """What stays while a list cannot be read; begins with a space."""
    return f" The copy of {known.item_count} titles serves on." if known.snapshot else ""


def promise(known: StoredList, snapshot: Snapshot) -> str:
    came = len(snapshot.items)
    return f"The list {known.name} promised {came + snapshot.short_by} titles and gave {came}."


def refusal(known: StoredList, snapshot: Snapshot) -> str | None:
    """Why a reading is not whole. The first one has nothing to lose and is taken as it is."""
    if known.snapshot == 0 or known.item_count == 0:
        return None
    stays = f"Nothing is taken out; the copy of {known.item_count} titles serves on."
    if not snapshot.items:
        return f"The list {known.name} came back empty. {stays}"
    if snapshot.short_by > known.short_by:
        return f"{promise(known, snapshot)} {stays}"
    return None


def suspicion(known: StoredList, snapshot: Snapshot) -> str | None:
    """Why what is missing in a reading must not be taken out before a person agreed."""
    came = len(snapshot.items)
    if snapshot.short_by:
        return promise(known, snapshot)
    if _lost_unsaid(known, snapshot.info.version, came):
        return (
            f"The list {known.name} gave {came} titles where it had {known.good_count}, though its"
            " source says that it did not change."
        )
    if "+" in (known.source_id or "") and not snapshot.info.source_id and came < known.item_count:
        return (
            f"The list {known.name} gave {came} titles where it had {known.item_count}. Without an"
            " account it cannot be told whether part of it is private now."
        )
    if known.good_count and came < SUSPECT_LOSS * known.good_count:
        return f"The list {known.name} shrank from {known.good_count} to {came} titles."
    return None


def _lost_unsaid(known: StoredList, version: str | None, came: int) -> bool:
    """Whether titles are missing though the mark of changes stands where it stood.

    What was short under this mark before says nothing of how many there were.
    """
    stands = version is not None and version == known.version
    return stands and known.short_by == 0 and came < known.good_count


def is_of(owner: str | None, username: str | None) -> bool:
    """Whether a list is of this account. Both `John Doe` and `john-doe` may stand for one name."""
    names = ["".join(filter(str.isalnum, (name or "").casefold())) for name in (owner, username)]
    return bool(names[0]) and names[0] == names[1]


def changed_hands(known: StoredList, info: ListInfo) -> str | None:
    """A private list that is somebody else's now: another account is connected at its source."""
    if known.audience == PUBLIC or not known.owner or not info.owner:
        return None
    same = known.source_id is not None and known.source_id == info.source_id
    if same or known.owner.casefold() == info.owner.casefold():
        return None
    return (
        f"The list {known.name} is of {known.owner}, but the account that is connected is that of"
        f" {info.owner}.{kept(known)} Connect the account of {known.owner}, or add the list anew."
    )
