"""Of somebody who is reported thousands of times the next report costs no more than of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.sealing import Sealer
from services.registration import handover
from services.registration.arrivals import balance, find_likenesses, known_arrivals, same_report
from services.registration.reports.read_statements import MOST_OF_A_PUBLISHER
from tests.integration.registration.trial import CHINA, NOON, Trial, person, report

SOMEBODY = person(7)
FIRST = datetime(2022, 10, 1, 6, tzinfo=CHINA)


def passage(number: int, publisher: str = "gate-east", **changed: Any) -> dict[str, Any]:
    """Of one coming, ten seconds after the one before."""
    at = (FIRST + timedelta(seconds=10 * number)).isoformat()
    said = {"at": at, "time": at, "people": [SOMEBODY], "source_kind": "gate"} | changed
    return report(number, publisher=publisher, id=f"{publisher}-{number}", **said)


class Unsealed:
    """How many reports and rows were unsealed since it was asked last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        unseal = Sealer.unseal

        def counted(sealer: Sealer, *given: Any) -> Any:
            self.count += 1
            return unseal(sealer, *given)

        monkeypatch.setattr(Sealer, "unseal", counted)

    def since(self) -> int:
        count, self.count = self.count, 0
        return count


def test_the_thousandth_report_reads_no_more_than_the_hundredth(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.receive(*(passage(number) for number in range(2 * MOST_OF_A_PUBLISHER)))
    unsealed = Unsealed(monkeypatch)
    trial.receive(passage(500))
    few = unsealed.since()
    trial.receive(*(passage(number) for number in range(501, 1101)))
    unsealed.since()
    trial.receive(passage(1101))
    assert unsealed.since() == few <= MOST_OF_A_PUBLISHER + 2
    [arrival] = trial.arrivals()
    assert arrival["reports"] == 2 * MOST_OF_A_PUBLISHER + 602
    assert trial.read(balance.audit)["balanced"]
    assert not trial.read(handover.sums, NOON.date()).lacks


def test_somebodys_reports_are_not_compared_with_each_other(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That took 2 s of a batch where there were 3,000 already, and others waited for it."""
    compared = 0

    def counted(function: Callable[..., bool]) -> Callable[..., bool]:
        def count(*given: Any) -> bool:
            nonlocal compared
            compared += 1
            return function(*given)

        return count

    monkeypatch.setattr(find_likenesses, "are_alike", counted(find_likenesses.are_alike))
    monkeypatch.setattr(same_report, "is_same_report", counted(same_report.is_same_report))
    places = ("和平路1号", "和平路2号", "和平路3号")
    flood = [passage(n, address=places[n % 3], reference=f"R{n}") for n in range(300)]
    trial.receive(*flood[:200])
    trial.receive(*flood[200:])
    assert len(trial.arrivals()) == len(places)
    assert compared == 0
    trial.receive(passage(301, address=places[1], reference="R1"))
    assert compared > 0, "what has its reference is looked at"


def test_what_others_say_and_when_it_began_is_not_forgotten_for_it(trial: Trial) -> None:
    """A gate sees people again and again, and the first time counts; the railway knows the phone."""
    trial.receive(passage(0))
    trial.receive(passage(1, "rail", people=[{**SOMEBODY, "phone": "13900001111"}], source_kind="transport"))
    trial.receive(*(passage(number) for number in range(2, 3 * MOST_OF_A_PUBLISHER)))
    trial.receive(passage(999))
    [arrival] = trial.arrivals()
    assert arrival["arrived_at"] == FIRST
    assert set(arrival["source_kinds"]) == {"gate", "transport"}
    assert arrival["reports"] == 3 * MOST_OF_A_PUBLISHER + 1
    assert trial.person_of(arrival)["phone"] in ("13900001111", SOMEBODY["phone"])


def test_a_person_with_hundreds_of_arrivals_is_known_by_the_nearest_of_them(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(number: int) -> dict[str, Any]:
        return passage(number, address=f"和平路{number}号")

    trial.receive(*(elsewhere(number) for number in range(100)))
    unsealed = Unsealed(monkeypatch)
    trial.receive(elsewhere(1000))
    few = unsealed.since()
    trial.receive(*(elsewhere(number) for number in range(100, 300)))
    unsealed.since()
    trial.receive(elsewhere(1001))
    assert unsealed.since() == few <= 2 * known_arrivals._MOST_READ + 2
    trial.receive(passage(2000, address="和平路5号"))
    assert len(trial.arrivals()) == 302, "the 48-hour rule goes by the row of one that is not read"
    assert trial.read(balance.audit)["balanced"]


def test_a_coming_months_ago_is_not_even_looked_at(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    for month in ("03", "04", "05", "06", "07"):
        trial.clock.moment = datetime.fromisoformat(f"2022-{month}-01T12:00:00+08:00")
        at = f"2022-{month}-01T10:00:00+08:00"
        trial.receive(passage(int(month), at=at, time=at))
    trial.clock.moment = NOON
    looked_at: list[int] = []
    lock = known_arrivals.lock_drafts

    def watched(*given: Any) -> Any:
        drafts = lock(*given)
        looked_at.append(len(drafts))
        return drafts

    monkeypatch.setattr(known_arrivals, "lock_drafts", watched)
    trial.receive(passage(9))
    assert sum(looked_at) == 0 and len(trial.arrivals()) == 6
