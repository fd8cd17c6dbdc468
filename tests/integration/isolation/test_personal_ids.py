"""A laboratory's result whose ids hold the number that it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chassis.commands.by_broker import as_handler
from chassis.messaging.handed_in import hand_in
from contracts.envelope import dump_event, event_document, join_events
from services.isolation.door import COMMANDS
from tests.in_clear import in_clear
from tests.integration.isolation.test_results import NOON, follow, result
from tests.integration.isolation.trial import Trial

[TEST] = [command for command in COMMANDS if command.name == "report_test"]
NUMBER = "62040219900101997X"


def say(isolation: Trial, *, id: str = "2022-10-03-0031", **data: Any) -> Any:
    document = event_document(
        id=id, source="/lab-1/results", type="test.reported", data=result(NUMBER, **data), time=NOON
    )
    work = replace(isolation.work, by_door=True)
    [answer] = hand_in(work, as_handler("isolation", TEST), "lab-1", join_events([dump_event(document)]))
    return answer.data


@pytest.mark.parametrize(
    ("said", "field"),
    [({"id": f"{NUMBER}/1"}, "id"), ({"sample_id": f"S-{NUMBER.lower()}"}, "sample_id")],
)
def test_it_is_refused_and_the_number_is_kept_nowhere_in_clear(
    isolation: Trial, said: dict[str, Any], field: str
) -> None:
    follow(isolation, NUMBER)
    answer = say(isolation, **said)
    assert answer["outcome"] == "invalid"
    assert [(one["field"], one["code"]) for one in answer["reasons"]] == [(field, "id_personal")]
    assert NUMBER not in (in_clear(isolation.database) + str(answer)).upper()
    assert say(isolation)["outcome"] == "done"
