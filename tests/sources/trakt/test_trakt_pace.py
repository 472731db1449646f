"""How fast each account may ask Trakt, and what is remembered of it."""

from collectarr.sources import Credential
from collectarr.sources.trakt.visit import Accounts

TRAKTS_WINDOW, TRAKTS_LIMIT = 300, 500


def test_no_five_minutes_hold_more_reads_than_trakt_allows() -> None:
    pace = Accounts().pace(Credential("token", user_id=1))
    a_second = pace.max_rate / pace.time_period
    assert pace.max_rate + TRAKTS_WINDOW * a_second <= TRAKTS_LIMIT
    assert pace.max_rate >= 100


def test_each_account_has_a_pace_of_its_own_that_a_new_token_does_not_reset() -> None:
    accounts = Accounts()
    first = accounts.pace(Credential("token", user_id=1))
    assert accounts.pace(Credential("renewed", user_id=1)) is first
    assert accounts.pace(Credential("token", user_id=2)) is not first
    nobody = accounts.pace(Credential(user_id=1))
    assert nobody is not first
    assert accounts.pace(Credential(user_id=2)) is nobody


def test_what_is_remembered_has_an_end() -> None:
    accounts = Accounts()
    first = accounts.known("token-0")
    for number in range(1, 1001):
        accounts.known(f"token-{number}")
    assert accounts.known("token-0") is not first
