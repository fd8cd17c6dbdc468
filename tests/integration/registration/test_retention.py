"""Of an arrival that isolation has stripped nothing personal is left, in its reports neither."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.database.personal import FORGOTTEN
from contracts.envelope import ONE, Event, dump_event, event_document, read_message
from contracts.registry import read_data
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.arrivals.history import short_of_lines
from services.registration.retention.hear_of_stripped import hear_of_stripped
from services.registration.retention.strip_arrivals import strip_arrivals
from services.registration.transfers.decide_transfer import decide_transfer
from services.registration.transfers.request_transfer import request_transfer
from tests.in_clear import opened
from tests.integration.registration.following import carry_out, command, follow
from tests.integration.registration.test_mended import mend
from tests.integration.registration.trial import Trial, identity_number, person, report

LATER = timedelta(days=190)
PHONE, AUNT = "13900000777", "13900000778"


def marked(order: int, **more: Any) -> dict[str, Any]:
    return person(order, name=f"Marker{order}", phone=PHONE, **more)


def whole(order: int = 7, **more: Any) -> dict[str, Any]:
    """A report in which every field that is somebody's says so."""
    return report(
        order,
        people=[marked(order), {"name": "Marker Junior", "birth_date": "2019-03-04"}],
        address="Marker Lane 7",
        stops=[{"division": "620502", "address": "the Marker inn", "from": "2022-09-20", "to": "2022-09-30"}],
        remarks="Marker travels with a cat",
        transport={"mode": "train", "number": "G1", "carriage": "05", "seat": "MARKER-12F"},
        **more,
    )


def said_stripped(*arrival_ids: str, at: Any) -> list[Event]:
    events = []
    for id in arrival_ids:
        data = {"case_id": id, "arrival_id": id, "household_id": None}
        document = event_document(
            id=f"case.stripped:{id}:1",
            source="/doorstep/isolation",
            type="case.stripped",
            data=data,
            time=at,
            subject=id,
            aggregateversion=1,
        )
        events.append(read_data(read_message(dump_event(document), ONE)[0]))
    return events


def strip(trial: Trial, *rows: Any) -> None:
    with trial.work.unit() as uow:
        hear_of_stripped(uow, said_stripped(*(row["id"] for row in rows), at=uow.now))
    until_done(trial)


def until_done(trial: Trial) -> None:
    for _ in range(20):
        with trial.work.unit() as uow:
            if not strip_arrivals(uow):
                return
    raise AssertionError("it does not end")


def known(trial: Trial) -> str:
    return opened(trial.database, trial.sealer, but=[*FORGOTTEN])


def balanced(trial: Trial) -> bool:
    with trial.database.read() as conn:
        return bool(balance.audit(conn)["balanced"]) and not short_of_lines(conn, 10)


def test_nothing_personal_is_left_of_a_household_whose_cases_are_stripped(trial: Trial) -> None:
    trial.receive(whole(), whole(publisher="police", time="2022-10-01T11:30:00+08:00"))
    rows = trial.arrivals()
    assert len(rows) == 2 and len(trial.rows(t.reports, "id")) == 2
    follow(trial, rows[0]["id"], "contacted", note="Marker was friendly")
    to = {"place": "c2", "address": "Marker Road 9", "note": "Marker's mother lives there"}
    asked = command(trial, "transfer.requested", {"arrival_id": rows[0]["id"], **to})
    [moves] = carry_out(trial, request_transfer, asked)
    answer = {"transfer_id": moves.result["transfer_id"], "decision": "refused", "expects": 0}
    no = command(trial, "transfer.decided", {**answer, "note": "nobody knows Marker"})
    assert carry_out(trial, decide_transfer, no)[0].kind == "done"
    before, before_rows = known(trial), trial.arrivals()
    assert before.count("Marker") > 10 and identity_number(7) in before and PHONE in before
    assert trial.rows(t.person_keys, "key") and trial.rows(t.likenesses, "arrival_id")
    trial.clock.moment += LATER
    strip(trial, *rows)
    after = known(trial)
    for value in ("Marker", "MARKER", identity_number(7), PHONE, "2019-03-04", "inn"):
        assert value not in after, value
    assert not trial.rows(t.person_keys, "key") and not trial.rows(t.likenesses, "arrival_id")
    kept = trial.arrivals()
    counted = ("id", "state", "version", "reports", "risk_level", "arrived_at", "community", "person_id")
    assert [[row[name] for name in counted] for row in kept] == [
        [row[name] for name in counted] for row in before_rows
    ]
    assert all(row["stripped_at"] and row["strip_on"] is None for row in kept) and balanced(trial)
    [transfer] = trial.rows(t.transfers)
    assert (transfer["state"], transfer["asked"], transfer["said"]) == ("stripped", None, None)


