"""At the door two administrators publish a policy; one withdraws it, with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from chassis.commands.command import Author
from services.isolation import handover
from services.isolation.door import DOOR
from services.isolation.policies.tables import policies, policy_texts
from tests.doors import Visitor
from tests.integration.isolation.test_try_policy import NINTH, changed
from tests.integration.isolation.trial import Trial, arrival

LI, ZHOU = (Author("console", f"/console/{name}", "console") for name in ("li.min", "zhou.lan"))
LONGER = changed(medium={"days": 10})


class Administrators:
    def __init__(self, isolation: Trial) -> None:
        self.isolation, self.visitor = isolation, Visitor(DOOR, isolation.work)

    def say(self, who: Author, command: str, **data: Any) -> Any:
        """The result, or the codes of what is wrong."""
        answer = self.visitor.say(who, command, data)
        if answer.status_code != 200:
            return [fault["code"] for fault in answer.get_json()["faults"]]
        return answer.get_json()["result"]

    def proposed(self, document: dict[str, Any], who: Author = LI) -> str:
        return str(self.say(who, "propose_policy", document=document)["proposal_id"])

    def decide(self, who: Author, id: str, outcome: str = "published", **more: Any) -> Any:
        return self.say(who, "decide_policy", proposal_id=id, outcome=outcome, **more)

    def look(self, name: str, **data: Any) -> Any:
        answer = self.visitor.look_up(LI, name, **data)
        return answer.get_json() if answer.status_code == 200 else answer.status_code

    def sums(self) -> Any:
        with self.isolation.database.read() as conn:
            return handover.sums(conn, self.isolation.clock.now().date())


@pytest.fixture
def two(isolation: Trial) -> Administrators:
    return Administrators(isolation)


def test_one_proposes_another_publishes_and_either_withdraws(two: Administrators) -> None:
    came = arrival(level="medium")
    two.isolation.follow(came)
    days = two.isolation.case(came)["days"]
    id = two.proposed(LONGER)
    [waiting] = two.look("policies")["proposals"]
    assert (waiting["proposal_id"], waiting["source"], waiting["expects"]) == (id, "/console/li.min", 1)
    tried = two.look("try_policy", proposal_id=id)
    assert tried["open_cases"]["all"] == {"stricter": 0, "laxer": 0, "longer": 1, "shorter": 0, "same": 0}
    assert [place["name"] for place in tried["open_cases"]["places"]] == ["name of c-1"]
    assert (tried["followed"], tried["looked_at"]) == (1, 1)
    seen = two.look("policy_proposal", proposal_id=id)
    assert seen["differences"] == [{"path": "levels.medium.days", "before": days, "after": 10}]
    assert seen["document"] == LONGER and seen["decided_as"] is None

    assert two.decide(LI, id) == ["own_proposal"]
    two.isolation.run_timers()
    assert two.isolation.case(came)["days"] == days, "nothing holds that one person proposed"
    assert two.decide(ZHOU, id) == {"proposal_id": id, "policy_id": "cn-2022-06", "version": 2}
    two.isolation.run_timers()
    assert two.isolation.case(came)["days"] == 10
    assert two.decide(ZHOU, id) == two.decide(LI, id, "discarded") == ["decided_already"]

    policy = {"policy_id": "cn-2022-06"}
    assert two.look("policy", **policy)["restores"] == 1
    said = policy | {"expects": 2, "reason": "10 was typed for 7"}
    assert two.say(LI, "withdraw_policy", **said | {"expects": 1}) == ["conflict"]
    assert two.say(LI, "withdraw_policy", **said) == policy | {"version": 3, "restored": 1}
    two.isolation.run_timers()
    assert two.isolation.case(came)["days"] == days
    found = two.look("policy", **policy)
    assert [(text["version"], text["what"], text["source"], text["reason"]) for text in found["texts"]] == [
        (3, "withdrawn", "/console/li.min", "10 was typed for 7"),
        (2, "published", "/console/zhou.lan", None),
        (1, "published", "/command-line", None),
    ]
    assert found["document"] == NINTH and (found["version"], found["shown"]) == (3, 3)
    older = two.look("policy", **policy, version=2)
    assert older["document"] == LONGER and older["differences"] == seen["differences"]
    assert two.look("policy", **policy, version=9) == two.look("policy", policy_id="nowhere") == 404
    counted = two.sums()
    assert counted.by_subject["commands_to_isolation"] == {"done": 3, "in_history": 3}
    assert two.isolation.audit()["balanced"]


def test_a_proposal_is_discarded_and_stays_unpublished(two: Administrators) -> None:
    id = two.proposed(LONGER)
    assert two.decide(LI, id, "discarded", reason="wrong file") == {
        "proposal_id": id,
        "policy_id": "cn-2022-06",
    }
    assert two.decide(ZHOU, id) == ["decided_already"] and two.look("policies")["proposals"] == []
    seen = two.look("policy_proposal", proposal_id=id)
    assert (seen["decided_as"], seen["decided_by"], seen["reason"]) == (
        *("discarded", "/console/li.min", "wrong file"),
    )
    assert len(two.look("policy", policy_id="cn-2022-06")["texts"]) == 1


def test_what_was_decided_on_must_stand_still(two: Administrators) -> None:
    """Of two proposals to one text, the second was not seen on top of the first."""
    first, second = two.proposed(LONGER), two.proposed(changed(high={"measure": "home_isolation"}), ZHOU)
    assert two.decide(ZHOU, first)["version"] == 2
    assert two.decide(LI, second) == ["changed_since"]
    again = two.proposed(changed(high={"measure": "home_isolation"}), ZHOU)
    assert two.decide(LI, again)["version"] == 3


def test_what_cannot_be_published_cannot_be_proposed(two: Administrators) -> None:
    faulty = {**NINTH, "places": ["x"], "valid_from": "soon"}
    for document, codes in ((NINTH, {"in_force"}), (faulty, {"contract"}), ({}, {"contract"})):
        assert set(two.say(LI, "propose_policy", document=document)) == codes
    [answer] = {
        fault["field"]
        for fault in two.visitor.say(LI, "propose_policy", {"document": faulty}).get_json()["faults"]
    } - {"document.valid_from"}
    assert answer == "document.places[0]" and two.look("policies")["proposals"] == []


def test_a_text_that_names_whom_no_new_one_can_tell_is_shown(two: Administrators) -> None:
    before = two.look("policy", policy_id="cn-2022-06")
    stored = changed(low={"told": ["resident", "reporter"]})
    with two.isolation.database.begin() as conn:
        for table in (policies, policy_texts):
            conn.execute(update(table).where(table.c.policy_id == "cn-2022-06").values(document=stored))
    assert two.look("policy", policy_id="cn-2022-06") == before | {"document": stored}


def test_staff_neither_propose_nor_see_proposals(two: Administrators) -> None:
    id = two.proposed(LONGER)
    for command, data in (
        ("propose_policy", {"document": LONGER}),
        ("decide_policy", {"proposal_id": id, "outcome": "published"}),
        ("withdraw_policy", {"policy_id": "cn-2022-06", "expects": 1, "reason": "x"}),
    ):
        assert two.visitor.say("district", command, data).status_code == 403
    headers = two.visitor.headers("district")
    assert two.visitor.client.post("/lookups/policies", json={}, headers=headers).status_code == 403


def test_of_very_many_cases_some_are_tried_that_chance_chooses(
    two: Administrators, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"0183918a-6b10-7f02-8d6c-2a9f5e71b0{end}" for end in ("10", "20", "a1", "b2")]
    two.isolation.follow(*(arrival(id, level="medium") for id in ids))
    id = two.proposed(LONGER)
    monkeypatch.setattr("services.isolation.cases.try_proposal.MOST", 2)
    tried = two.look("try_policy", proposal_id=id)
    assert (tried["followed"], tried["looked_at"]) == (4, 2) and tried["open_cases"]["all"]["longer"] == 2
