"""What workers say at a door is noted whole or answered plainly, and what they typed is not lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from chassis.doors.roles import roles
from chassis.ids import new_id
from services.console.pages.workers.who_walks import ROLES
from services.isolation import tables as of_isolation
from services.registration.arrivals.tables import arrivals
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def send(phone: Phone, path: str, act: str, page: TestResponse, status: int, /, **typed: Any) -> TestResponse:
    """The form of this page, as it was when it was loaded."""
    answer = phone.browser.post(f"{path}/{act}", token=token_of(page), **(hidden(page, act) | typed))
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer


def fever(town: Round, phone: Phone) -> TestResponse:
    """The question whether a fever of the mother at 3-2-501 is right."""
    path, mother = town.household("林玉兰"), town.case("林玉兰")["case_id"]
    typed = {f"temperature-{mother}": "396", f"how-{mother}": "seen"}
    return send(phone, path, "check-in", phone.get(f"{path}/check-in"), 200, **typed)


def test_who_must_see_to_an_alarm_is_told_so_and_not_that_others_do(town: Round) -> None:
    nurse, path = town.phone("h-0021"), town.household("林玉兰")
    sent = send(nurse, path, "check-in", fever(town, nurse), 303, sure="yes")
    after = nurse.get(sent.headers["Location"]).text
    assert "You must see to it by 08:50." in after and "Must see to it by 08:50:" not in after


def first_visit(town: Round, name: str) -> str:
    [task] = [one for one in town.tasks(name) if one["kind"] == "first_contact"]
    return str(task["task_id"])


def test_what_a_colleague_did_meanwhile_is_not_called_done_for_all(town: Round, phone: Phone) -> None:
    path, names = town.household("林玉兰"), ("林玉兰", "林小雨")
    both = [first_visit(town, name) for name in names]
    page, nurse = phone.get(path), town.phone("h-0021")
    of_nurse = token_of(nurse.get(f"{path}/check-in"))
    nurse.browser.post(f"{path}/done", token=of_nurse, key=new_id(), how="by_phone", task=both[0])
    for _ in range(2):
        sent = send(phone, path, "done", page, 303, how="seen", task=both)
        after = phone.get(sent.headers["Location"]).text
        assert "It has changed meanwhile" in after and "Done, and noted" not in after
    assert [len(town.tasks(name, "done")) for name in names] == [1, 1], "what was open is noted"
    told = town.isolation.recorded("case.contacted")
    assert [one.data["how"] for one in told] == ["by_phone", "seen"]


def test_what_was_done_of_a_form_is_not_done_again_when_the_rest_was_refused(
    town: Round, phone: Phone
) -> None:
    path = town.household("林玉兰")
    cases = sorted(town.case(name)["case_id"] for name in ("林玉兰", "林小雨"))
    with town.registration.work.unit() as uow:  # the second of them is not there any more
        uow.conn.execute(arrivals.delete().where(arrivals.c.id == cases[1]))
    page, typed = phone.get(f"{path}/mend"), {"address": "春和家园3号楼1单元501", "who": cases}
    for _ in range(2):
        page = send(phone, path, "mend", page, 422, **typed)
    acts = {row["id"]: row["acts"] for row in town.registration.arrivals()}
    assert acts[cases[0]] == 1


@pytest.mark.parametrize(
    ("act", "typed"),
    [("refusal", {"what": "visit", "why": "fear"}), ("notice", {"outcome": "refused_to_sign"})],
)
def test_a_witness_who_is_not_of_the_team_is_named_by_number(
    town: Round, phone: Phone, act: str, typed: dict[str, str]
) -> None:
    """A team of one has nobody else to name."""
    path, case_id = town.household("赵大山"), town.case("赵大山")["case_id"]
    cases = of_isolation.cases
    with town.isolation.work.unit() as uow:
        alone = cases.update().where(cases.c.case_id == case_id)
        uow.conn.execute(alone.values(team=[["grid_worker", "w-0117"]]))
    page = phone.get(f"{path}/{act}")
    assert 'name="witness"' not in page.text
    for number, says in (
        ("", "missing|Choose"),
        ("w-0117", "Nobody witnesses"),
        ("x-1", "no such member"),
    ):
        page = send(phone, path, act, page, 422, **typed, witness_number=number)
        beside = re.search(r'id="witness_number-fault">.*?</span>', page.text, re.S)
        assert beside and re.search(says, beside[0]) and f'value="{number}"' in page.text
    send(phone, path, act, page, 303, **typed, witness_number="d-0001")


def test_contact_persons_and_the_best_time_are_taken_away(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    page = phone.get(f"{path}/contact")
    aunt = {"contact_name": "林芳", "contact_phone": "13909311888", "contact_relation": "aunt"}
    for _ in range(2):
        send(phone, path, "contact", page, 303, **aunt, best_time="after 19:00")
    page = phone.get(f"{path}/contact")
    assert page.text.count('name="gone"') == 1, "whoever is added by a double tap stands once"
    send(phone, path, "contact", page, 303, contact_name="林伯", contact_phone="13909311889", best_time="x")
    page = phone.get(f"{path}/contact")
    gone = re.search(r'name="gone" value="([^"]*林芳)"', page.text)
    assert gone
    send(phone, path, "contact", page, 303, gone=gone[1], best_time="")
    after = phone.get(path).text
    assert "13909311889" in after and "13909311888" not in after
    assert "Best time to ring" not in after and 'value="x"' not in phone.get(f"{path}/contact").text


def test_whoever_typed_something_wrong_finds_it_in_the_form_and_not_an_empty_one(
    town: Round, phone: Phone
) -> None:
    path, mother = town.household("林玉兰"), town.case("林玉兰")["case_id"]
    again = send(phone, path, "check-in", fever(town, phone), 200, sure="no")
    assert f'name="temperature-{mother}" inputmode="decimal" autocomplete="off" value="396"' in again.text
    assert f'name="how-{mother}" value="seen" checked' in again.text
    right = {f"temperature-{mother}": "369", f"how-{mother}": "seen"}
    send(phone, path, "check-in", again, 303, **right)
    [kept] = town.isolation.rows(of_isolation.check_ins)
    assert kept["temperature"] == 369


def test_whoever_goes_from_door_to_door_may_do_all_that_a_household_page_offers(town: Round) -> None:
    acts_of_cases = (
        *("report_task", "report_check_in", "sign_notice", "report_refusal", "report_home", "change_contact"),
        *("ask_need", "answer_need"),
    )
    offered = {"isolation": acts_of_cases, "registration": ("mend_person", "follow_arrival")}
    for service, acts in offered.items():
        for act in acts:
            assert [role for role in ROLES if not roles().may(role, service, act)] == [], act
    nurse, path = town.phone("h-0021"), town.household("赵大山")
    mend, one_more = nurse.get(f"{path}/mend"), nurse.get(f"{path}/person")
    send(nurse, path, "mend", mend, 303, address="春和家园3号楼2单元603")
    send(nurse, path, "person", one_more, 303, name="赵小寒", birth_date="2021-12-21")
    town.sync()
    assert "*寒</bdi>, 9 months" in nurse.get(path).text


def test_a_home_that_does_not_suit_is_said_of_all_at_once(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    mother, child = (town.case(name)["case_id"] for name in ("林玉兰", "林小雨"))
    page = send(phone, path, "home-suits", phone.get(f"{path}/home-suits"), 422, suits="no")
    assert "Say what is missing." in page.text
    typed = {"suits": "no", "lacks": "own_toilet", f"group-{mother}": "", f"group-{child}": "under_14"}
    page = send(phone, path, "home-suits", page, 422, **typed)
    assert "name who cares for them there" in page.text and 'value="under_14" selected' in page.text
    page = send(phone, path, "home-suits", page, 303, **typed, **{f"carer-{child}": "the grandmother"})
    shown = phone.get(page.headers["Location"]).text
    assert "your officer decides where they go" in shown
    assert 'cared for at home by <bdi translate="no">the grandmother</bdi>' in shown
    kinds = {
        id: {one["kind"] for one in town.tasks(name)} for id, name in ((mother, "林玉兰"), (child, "林小雨"))
    }
    assert [id for id, of_it in kinds.items() if "settle_home" in of_it] == [mother]
    before = phone.get(f"{path}/home-suits")  # that of a morning on which the child was not there yet
    send(phone, path, "home-suits", before, 422, suits="yes")
    send(phone, path, "home-suits", before, 303, **{"suits": "yes", f"group-{mother}": ""})
    history = town.isolation.rows(of_isolation.case_history)
    homes = [row["case_id"] for row in history if row["what"] == "home"]
    assert sorted(homes) == sorted([mother, mother, child]), "of the child nobody was asked again"


def test_a_phone_is_given_to_one_person_alone(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    both = [town.case(name)["case_id"] for name in ("林玉兰", "林小雨")]
    page = send(phone, path, "mend", phone.get(f"{path}/mend"), 422, who=both, phone="13909311999")
    assert "mark only whose it is" in page.text and 'value="13909311999"' in page.text
    assert not any(row["acts"] for row in town.registration.arrivals())
    send(phone, path, "mend", page, 303, who=both[1], phone="13909311999")
