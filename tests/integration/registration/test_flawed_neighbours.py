"""What becomes of what is sound does not depend on what flawed came along with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registration import tables as t
from tests.integration.registration.trial import RISKY, SAFE, Trial, person, report

INFANT = {"name": "甘小满", "birth_date": "2022-05-20"}
_WRONG_PEOPLE = st.sampled_from(
    [
        {},
        {"sex": "male"},
        {"name": 5},
        {"phone": "1", "name": "某"},
        [1],
        None,
        {**person(7), "identity_number": "1"},
    ]
)
_WRONG_STOPS = st.sampled_from([{}, None, {**SAFE, "division": "99"}, {**SAFE, "to": "?"}, {"from": 1}])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_WRONG_PEOPLE, max_size=3), st.lists(_WRONG_STOPS, max_size=2), st.booleans())
def test_what_becomes_of_a_sound_report_does_not_depend_on_flawed_neighbours(
    trial: Trial, people: list[Any], stops: list[Any], together: bool
) -> None:
    """Neighbours in the report and in the message; in the file, see test_report_lines.py."""
    with trial.database.begin() as conn:
        for table in (
            t.arrivals,
            t.reports,
            t.companion_arrivals,
            t.person_keys,
            t.possible_duplicates,
            t.likenesses,
        ):
            conn.execute(table.delete())
    plain = report(1, people=[person(1), INFANT], stops=[RISKY])
    flawed = deepcopy(plain)
    flawed["data"]["companions"] += people
    flawed["data"]["stops"] += stops
    broken = [report(90 + n, people=[one if isinstance(one, dict) else {}]) for n, one in enumerate(people)]
    trial.receive(plain)
    alone = _known(trial)
    with trial.database.begin() as conn:
        for table in (t.arrivals, t.reports, t.companion_arrivals, t.person_keys, t.likenesses):
            conn.execute(table.delete())
    trial.receive(*broken, flawed, batch=200 if together else 1)
    assert alone.items() <= _known(trial).items()


def _known(trial: Trial) -> dict[str, Any]:
    """The arrivals by id: who, how risky, where, in which household."""
    return {
        row["id"]: (trial.person_of(row)["name"], row["risk_level"], row["community"], row["household_id"])
        for row in trial.arrivals()
    }
