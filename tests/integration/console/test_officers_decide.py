"""An officer decides about one case: typed, looked at, said once; what is not possible is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.isolation import tables as t
from services.isolation.notices.report_refusal import report_refusal
from tests.integration.console.officers import Town, open_town
from tests.integration.isolation.saying import speaking

_refuse = speaking(report_refusal, "refusal.reported")


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def state(town: Town, case_id: str) -> Any:
    return next(row["state"] for row in town.isolation.rows(t.cases) if row["case_id"] == case_id)


def decided(town: Town, case_id: str, decision: str, **typed: str) -> Any:
    """From the case by the form and its preview, to the page after."""
    officer = town.officer()
    at = f"/cases/{case_id}/decide/{decision}"
    assert f'href="{at}"' in officer.get(f"/cases/{case_id}").text
    form = officer.get(at)
    before = state(town, case_id)
    preview = officer.send(form, at, **typed)
    assert preview.status_code == 200, preview.text
    assert all(value in preview.text for name, value in typed.items() if name in ("place", "escort", "note"))
    assert state(town, case_id) == before, "looking does nothing"
    for _ in range(2):  # a double click is one act
        answer = officer.send(preview, f"{at}/now")
        assert answer.status_code == 303, answer.text
    return officer.get(answer.headers["Location"])


@pytest.mark.parametrize(
    ("decision", "typed", "became", "says"),
    [
        ("cancel", {"because": "wrongly_opened"}, "cancelled", "The case is taken back"),
        ("move_to_central", {"place": "Site 2", "escort": "the driver"}, "moved_to_central", "central site"),
        ("move_to_hospital", {"place": "City 1", "escort": "120"}, "moved_to_hospital", "Call them"),
    ],
)
def test_a_case_is_ended_and_opened_again_from_its_page(
    town: Town, decision: str, typed: dict[str, str], became: str, says: str
) -> None:
    case_id = town.open_case()
    page = decided(town, case_id, decision, note="as agreed", **typed)
    assert says in page.text and state(town, case_id) == became
    assert "with a note, which stays sealed" in page.text and "as agreed" not in page.text
    assert len(town.isolation.recorded("case.changed")) == 1

    page = decided(town, case_id, "reopen", because="decided_by_mistake")
    assert "The case is open again" in page.text and state(town, case_id) == "open"
    assert "decided by mistake" in page.text and "reopened" not in page.text, "in words"


def test_who_takes_a_case_back_reads_first_who_will_be_told(town: Town) -> None:
    officer, at = town.officer(), f"/cases/{town.open_case()}/decide/cancel"
    preview = officer.send(officer.get(at), at, because="died")
    assert "has died" in preview.text and "Has died: no text goes to them." in preview.text


def test_a_refusal_is_decided_with_a_witness_and_settled(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    at = f"/cases/{case_id}/decide/refuse"
    form = officer.get(at)
    assert "(nurse)" in form.text and "(officer)" not in form.text, "nobody is their own witness"
    preview = officer.send(form, at, witness="nurse")
    early = officer.send(preview, f"{at}/now")
    assert early.status_code == 409 and "No refusal of theirs is recorded" in early.text
    assert state(town, case_id) == "open"

    said = {"what": "isolation", "why": "fear", "witness": "nurse", "what_would_help": None}
    assert _refuse(town.isolation, {"case_ids": [case_id], **said}).kind == "done"
    page = decided(town, case_id, "refuse", witness="nurse")
    assert state(town, case_id) == "refused" and "You have a task until that is settled" in page.text
    decided(town, case_id, "resume")
    assert state(town, case_id) == "active"


def test_what_is_missing_is_asked_for_and_what_is_not_possible_is_said(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer(language="zh-CN")
    at = f"/cases/{case_id}/decide/move_to_central"
    form = officer.get(at)
    answer = officer.send(form, at, place="某集中隔离点")
    assert answer.status_code == 422 and answer.text.count("fault") > 0 and "某集中隔离点" in answer.text
    assert "按个案现在的状态，不能这样决定" in officer.get(f"/cases/{case_id}/decide/reopen").text
    officer.get(f"/cases/{case_id}/decide/something", status=404)


def test_a_case_that_changed_meanwhile_is_looked_at_again(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    at = f"/cases/{case_id}/decide/cancel"
    form = officer.get(at)
    preview = officer.send(form, at, because="moved_away")
    late = officer.send(preview, f"{at}/now", expects="7")
    assert late.status_code == 409 and "It has changed meanwhile" in late.text
    assert 'name="expects" value="1"' in late.text and state(town, case_id) == "open"
