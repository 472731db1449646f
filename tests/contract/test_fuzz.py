"""The whole OpenAPI document against the running app: signed in, as a stranger, and in stories.

`COLLECTARR_FUZZ` is the number of examples for each operation (`make fuzz` gives many).
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import get_state_machine_test
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from collectarr.api import document
from tests.contract.house import House, house

EXAMPLES, MANY = int(os.environ.get("COLLECTARR_FUZZ", "2")), 50
CONFIG = {
    "generation": {
        "deterministic": EXAMPLES < MANY,
        "max-examples": EXAMPLES,
        "database": "none",
        # Who asks is what the tests say.
        "with-security-parameters": False,
    },
}
ENDLESS = "/api/v1/events"
ENDING = [
    "/api/v1/auth/logout",
    "/api/v1/auth/me",
    "/api/v1/auth/password",
    "/api/v1/auth/sessions",
    "/api/v1/auth/sessions/{session_id}",
]
"""Whoever asks these may not be able to sign in again: somebody spare does."""

OTHER = 2
"""A user who is not the administrator who asks."""

UNFIT = [
    # Valid by its shape is not yet an Emby server, a list, a free name, a good password.
    checks.positive_data_acceptance,
    # These three send requests of their own; test_isolation.py asks every route.
    checks.ignored_auth,
    checks.ensure_resource_availability,
    checks.use_after_free,
]


def _document(**coverage: Any) -> Any:
    config = SchemathesisConfig.from_dict({**CONFIG, "phases": {"coverage": coverage}})
    return schemathesis.openapi.from_dict(document(), config=config).exclude(path=ENDLESS)


schema = _document(**{"unexpected-methods": ["TRACE"]})
quick = _document(enabled=False)


@schema.hook
def map_path_parameters(
    _context: Any, path_parameters: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Every second number leads to something that is there."""
    if path_parameters is None:
        return None
    return {
        name: 1 if isinstance(value, int) and value > 0 and value % 2 else value
        for name, value in path_parameters.items()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("fuzz") / "data") as standing:
        standing.furnish()
        yield standing


@pytest.fixture(autouse=True)
def still_signed_in(home: House) -> None:
    home.signed_in()


def spare_the_administrator(case: schemathesis.Case) -> None:
    if (case.path_parameters or {}).get("user_id") in (1, "1"):
        case.path_parameters["user_id"] = OTHER


def _holds(home: House, case: schemathesis.Case, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    spare_the_administrator(case)
    response = case.call(base_url=home.url, session=home.http, headers=headers)
    case.validate_response(response, excluded_checks=UNFIT)
    return int(response.status_code)


@schema.exclude(path=ENDING).exclude(method="DELETE").parametrize()
def test_what_somebody_signed_in_asks_is_answered_as_told(
    home: House, case: schemathesis.Case
) -> None:
    _holds(home, case, home.token)


@schema.exclude(path=ENDING).include(method="DELETE").parametrize()
def test_what_somebody_signed_in_deletes_is_answered_as_told(
    home: House, case: schemathesis.Case
) -> None:
    _holds(home, case, home.token)


@schema.include(path=ENDING).parametrize()
def test_what_is_asked_of_ones_own_account_is_answered_as_told(
    home: House, case: schemathesis.Case
) -> None:
    if _holds(home, case, home.spare_token) == 401:
        home.spare_token = home.spare()


@quick.parametrize()
def test_what_a_stranger_asks_is_answered_as_told(home: House, case: schemathesis.Case) -> None:
    status = _holds(home, case)
    public = case.operation.definition.raw["security"] == []
    assert public or status in (401, 405), "a stranger was let in"


STORY = settings(
    max_examples=10,
    stateful_step_count=6,
    deadline=None,
    database=None,
    # What was made cannot be made again: a story that failed is not told anew.
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("number", range(max(1, EXAMPLES // 10)))
def test_a_story_of_several_requests_is_answered_as_told(home: House, number: int) -> None:
    class Story(schema.exclude(path=ENDING).as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {home.token}"}
            return {"base_url": home.url, "session": home.http, "headers": headers}

        def before_call(self, case: schemathesis.Case) -> None:
            spare_the_administrator(case)

        def validate_response(self, response: Any, case: schemathesis.Case, **options: Any) -> None:
            case.validate_response(response, excluded_checks=UNFIT)

    # Ids differ from story to story, which Hypothesis takes for a fault of the strategy.
    with suppress(FlakyStrategyDefinition):
        seed(number)(get_state_machine_test(Story, settings=STORY))()