def test_a_report_goes_with_the_last_of_its_people(trial: Trial) -> None:
    trial.receive(whole())
    first, second = trial.arrivals()
    trial.clock.moment += LATER
    strip(trial, first)
    assert "Marker7" in known(trial) and "Marker Junior" in known(trial), "the other is still followed"
    strip(trial, second)
    assert "Marker" not in known(trial) and balanced(trial)


def test_whoever_has_another_arrival_is_still_found_by_their_number(trial: Trial) -> None:
    trial.receive(report(7, people=[marked(7)]))
    first = trial.arrivals()[0]
    trial.clock.moment += LATER
    again = {"at": "2023-04-09T10:00:00+08:00", "time": "2023-04-09T10:30:00+08:00"}
    trial.receive(report(7, id="again", people=[marked(7)], stops=[], **again))
    strip(trial, first)
    assert trial.rows(t.person_keys, "key")
    now, then = sorted(trial.arrivals(), key=lambda row: row["stripped_at"] is not None)
    assert now["person_id"] == then["person_id"] and trial.person_of(now)["name"] == "Marker7"
    trial.receive(report(7, id="a third", publisher="police", people=[marked(7)], stops=[], **again))
    assert len(trial.arrivals()) == 2 and balanced(trial)


def test_whoever_comes_again_is_somebody_new(trial: Trial) -> None:
    trial.receive(report(7, people=[marked(7)]))
    first = trial.arrivals()[0]
    trial.clock.moment += LATER
    strip(trial, first)
    again = {"at": "2023-04-09T10:00:00+08:00", "time": "2023-04-09T10:30:00+08:00"}
    trial.receive(report(7, id="again", people=[marked(7)], stops=[], **again))
    new = next(row for row in trial.arrivals() if row["id"] != first["id"])
    assert new["person_id"] != first["person_id"] and balanced(trial)


@pytest.mark.parametrize("remarks", [None, "was ill"])
def test_a_report_that_comes_again_is_parked_for_somebody_to_look_at(
    trial: Trial, remarks: str | None
) -> None:
    trial.receive(report(7, people=[marked(7)], remarks=remarks))
    trial.clock.moment += LATER
    strip(trial, *trial.arrivals())
    trial.receive(report(7, people=[marked(7)], remarks=remarks))
    [row] = trial.arrivals()
    assert trial.person_of(row) == {} and row["reports"] == 1
    parked = [one for one in trial.rows(t.reports, "id") if one["outcome"] == "needs_correction"]
    assert len(parked) == 1 and parked[0]["reasons"] and trial.events("report.rejected")
    assert balanced(trial)


def test_what_is_said_of_a_stripped_arrival_is_refused(trial: Trial) -> None:
    trial.receive(report(7, people=[marked(7)]))
    trial.clock.moment += LATER
    [row] = trial.arrivals()
    strip(trial, row)
    outcome = follow(trial, row["id"], "contacted", note="Marker again")
    assert (outcome.kind, [fault.code for fault in outcome.faults]) == ("conflict", ["stripped"])
    assert "Marker" not in known(trial)


def test_whose_name_was_mended_is_not_found_by_it_either(trial: Trial) -> None:
    trial.receive(whole())
    first, second = trial.arrivals()
    mend(trial, first["id"], name="Marker Mended", phone="13900000779")
    assert len(trial.rows(t.person_keys, "key")) > 1
    trial.clock.moment += LATER
    strip(trial, first, second)
    assert not trial.rows(t.person_keys, "key")


def test_a_report_with_somebody_who_waits_for_a_correction_stays_whole(trial: Trial) -> None:
    trial.receive(whole())
    rows = trial.arrivals()
    with trial.database.begin() as conn:
        conn.execute(update(t.reports).values(part_waits=True))
    trial.clock.moment += LATER
    strip(trial, *rows)
    assert "Marker7" in known(trial) and [row["part_waits"] for row in trial.rows(t.reports, "id")] == [True]
