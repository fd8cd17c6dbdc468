"""A close contact is in a centre first and then at home: the change between the two, and the release."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation.cases.apply_policies import apply_policies
from services.isolation.cases.explain_case import explain_case
from services.isolation.cases.told_story import CASE_STORY
from services.isolation.cases.try_policy import try_policy
from services.isolation.central.import_centres import import_centres
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.policies.documents import shipped
from services.isolation.policies.import_policy import import_policy
from services.isolation.release.propose_releases import propose_releases
from tests.doors import Visitor
from tests.integration.isolation.test_central import SITE, balanced, beds, moved, person, settle, states
from tests.integration.isolation.test_household_page import ask
from tests.integration.isolation.test_permits import request, times, wanted
from tests.integration.isolation.test_positives import HOSPITAL, came, decide, found, history, said
from tests.integration.isolation.test_release import at
from tests.integration.isolation.test_results import report, result
from tests.integration.isolation.trial import CHINA, SEALER, Trial, arrival, china

MONITORING = {"measure": "home_health_monitoring", "days": 3, "until": "2022-10-11"}


def negative(isolation: Trial, of: Event, *days: int) -> None:
    """Taken at noon of these days of October, known in the evening."""
    for day in days:
        at(isolation, f"2022-10-{day:02} 20:00")
        taken = china(f"2022-10-{day:02} 12:00")
        assert report(isolation, result(of, at=taken, sample_id=f"{of.subject}-{day}")).kind == "done"
    isolation.until_done(propose_releases)


def standing(isolation: Trial, of: Event) -> tuple[str, str, date, date]:
    case = isolation.case(of)
    return case["state"], case["measure"], case["counted_from"], case["release_on"]


def kinds(isolation: Trial, of: Event) -> list[list[str]]:
    changed = [event for event in isolation.recorded("case.changed") if event.subject == of.subject]
    return [event.data["change"]["kinds"] for event in changed]


def to_do(isolation: Trial, of: Event) -> set[str]:
    return {task["kind"] for task in isolation.tasks(of, "due", "missed")}


def on_the_page(isolation: Trial, of: Event) -> dict[str, Any]:
    """What the page of their household says of them."""
    people = ask(isolation, of.data["household_id"]).json["people"]
    [page] = [one for one in people if one["case_id"] == of.subject]
    return page


def refused(isolation: Trial, of: Event) -> list[str]:
    return [fault.code for fault in decide(isolation, of, "release").faults]


def test_a_contact_goes_on_at_home_after_the_days_of_the_centre_and_is_released_after_both(
    isolation: Trial,
) -> None:
    home = {"household_id": new_id(), "person": SEALER.seal({"name": "王敏"})}
    mother = came(isolation, **home)
    child, aunt = (came(isolation, level="low", left_on=date(2022, 9, 30), **home) for _ in range(2))
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    central = ("open", "central_isolation", date(2022, 10, 1), date(2022, 10, 8))
    assert standing(isolation, child) == standing(isolation, aunt) == central
    decide(isolation, aunt, "move_to_central", **HOSPITAL)

    page = on_the_page(isolation, child)
    assert page["then"] == [MONITORING]
    assert [test["on"][-2:] for test in page["tests"]] == ["02", "03", "04", "06", "08"]
    door = Visitor(DOOR, isolation.work)
    assert door.get("officer", f"/{CASE_STORY.name}/{child.subject}").json["then"] == [MONITORING]

    days = ((10, "done"), (12, "invalid"))
    leave = [(times(f"2022-10-{on} 13:00", f"2022-10-{on} 15:00"), kind) for on, kind in days]
    said_of_leave = [(request(isolation, wanted([child], outings=[one])).kind, kind) for one, kind in leave]
    assert said_of_leave == [("done", "done"), ("invalid", "invalid")], "up to the end of what is planned"

    negative(isolation, child, 2, 3, 4, 6)
    at(isolation, "2022-10-08 07:00")
    assert standing(isolation, child) == central, "the test of the last day is still to come"
    assert refused(isolation, child) == ["another_stage"]
    negative(isolation, child, 8)

    at_home = ("open", "home_health_monitoring", date(2022, 10, 8), date(2022, 10, 11))
    assert standing(isolation, child) == at_home
    assert kinds(isolation, child) == [["stricter"], ["laxer", "next_stage"]]
    changed = isolation.recorded("case.changed")[-1].data
    assert {"signed_notice", "supplies"} <= to_do(isolation, child)
    assert "confirm_release" not in to_do(isolation, child) and isolation.audit()["balanced"]
    assert history(isolation, child)[-1] == "laxer+next_stage"
    page = on_the_page(isolation, child)
    assert page["then"] == [] and (page["day"], page["days"]) == (0, 3)
    assert [test["on"][-2:] for test in page["tests"]] == ["02", "03", "04", "06", "08", "11"]
    assert refused(isolation, child)[0] == "held_by_days"

    with isolation.database.read() as conn:
        explained = explain_case(conn, child.subject, zone=CHINA)
    assert explained
    assert [(step.stage, step.measure, step.then) for step in explained.steps] == [
        (0, "self_monitoring", ()),
        (0, "central_isolation", (("home_health_monitoring", 3),)),
        (1, "home_health_monitoring", ()),
    ]
    assert explained.steps[-1].line.endswith("close_contact, stages[1]")

    # whoever comes home from the centre, a day late, begins there with the same stage
    at(isolation, "2022-10-09 10:00")
    assert refused(isolation, aunt) == ["another_stage"]
    assert door.get("officer", f"/{CASE_STORY.name}/{aunt.subject}").json["then"] == [MONITORING]
    assert decide(isolation, aunt, "reopen", because="came_back").kind == "done"
    assert standing(isolation, aunt)[1:] == at_home[1:]
    assert kinds(isolation, aunt)[-1][:2] == ["reopened", "next_stage"]
    assert "test" not in to_do(isolation, aunt), "those of before were the centre's"

    assert tried(isolation)["same"] == 0 and tried(isolation)["longer"] == 2
    negative(isolation, child, 11)
    assert standing(isolation, child)[0] == "release_review"
    assert decide(isolation, child, "release").kind == "done"
    paper = door.look_up("officer", "release_certificate", case_id=child.subject)
    assert [list(one.values()) for one in paper.json["stages"]] == [
        ["central_isolation", 7, "2022-10-01", "2022-10-08"],
        ["home_health_monitoring", 3, "2022-10-08", "2022-10-11"],
    ]
    assert changed["change"]["previous_measure"] == "central_isolation"
    assert isolation.audit()["balanced"]


def test_a_bed_still_held_as_they_go_on_at_home_is_given_back_and_nobody_fetches_them(
    isolation: Trial,
) -> None:
    """One bed was not reached in time; of another the decision was taken back, to be decided anew."""
    isolation.do(import_centres, SITE)
    ninth: dict[str, Any] = next(one for one in shipped() if one["policy_id"] == "cn-2022-06")
    low = {**ninth["levels"]["low"], "measure": "home_health_monitoring"}
    ninth["levels"] = {**ninth["levels"], "low": low}  # of as many days as the second stage, with other tests
    isolation.do(import_policy, ninth)
    home = {"household_id": new_id()}
    mother = came(isolation, **home)
    child, aunt = (came(isolation, level="low", left_on=date(2022, 9, 30), **home) for _ in range(2))
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    _, of_aunt = moved(isolation, person(isolation, child), person(isolation, aunt))
    assert settle(isolation, of_aunt, outcome="taken_back").kind == "done"
    of_centre = {"escort_to_site", "confirm_admission", "settle_central"}
    assert (of_centre & to_do(isolation, child), of_centre & to_do(isolation, aunt)) == (
        {"escort_to_site", "confirm_admission"},
        {"escort_to_site", "settle_central"},
    )
    for one in (child, aunt):
        negative(isolation, one, 2, 3, 4, 6, 8)
        assert standing(isolation, one)[1] == "home_health_monitoring"
    tests = on_the_page(isolation, aunt)["tests"]
    assert [test["on"][-2:] for test in tests] == ["02", "03", "04", "06", "08", "11"]
    isolation.until_done(plan_again)
    assert not of_centre & (to_do(isolation, child) | to_do(isolation, aunt))
    assert states(isolation) == ["let_go", "let_go"] and balanced(isolation)
    assert {held for _, held, _ in beds(isolation).values()} == {0}

    # a correction takes the second stage away: it ends, and an officer releases them
    first, second = ninth["close_contact"]["stages"]
    only = {**first, "on_release": second["on_release"]}
    isolation.do(import_policy, {**ninth, "close_contact": only})
    isolation.until_done(apply_policies)
    assert standing(isolation, child)[1::2] == ("home_health_monitoring", date(2022, 10, 8))
    assert kinds(isolation, child)[-1] == ["laxer"] and "escort_to_site" not in to_do(isolation, child)
    isolation.until_done(propose_releases)
    assert standing(isolation, child)[0] == "release_review"
    assert decide(isolation, child, "release").kind == "done" and balanced(isolation)


def test_whoever_came_from_abroad_goes_on_at_home_after_what_was_left_of_the_centre(
    isolation: Trial,
) -> None:
    of = came(isolation, level="none", household_id=new_id(), entered_on=date(2022, 9, 28))
    central = ("open", "central_isolation", date(2022, 9, 28), date(2022, 10, 5))
    assert standing(isolation, of) == central
    monitoring = {**MONITORING, "until": "2022-10-08"}
    page = on_the_page(isolation, of)
    assert (page["entered_on"], page["then"], page["risk_level"]) == ("2022-09-28", [monitoring], "none")
    door = Visitor(DOOR, isolation.work)
    story = door.get("officer", f"/{CASE_STORY.name}/{of.subject}").json
    assert (story["entered_on"], story["then"]) == ("2022-09-28", [monitoring])
    negative(isolation, of, 1, 3, 5)
    assert standing(isolation, of) == (
        *("open", "home_health_monitoring", date(2022, 10, 5), date(2022, 10, 8)),
    )
    with isolation.database.read() as conn:
        explained = explain_case(conn, of.subject, zone=CHINA)
    assert explained and {step.entered_on for step in explained.steps} == {date(2022, 9, 28)}
    assert [step.line for step in explained.steps] == [
        f"levels.none, and inbound, stages[{number}]" for number in (0, 1)
    ]
    assert explained.steps[0].counted_by == "entry" and isolation.audit()["balanced"]
    # A better word says that they had been there before: nothing is left of their days.
    word = {"household_id": of.data["household_id"], "entered_on": date(2022, 8, 28)}
    isolation.follow(arrival(of.subject, version=2, level="none", at=isolation.clock.moment, **word))
    assert standing(isolation, of)[1] == "inform_only" and kinds(isolation, of)[-1] == ["laxer"]
    assert on_the_page(isolation, of)["entered_on"] is None


def tried(isolation: Trial) -> dict[str, int]:
    """What a longer second stage would change for whoever is followed."""
    document: dict[str, Any] = next(one for one in shipped() if one["policy_id"] == "cn-2022-06")
    first, second = document["close_contact"]["stages"]
    longer = {**document, "close_contact": {"stages": [first, {**second, "days": 5}]}}
    with isolation.database.read() as conn:
        effects = try_policy(conn, longer, now=isolation.clock.now(), zone=CHINA).open_cases
    return {
        name: sum(n for (_, found), n in effects.places.items() if found == name)
        for name in ("same", "longer")
    }
