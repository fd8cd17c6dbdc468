"""Whatever is said of arrivals that are made one and two again, what is stored is what the history says."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import pytest

from services.registration import tables as t
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.arrivals.known_arrivals import read_drafts, read_earlier_statements
from services.registration.arrivals.states import ENDED
from services.registration.following.mend_person import mend_person
from tests.integration.registration.alike import (
    BY_BIRTH,
    BY_NUMBER,
    a_third,
    adds_up,
    asked,
    decide,
    later,
    pair,
)
from tests.integration.registration.following import carry_out, command, follow
from tests.integration.registration.trial import Trial, report


def as_read_again(trial: Trial) -> dict[str, tuple[Any, ...]]:
    """Of each arrival what its reports and its history say now, its own and those lent to it."""
    found = {}
    with trial.work.unit() as uow:
        catalogue = read_catalogue(uow)
        drafts = read_drafts(uow.conn, t.arrivals.c.id.is_not(None))
        read_earlier_statements(uow, catalogue, drafts)
        for draft in drafts:
            coming, standing_now = draft.coming(), draft.standing
            matters = ",".join(sorted(standing_now.to_settle)) or None
            counts = coming.reports, coming.source_kinds, coming.person.phone, coming.language
            found[draft.arrival_id] = (*counts, coming.not_coming, matters)
    return found


def as_stored(trial: Trial) -> dict[str, tuple[Any, ...]]:
    return {
        row["id"]: (
            row["reports"],
            tuple(row["source_kinds"]),
            trial.person_of(row)["phone"],
            row["language"],
            row["state"] in ENDED,
            row["to_settle"],
        )
        for row in trial.arrivals()
    }


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_and_decided_what_is_stored_is_what_the_history_says(
    trial: Trial, seed: int
) -> None:
    """One step after another, at random; at last all pairs are made two, and none is merged."""
    chance = random.Random(seed)
    one, other = pair(trial)
    ids = [one, other, a_third(trial)]
    for first, second in combinations(ids, 2):
        asked(trial, first, second)
    pairs = list(combinations(ids, 2))
    for step in range(30):
        later(trial)
        id = chance.choice(ids)
        match chance.randrange(5):
            case 0 | 1:
                decide(trial, chance.choice(pairs), chance.choice(("same", "apart")), chance.choice((1, 2)))
            case 2:
                follow(trial, id, chance.choice(("contacted", "verified", "not_here", "wrong_number")))
            case 3:
                right = {"arrival_id": id, "phone": f"139{seed:04}{step:04}"}
                assert carry_out(trial, mend_person, command(trial, "person.mended", right))[0].kind == "done"
            case 4:
                who = chance.choice((BY_NUMBER, BY_BIRTH))
                said = trial.clock.now().isoformat()
                trial.receive(report(100 + step, people=[who], publisher=f"gate{step}", time=said))
        assert as_stored(trial) == as_read_again(trial), f"step {step}"
        assert adds_up(trial)
    for _ in pairs:
        for two in pairs:
            decide(trial, two, "apart", 2)
    assert "merged" not in {row["state"] for row in trial.arrivals()}
    assert as_stored(trial) == as_read_again(trial) and adds_up(trial)
