"""A report becomes an arrival, or waits for correction: nothing is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from contracts.faults import Refused
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.intake.correct_report import correct_report
from services.registration.intake.receive_reports import receive_reports
from tests.integration.registration.trial import (
    CHINA,
    RISKY,
    Trial,
    as_event,
    outcomes,
    person,
    report,
)


def test_a_report_becomes_an_arrival_with_risk_place_and_worker(trial: Trial) -> None:
    trial.receive(report(1, stops=[RISKY]))
    (row,) = trial.arrivals()
    assert (row["state"], row["community"], row["grid"], row["placed_by"]) == ("assigned", "c1", "g1", "name")
    assert row["worker"] in ("w1", "w2")
    assert (row["risk_level"], row["risk_certainty"], str(row["left_on"])) == ("high", "exact", "2022-09-30")
    (event,) = trial.events("arrival.registered")
    assert event["id"] == f"arrival.registered:{row['id']}:1"
    assert event["correlationid"] == "rail-1"
    assert event["data"]["risk"]["areas"][0]["place"] == "京怡家园4号楼"
    assert as_event({**event, "source": "/x/y"}).problems == ()
    (reply,) = trial.events("report.accepted")
    assert reply["data"]["outcome"] == "registered"
    assert reply["data"]["arrival_ids"] == [row["id"]]
    assert as_event({**reply, "source": "/x/y"}).problems == ()


def test_nothing_personal_is_stored_or_told_in_clear(trial: Trial) -> None:
    one = person(1)
    trial.receive(report(1, address="石榴雅苑3号楼77室"), report(2, people=[{**person(2), "phone": "1"}]))
    everything = "".join(str(dict(row)) for table in t.metadata.sorted_tables for row in trial.rows(table))
    for secret in (one["name"], one["identity_number"], one["phone"], "77室", person(2)["name"]):
        assert secret not in everything


def test_an_invalid_report_is_kept_and_answered_with_all_reasons(trial: Trial) -> None:
    wrong = report(1, people=[{**person(1), "identity_number": "620402196001020011", "phone": "1"}])
    trial.receive(wrong)
    assert trial.arrivals() == []
    (kept,) = trial.rows(t.reports)
    assert kept["outcome"] == "needs_correction"
    assert trial.sealer.unseal(kept["sealed"], "report") == wrong
    (reply,) = trial.events("report.rejected")
    assert {reason["code"] for reason in reply["data"]["reasons"]} == {"identity_checksum", "phone_invalid"}
    assert as_event({**reply, "source": "/x/y"}).problems == ()
    assert kept["event_id"] == "rail-1"


def test_wrong_fields_are_reasons_too(trial: Trial) -> None:
    broken = report(1)
    broken["data"]["stops"][0]["from"] = "2022/09/20"
    del broken["data"]["person"]
    trial.receive(broken)
    (reply,) = trial.events("report.rejected")
    assert {reason["field"] for reason in reply["data"]["reasons"]} == {"stops[0].from", "person"}


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_times_at_the_ends_of_the_calendar_are_reasons_not_errors(trial: Trial, year: str) -> None:
    trial.receive(report(1, at=f"{year}-01-01T00:00:00+08:00", time=f"{year}-12-31T23:59:59-08:00"))
    (reply,) = trial.events("report.rejected")
    assert [reason["field"] for reason in reply["data"]["reasons"]] == ["time", "arrival.at"]


def test_a_source_that_is_not_the_publishers_is_refused(trial: Trial) -> None:
    with trial.work.unit() as uow:
        receive_reports(uow, [replace(as_event(report(1)), publisher="police")])
    (reply,) = trial.events("report.rejected")
    assert reply["data"]["reasons"][0]["code"] == "source_not_publisher"


def test_a_corrected_report_goes_the_same_way_and_both_are_kept(trial: Trial) -> None:
    wrong = report(1, people=[{**person(1), "identity_number": "1"}])
    trial.receive(wrong)
    (kept,) = trial.rows(t.reports)
    with trial.work.unit() as uow:
        new_id = correct_report(uow, kept["id"], report(1)["data"], by="officer-1")
    assert outcomes(trial) == ["corrected", "registered"]
    (again,) = [row for row in trial.rows(t.reports) if row["id"] == new_id]
    assert (again["corrects"], again["corrected_by"]) == (kept["id"], "officer-1")
    assert len(trial.arrivals()) == 1
    assert trial.read(balance.audit)["balanced"]


def test_only_a_report_that_needs_correction_can_be_corrected(trial: Trial) -> None:
    trial.receive(report(1))
    (kept,) = trial.rows(t.reports)
    with pytest.raises(Refused, match="does not need correction: it is registered") as conflict:
        correct(trial, kept["id"])
    unknown_id = "00000000-0000-7000-8000-000000000000"
    with pytest.raises(Refused, match=f"there is no report {unknown_id}") as unknown:
        correct(trial, unknown_id)
    assert (conflict.value.kind, unknown.value.kind) == ("conflict", "unknown")


def correct(trial: Trial, report_id: str) -> None:
    with trial.work.unit() as uow:
        correct_report(uow, report_id, report(1)["data"], by="officer-1")


def test_a_correction_that_is_wrong_too_needs_correction_again(trial: Trial) -> None:
    trial.receive(report(1, people=[{**person(1), "identity_number": "1"}]))
    (kept,) = trial.rows(t.reports)
    with trial.work.unit() as uow:
        correct_report(uow, kept["id"], {"person": 5}, by="officer-1")
    assert outcomes(trial) == ["corrected", "needs_correction"]


def test_an_expected_arrival_becomes_reported_when_its_coming_is_told(trial: Trial) -> None:
    trial.receive(report(1, publisher="self", expected=True, at="2022-10-02T10:00:00+08:00"))
    assert trial.arrivals()[0]["state"] == "expected"
    trial.receive(report(1, at="2022-10-01T10:00:00+08:00"))
    (row,) = trial.arrivals()
    assert (row["state"], row["expected"], row["reports"]) == ("assigned", False, 2)
    assert row["arrived_at"] == datetime(2022, 10, 1, 10, tzinfo=CHINA)
