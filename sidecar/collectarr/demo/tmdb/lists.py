"""What the TMDb stand-in shows in the demo beside its charts, made from the catalogue."""

from collectarr.demo.catalogue import CatalogueTitle, load
from collectarr.demo.tmdb import TmdbStandIn
from collectarr.demo.tmdb.rows import Known, known_from
from collectarr.models import Kind


def demo_lists(stand_in: TmdbStandIn) -> None:
    """Two lists, one of them of films and shows, and two film series."""
    films = [entry for entry in load() if entry.title.kind is Kind.MOVIE]
    shows = [entry for entry in load() if entry.title.kind is Kind.SHOW]
    stand_in.add_list(
        "Long winter evenings",
        _known([*films[40:75:2], *shows[4:10]]),
        description="Films and shows to sit through a storm with.",
    )
    stand_in.add_list("Seen twice", _known(films[100:160:3]))
    for name in ("Harry Potter", "The Lord of the Rings"):
        parts = [entry for entry in films if entry.title.title.startswith(name)]
        stand_in.add_series(f"{name} Collection", _known(parts))


def _known(entries: list[CatalogueTitle]) -> list[Known]:
    return [known_from(entry) for entry in entries]
