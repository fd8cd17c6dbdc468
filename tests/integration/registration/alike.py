"""Pairs of arrivals that may be one, made and decided in tests."""

from __future__ import annotations

from datetime import timedelta

from chassis.commands.command import Author, Outcome
from field.scope import EVERYWHERE, Scope
from services.registration import handover
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.following.decide_duplicate import decide_duplicate
from tests.integration.registration.following import OFFICER, arrival, carry_out, command
from tests.integration.registration.trial import CHINA, NOON, SAFE, Trial, identity_number, report

RISKY = {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-09-30"}
BORN = "1960-02-10"
BY_NUMBER = {
    "name": "欧阳示例",
    "identity_type": "resident_id",
    "identity_number": identity_number(40),
    "phone": "13900000040",
}
BY_BIRTH = {"name": "欧阳示例", "birth_date": BORN, "phone": "13900000041"}


def pair(trial: Trial) -> tuple[str, str]:
    """Two arrivals of one name and date of birth: (the first one, the second one)."""
    trial.receive(report(1, people=[BY_NUMBER]))
    trial.clock.moment += timedelta(minutes=1)
    trial.receive(report(2, people=[BY_BIRTH], stops=[RISKY], publisher="gate"))
    [row] = trial.rows(t.possible_duplicates)
    assert row["state"] == "open"
    first, second = sorted((row["first"], row["second"]), key=lambda id: arrival(trial, id)["created_at"])
    return first, second


def asked(trial: Trial, one: str, other: str) -> None:
    """Staff are asked about these two, whatever made them alike."""
    first, second = sorted((one, other))
    row = {"first": first, "second": second, "why": "same_phone", "state": "open", "opened_at": NOON}
    if (first, second) not in {(row["first"], row["second"]) for row in trial.rows(t.possible_duplicates)}:
        with trial.work.unit() as uow:
            uow.conn.execute(t.possible_duplicates.insert().values(row))


def decide(
    trial: Trial,
    ids: tuple[str, str],
    decision: str,
    expects: int = 1,
    author: Author = OFFICER,
    scope: Scope = EVERYWHERE,
) -> Outcome:
    data = {"first": ids[0], "second": ids[1], "decision": decision, "expects": expects}
    [outcome] = carry_out(trial, decide_duplicate, command(trial, "duplicate.decided", data, author, scope))
    return outcome


def adds_up(trial: Trial) -> bool:
    with trial.database.read() as conn:
        sums = handover.sums(conn, trial.clock.today(CHINA))
    return bool(trial.read(balance.audit)["balanced"]) and sums.balanced


def later(trial: Trial) -> None:
    trial.clock.moment += timedelta(minutes=5)


def a_third(trial: Trial) -> str:
    """One more arrival under another number, registered last."""
    later(trial)
    there = {row["id"] for row in trial.arrivals()}
    trial.receive(report(6, people=[{**BY_NUMBER, "identity_number": identity_number(41)}], stops=[SAFE]))
    [new] = [row["id"] for row in trial.arrivals() if row["id"] not in there]
    return str(new)
