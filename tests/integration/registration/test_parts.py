"""One flawed part does not condemn the whole: the rest is acted upon, and the part can be corrected later."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.faults import Refused
from services.registration import tables as t
from services.registration.arrivals import balance, lookup
from services.registration.intake.correct_report import correct_report
from services.registration.reports.queries import needing_correction, reports_to_correct
from tests.integration.registration.trial import RISKY, SAFE, Trial, as_event, outcomes, person, report

INFANT = {"name": "甘小满", "birth_date": "2022-05-20", "sex": "female", "nationality": "CHN"}
WRONG_NUMBER = "620402196001020011"


def accepted(trial: Trial) -> dict[str, Any]:
    (reply,) = trial.events("report.accepted")
    assert as_event({**reply, "source": "/x/y"}).problems == ()
    data: dict[str, Any] = reply["data"]
    return data


def to_correct(trial: Trial) -> set[tuple[str, str]]:
    return {(part["field"], part["code"]) for part in accepted(trial).get("to_correct", ())}


def correct(trial: Trial, data: dict[str, Any]) -> None:
    (kept,) = [row for row in trial.rows(t.reports) if row["part_waits"]]
    with trial.work.unit() as uow:
        correct_report(uow, kept["id"], data, by="officer-1")


def waiting(trial: Trial) -> int:
    return sum(trial.read(needing_correction, trial.clock.now()).values())


def test_the_list_names_what_waits_without_its_value(trial: Trial) -> None:
    trial.receive(
        report(1, people=[person(1), {**person(2), "identity_number": WRONG_NUMBER}]),
        report(3, people=[{**person(3), "identity_number": WRONG_NUMBER}]),
    )
    found = trial.read(reports_to_correct, 10)
    named = {(one["event_id"], one["in_part"], one["reasons"][0]["field"]) for one in found}
    assert named == {
        ("rail-1", True, "companions[0].identity_number"),
        ("rail-3", False, "person.identity_number"),
    }
    assert WRONG_NUMBER not in str(found)
    assert len(trial.read(reports_to_correct, 1)) == 1


def adds_up(trial: Trial) -> bool:
    found = trial.read(balance.audit)
    assert found["reports_in_part"] == sum(bool(row["part_waits"]) for row in trial.rows(t.reports))
    return bool(found["balanced"])


# --- a flawed companion


def test_a_flawed_companion_waits_while_the_others_are_followed(trial: Trial) -> None:
    people = [person(1), {**person(2), "identity_number": WRONG_NUMBER}, person(3)]
    trial.receive(report(1, people=people, stops=[RISKY]))
    assert [row["risk_level"] for row in trial.arrivals()] == ["high", "high"]
    assert to_correct(trial) == {("companions[0].identity_number", "identity_checksum")}
    assert accepted(trial)["arrival_ids"] == [row["id"] for row in trial.arrivals()]
    assert outcomes(trial) == ["registered"]
    assert (waiting(trial), adds_up(trial)) == (1, True)


def test_who_waited_is_registered_by_the_correction_and_nobody_twice(trial: Trial) -> None:
    people = [person(1), {**person(2), "identity_number": WRONG_NUMBER}, person(3)]
    sound = report(1, people=[person(1), person(2), person(3)], stops=[RISKY])
    trial.receive(report(1, people=people, stops=[RISKY]))
    before = {row["id"] for row in trial.arrivals()}
    correct(trial, sound["data"])
    after = trial.arrivals()
    assert len(after) == 3 and before < {row["id"] for row in after}
    assert {row["reports"] for row in after} == {1}
    assert len({row["household_id"] for row in after}) == 1
    assert outcomes(trial) == ["corrected", "registered"]
    assert (waiting(trial), adds_up(trial)) == (0, True)
    assert len(trial.events("arrival.registered")) == 3


def test_an_arrival_has_the_id_it_would_have_had_without_the_fault(trial: Trial) -> None:
    trial.receive(report(1, people=[{**person(1), "identity_number": "1"}, person(2)]))
    correct(trial, report(1, people=[person(1), person(2)])["data"])
    found = {row["id"] for row in trial.arrivals()}
    trial.receive(report(1, people=[person(3), person(4)]))
    first, second = sorted(found)
    assert {row["id"] for row in trial.arrivals()} == {first, second}


def test_a_person_whose_number_is_wrong_holds_up_nobody_who_came_along(trial: Trial) -> None:
    trial.receive(report(1, people=[{**person(1), "identity_number": WRONG_NUMBER}, person(2), INFANT]))
    names = {trial.person_of(row)["name"] for row in trial.arrivals()}
    assert names == {person(2)["name"], INFANT["name"]}
    assert adds_up(trial)
    assert len(trial.read(lookup.arrivals_of_report, "rail-1", None)) == 2
    correct(trial, report(1, people=[person(1), person(2), INFANT])["data"])
    assert len(trial.arrivals()) == 3
    assert adds_up(trial)


def test_a_report_is_refused_where_nobody_can_be_known(trial: Trial) -> None:
    trial.receive(report(1, people=[{**person(1), "identity_number": WRONG_NUMBER}, INFANT]))
    assert trial.arrivals() == []
    (reply,) = trial.events("report.rejected")
    reasons = {(reason["field"], reason["code"]) for reason in reply["data"]["reasons"]}
    assert reasons == {
        ("person.identity_number", "identity_checksum"),
        ("companions[0]", "person_unknown"),
    }


@pytest.mark.parametrize("batch", [1, 200])
def test_a_report_that_its_source_sends_again_whole_waits_no_more(trial: Trial, batch: int) -> None:
    flawed = report(1, people=[person(1), {**person(2), "identity_number": WRONG_NUMBER}])
    trial.receive(flawed, report(1, id="again", people=[person(1), person(2)]), batch=batch)
    assert (len(trial.arrivals()), waiting(trial), adds_up(trial)) == (2, 0, True)


@pytest.mark.parametrize(
    "again",
    [
        report(1, id="again", people=[person(1)]),
        report(1, id="again", people=[person(1), person(3)]),
        report(1, id="again", publisher="self", people=[person(1), person(2)]),
        report(1, id="again", people=[person(1), {**person(2), "identity_number": WRONG_NUMBER}]),
        report(1, id="again", people=[person(1), person(2)], time="2022-10-01T10:29:00+08:00"),
    ],
)
def test_nobody_who_waits_is_forgotten_for_a_report_that_says_less(
    trial: Trial, again: dict[str, Any]
) -> None:
    trial.receive(report(1, people=[person(1), {**person(2), "identity_number": WRONG_NUMBER}]))
    trial.receive(again)
    assert waiting(trial) >= 1
    assert adds_up(trial)


def test_an_old_man_alone_without_a_phone_is_followed(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1, phone=None)], stops=[RISKY]))
    (row,) = trial.arrivals()
    assert (row["risk_level"], trial.person_of(row).get("contact")) == ("high", None)


def test_a_correction_may_leave_out_nobody_who_was_registered(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2), {"sex": "male"}]))
    with pytest.raises(Refused, match=r"companions\[0\]: was registered by this report"):
        correct(trial, report(1, people=[person(1)])["data"])
    assert (len(trial.arrivals()), waiting(trial), adds_up(trial)) == (2, 1, True)


def test_a_corrected_companion_with_another_fault_waits_again(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), {**person(2), "identity_number": "1"}]))
    correct(trial, report(1, people=[person(1), {**person(2), "identity_number": WRONG_NUMBER}])["data"])
    assert (len(trial.arrivals()), waiting(trial), adds_up(trial)) == (1, 1, True)
    correct(trial, report(1, people=[person(1), person(2)])["data"])
    assert (len(trial.arrivals()), waiting(trial), adds_up(trial)) == (2, 0, True)


def test_a_correction_takes_the_place_of_what_was_wrong_with_a_registered_person(
    trial: Trial,
) -> None:
    other = "13987654321"
    trial.receive(report(1, people=[{**person(1), "phone": "1"}]))
    assert trial.person_of(trial.arrivals()[0])["phone"] is None
    correct(trial, report(1, people=[person(1, phone=other)], address="和平家园2号楼")["data"])
    (row,) = trial.arrivals()
    assert (trial.person_of(row)["phone"], row["community"], row["reports"]) == (other, "c2", 1)
    assert trial.events("arrival.reassessed")[0]["data"]["change"]["why"][:2] == [
        "phone_changed",
        "address_changed",
    ]


def test_a_flawed_part_is_left_out_when_a_later_report_joins_too(trial: Trial) -> None:
    broken = {**person(1), "birth_date": "2022/01/01", "nationality": "China", "phone": "1"}
    trial.receive(report(1, people=[broken], stops=[{**RISKY, "from": "20.9."}]))
    trial.receive(report(2, publisher="self", people=[person(1)], stops=[SAFE]))
    (row,) = trial.arrivals()
    assert (row["reports"], row["risk_level"]) == (2, "high")
    assert adds_up(trial)
    (document,) = [r for r in trial.read(lookup.trace, row["id"], sealer=trial.sealer, reveal=True)["reports"]
                   if r["to_correct"]]  # fmt: skip
    assert {part["field"] for part in document["to_correct"]} == {
        "person.birth_date", "person.nationality", "person.phone", "stops[0].from",
    }  # fmt: skip


# --- optional fields


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("phone", "12345", "phone_invalid"),
        ("phone", "1" * 40, "contract"),
        ("phone", 13900000001, "contract"),
        ("birth_date", "2031-01-01", "birth_date_impossible"),
        ("birth_date", "1960/01/02", "contract"),
        ("sex", "female", "sex_differs"),
        ("sex", "女", "contract"),
        ("nationality", "China", "contract"),
        ("identity_type", "身份证", "contract"),
        ("name", "x" * 101, "contract"),
    ],
)
def test_whoever_can_be_known_is_followed_whatever_else_is_wrong(
    trial: Trial, field: str, value: Any, code: str
) -> None:
    trial.receive(report(1, people=[{**person(1), field: value}], stops=[RISKY]))
    assert [row["risk_level"] for row in trial.arrivals()] == ["high"]
    assert (f"person.{field}", code) in to_correct(trial)
    assert trial.person_of(trial.arrivals()[0])["identity_number"] == person(1)["identity_number"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"transport": {"mode": "train", "number": "G" * 30}}, "transport.number"),
        ({"transport": "G2001"}, "transport"),
        ({"remarks": "x" * 1001}, "remarks"),
        ({"language": "de"}, "language"),
        ({"source_kind": "hotel"}, "source_kind"),
        ({"reference": 5}, "reference"),
        ({"arrival": {"at": "2022-10-01T10:00:00+08:00", "entered_on": "28.9."}}, "arrival.entered_on"),
        ({"companions": "none"}, "companions"),
        ({"companions": [{**person(2 + n)} for n in range(31)]}, "companions"),
        ({"companions": [None]}, "companions[0]"),
        ({"companions": [["x"]]}, "companions[0]"),
        ({"stops": "Wuhan"}, "stops"),
        ({"stops": [None]}, "stops[0]"),
        ({"stops": [SAFE] * 61}, "stops"),
        ({"destination": {"division": "620102", "address": "石榴雅苑" + "x" * 300}}, "destination.address"),
        ({"destination": {"division": "62010299999999", "address": "石榴雅苑"}}, "destination.division"),
    ],
)
def test_a_detail_that_breaks_the_contract_waits_alone(
    trial: Trial, changed: dict[str, Any], field: str
) -> None:
    flawed = report(1)
    flawed["data"] |= changed
    trial.receive(flawed)
    assert trial.arrivals()
    assert field in {where for where, _ in to_correct(trial)}
    trial.receive(report(1, publisher="self"))  # it is read again
    assert adds_up(trial)


# --- stops and codes


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"division": "620499"}, "division"),
        ({"division": "620402x"}, "division"),
        ({"division": "6204020000000"}, "division"),
        ({"division": 620402}, "division"),
        ({"from": "2022-09-30", "to": "2022-09-20"}, "from"),
        ({"from": "2021-09-20", "to": "2021-09-30"}, "from"),
        ({"from": "20.9.2022"}, "from"),
        ({"from": None}, "from"),
        ({"to": "30.9."}, "to"),
        ({"to": "2023-09-30"}, "to"),
        ({"from": "2023-09-20", "to": "2023-09-30"}, "to"),
    ],
)
def test_a_flawed_stop_counts_as_far_as_it_is_known(
    trial: Trial, changed: dict[str, Any], field: str
) -> None:
    stop = {**RISKY, **changed}
    if field == "division":  # and in its city without the address, too
        trial.receive(report(2, people=[person(2)], stops=[{**stop, "address": None}]))
        assert trial.arrivals()[0]["risk_level"] == ("none" if stop["division"] == 620402 else "high")
    trial.receive(report(1, stops=[stop]))
    risks = [row["risk_level"] for row in trial.arrivals() if trial.person_of(row)["name"] == "旅客1"]
    assert risks == ["none" if changed.get("division") == 620402 else "high"]
    *_, reply = trial.events("report.accepted")
    assert f"stops[0].{field}" in {part["field"] for part in reply["data"]["to_correct"]}


def test_a_stop_of_which_nothing_is_known_leaves_the_risk_to_confirm(trial: Trial) -> None:
    nowhere = {"division": None, "address": None, "from": "2022-09-20", "to": "2022-09-30"}
    trial.receive(report(1, stops=[SAFE, nowhere]))
    (row,) = trial.arrivals()
    assert (row["risk_level"], row["risk_certainty"]) == ("none", "district_only")
    assert to_correct(trial) == {("stops[1]", "stop_without_place")}
    correct(trial, report(1, stops=[SAFE, RISKY])["data"])
    (row,) = trial.arrivals()
    assert (row["risk_level"], row["risk_certainty"], row["reports"]) == ("high", "exact", 1)


@pytest.mark.parametrize("batch", [1, 200])
def test_a_stop_that_waits_is_not_taken_back_by_a_list_that_leaves_it_out(trial: Trial, batch: int) -> None:
    def later(minute: int, *stops: dict[str, Any]) -> dict[str, Any]:
        return report(1, id=f"again-{minute}", time=f"2022-10-01T10:{minute}:00+08:00", stops=stops)

    other = {**SAFE, "division": "620503"}
    trial.receive(report(1, stops=[{**RISKY, "division": "620499"}]), later(31, SAFE), batch=batch)
    assert (trial.arrivals()[0]["risk_level"], waiting(trial), adds_up(trial)) == ("high", 1, True)
    trial.receive(later(32, SAFE, other), later(33, other), batch=batch)
    assert (trial.arrivals()[0]["risk_level"], waiting(trial), adds_up(trial)) == ("high", 1, True)
    trial.receive(later(34, RISKY), later(35, SAFE), batch=batch)
    assert (trial.arrivals()[0]["risk_level"], waiting(trial), adds_up(trial)) == ("none", 0, True)


def test_an_unknown_code_of_the_destination_counts_as_its_known_part(trial: Trial) -> None:
    trial.receive(report(1, destination={"division": "620199", "address": "石榴雅苑3号楼"}))
    (row,) = trial.arrivals()
    assert (row["community"], row["division"]) == ("c1", "6201")
    assert to_correct(trial) == {("destination.division", "division_unknown")}


def test_a_destination_of_which_nothing_is_known_condemns(trial: Trial) -> None:
    trial.receive(report(1, destination={"division": "999999", "address": " "}))
    (reply,) = trial.events("report.rejected")
    assert {r["field"] for r in reply["data"]["reasons"]} == {"destination.division", "destination"}


# --- who leans on another


def test_an_infant_without_document_or_phone_comes_with_its_mother(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), INFANT], stops=[RISKY]))
    mother, infant = sorted(trial.arrivals(), key=lambda row: trial.person_of(row)["phone"] is None)
    assert (mother["risk_level"], infant["risk_level"]) == ("high", "high")
    assert mother["household_id"] == infant["household_id"]
    contact = {"name": person(1)["name"], "phone": person(1)["phone"]}
    assert trial.person_of(infant)["contact"] == contact
    assert "contact" not in trial.person_of(mother)
    assert to_correct(trial) == set()


def test_an_infant_is_the_same_whichever_report_names_it_with_its_mother(trial: Trial) -> None:
    without_number = {"name": person(1)["name"], "phone": person(1)["phone"]}
    documents = [
        report(1, people=[person(1), INFANT]),
        report(1, publisher="self", people=[without_number, {"name": "甘 小满"}]),
        report(1, publisher="gate", people=[person(1, phone=None), INFANT]),
    ]
    trial.shuffled(documents, seed=5, batch=1)
    assert [row["reports"] for row in trial.arrivals()] == [3, 3]
    assert len({row["household_id"] for row in trial.arrivals()}) == 1
    assert adds_up(trial)


def test_infants_of_two_mothers_with_one_name_are_two(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), INFANT]), report(2, people=[person(2), INFANT]))
    assert len(trial.arrivals()) == 4


@pytest.mark.parametrize("infant", [{"name": "甘小满"}, {"birth_date": "2022-05-20"}])
def test_an_infant_named_with_the_father_here_and_the_mother_there_is_asked_about(
    trial: Trial, infant: dict[str, Any]
) -> None:
    twins = [infant, infant]
    trial.receive(
        report(1, people=[person(1), *twins]),
        report(2, publisher="self", people=[person(2), *twins], address="石榴苑 3#楼"),
        report(3, people=[person(3), infant], address="和平家园2号楼"),
        batch=1,
    )
    asked = trial.rows(t.possible_duplicates)
    assert [pair["why"] for pair in asked] == ["same_name_beside"] * 2
    assert len({id for pair in asked for id in (pair["first"], pair["second"])}) == 4


def test_an_infant_whose_leader_was_not_known_at_first_is_asked_about(trial: Trial) -> None:
    infant = {"name": "甘小满"}
    mother = {**person(1), "identity_number": WRONG_NUMBER}
    trial.receive(report(1, people=[mother, person(2), infant]))
    trial.receive(report(1, id="again", people=[person(1), person(2), infant]))
    (asked,) = trial.rows(t.possible_duplicates)
    names = {trial.person_of(row)["name"] for row in trial.arrivals() if row["id"] in asked.values()}
    assert (asked["why"], names) == ("same_name_beside", {"甘小满"})


def test_twins_without_a_name_are_two(trial: Trial) -> None:
    newborn = {"birth_date": "2022-09-20"}
    for publisher in ("rail", "self"):
        trial.receive(report(1, publisher=publisher, people=[person(1), newborn, newborn]))
    assert [row["reports"] for row in trial.arrivals()] == [2, 2, 2]
    assert adds_up(trial)


def test_an_old_man_without_a_phone_is_reached_through_who_came_along(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1, phone=None), person(2)]))
    contacts = [trial.person_of(row).get("contact") for row in trial.arrivals()]
    assert contacts == [{"name": person(2)["name"], "phone": person(2)["phone"]}, None]
