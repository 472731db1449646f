"""The line of a collection's coverage."""

from datetime import date

from collectarr.pages.coverage_line import HEIGHT, WIDTH, coverage_line
from collectarr.store.coverage_days import CoverageDay

TODAY = date(2026, 5, 11)


def test_it_begins_with_its_first_day_and_goes_on_to_today() -> None:
    days = [
        CoverageDay(date(2026, 5, 1), 0, 0, 10),
        CoverageDay(date(2026, 5, 1), 7, 5, 10),
        CoverageDay(date(2026, 5, 6), 0, 10, 10),
    ]
    line = coverage_line(days, TODAY, 90)
    assert line is not None
    assert line.points == f"0.0,{HEIGHT}.0 {WIDTH / 2:.1f},0.0 {WIDTH}.0,0.0"
    assert line.label == "From 0 of 10 on 1 May 2026 to 10 of 10 on 6 May 2026."


def test_one_day_is_no_line() -> None:
    assert coverage_line([CoverageDay(TODAY, 0, 1, 2)], TODAY, 90) is None
    days = [CoverageDay(date(2026, 5, n), 0, 0, 0) for n in (1, 2)]
    assert coverage_line(days, TODAY, 90) is None, "nothing was wanted"
