"""What waits for an officer is settled on its page: one way for all lists, before real doors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from chassis.doors.showing import VIEWS
from contracts.faults import Refused
from services.isolation import handover as handover_of_isolation
from services.registration import handover
from services.registration import tables as t
from tests.integration.console.officers import Officer, Town, open_town
from tests.integration.isolation.test_results import NIGHT, result
from tests.integration.isolation.test_results import report as positive
from tests.integration.registration.trial import CHINA, person, report

HERE = {"division": "620102002", "address": "春和社区1号楼"}


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def row_of(officer: Officer, name: str) -> str:
    """The address of the only row of a list."""
    page = officer.get(f"/lists/{name}").text
    [id] = set(re.findall(rf'href="/lists/{name}/([^"]+)"', page))
    return f"/lists/{name}/{id}"


def settle(officer: Officer, path: str, act: str, status: int = 303, **typed: Any) -> TestResponse:
    """Send the form of an act as it stands on the page, and go where it leads."""
    answer = officer.act(
        officer.get(path), path, act, **{f"{act}-{name}": value for name, value in typed.items()}
    )
    assert answer.status_code == status, answer.text
    return officer.get(answer.headers["Location"]) if status == 303 else answer


def follow(town: Town, arrival_id: str, outcome: str, who: str = "worker-1") -> None:
    said = {"arrival_id": arrival_id, "outcome": outcome}
    town.doors.say("registration", "follow_arrival", town.actor(who), f"follow-{outcome}", said)


def test_an_arrival_is_mended_by_its_page_and_leaves_the_list(town: Town) -> None:
    town.registration.receive(report(1, destination=HERE))
    [came] = town.registration.arrivals()
    follow(town, came["id"], "no_such_door")
    officer = town.officer()
    path = row_of(officer, "arrivals_to_settle")
    page = officer.get(path).text
    assert "旅*" in page and "旅客" not in page and "13900000001" not in page, "masked as the list is"
    assert "Ring them" in page and "李兰" in page

    full = officer.send(officer.get(path), f"{path}/reveal", reason="to ring her")
    assert "13900000001" in full.text and "旅客1" in full.text and "who, when and why is noted" in full.text
    with town.registration.work.look() as uow:
        [view] = uow.conn.execute(select(VIEWS)).mappings()
    assert (view["about"], view["about_id"], view["reason"]) == ("arrival", came["id"], "to ring her")
    refused = officer.send(officer.get(path), f"{path}/reveal", reason="")
    assert refused.status_code == 422 and "Say why" in refused.text

    follow(town, came["id"], "wrong_number")
    assert "no such door, wrong number" in officer.get(path).text
    wrong = settle(officer, path, "mended", 422, phone="12", note="=1+1 <b>she says</b>")
    assert "Type a phone number as people say it" in wrong.text and 'value="12"' in wrong.text
    assert "&lt;b&gt;she says&lt;/b&gt;" in wrong.text, "what was typed stays, and is text"
    kept = settle(officer, path, "mended", phone="13909319999")
    assert "This stays on the list" in kept.text and "<dd>no such door</dd>" in kept.text
    gone = settle(officer, path, "mended", address="春和社区2号楼1单元101")
    assert (
        "It is settled, and has left this list." in gone.text and "Nothing stands on this list" in gone.text
    )
    after = officer.get(path).text
    assert "This is settled" in after and 'name="act"' not in after and "mended" in after
    lines = [row for row in town.registration.rows(t.arrival_history) if row["what"] == "mended"]
    assert [line["source"] for line in lines] == ["/console/officer"] * 2


def test_an_arrival_without_a_door_is_given_a_place_by_name(town: Town) -> None:
    town.registration.receive(report(1, destination={"division": "620102002", "address": "某路某号"}))
    [came] = town.registration.arrivals()
    assert came["street"] == "zhangye-road" and came["worker"] is None
    street = town.officer("street")
    path = row_of(street, "waiting_arrivals")
    page = street.get(path).text
    assert '<option value="c-1" translate="no">春和社区</option>' in page
    assert '<option value="g-1" translate="no">春和社区 第1网格</option>' in page
    far = town.officer("district").get(path).text
    assert '<option value="g-1" translate="no">张掖路街道 春和社区 第1网格</option>' in far
    missing = settle(street, path, "placed", 422)
    assert "This is still missing." in missing.text
    stale = street.get(path)
    follow(town, came["id"], "no_answer", "street")
    wide = settle(street, path, "placed", 422, place="cg", note="who knows")
    assert "There is nobody and nothing of this name." in wide.text and "who knows" in wide.text
    gone = settle(street, path, "placed", place="g-1", note="the caretaker knows them")
    assert "It is settled, and has left this list." in gone.text
    [came] = town.registration.arrivals()
    assert (came["community"], came["grid"]) == ("c-1", "g-1") and came["worker"] in ("worker-1", "worker-2")
    after = street.get(path).text
    assert "given a place" in after and "第1网格" in after and "秦岚" in after
    late = street.act(stale, path, "placed", **{"placed-place": "c-1"})
    assert late.status_code == 409 and "It has changed meanwhile" in late.text


def test_who_is_not_here_stays_on_the_list_until_an_officer_says_what_became_of_them(town: Town) -> None:
    town.registration.receive(report(1, destination=HERE), report(2, destination=HERE))
    workers = {row["id"]: row["worker"] for row in town.registration.arrivals()}
    gone, found = workers
    for id, worker in workers.items():
        said = {"arrival_id": id, "outcome": "not_here", "how": "neighbour"}
        town.doors.say("registration", "follow_arrival", town.actor(worker), f"not-here-{id}", said)
    officer = town.officer()
    page = officer.get("/lists/arrivals_to_settle?matter=not_here").text
    assert "2 households with 2 people" in page and page.count("<td>not known here</td>") == 4
    assert "Nothing stands on this list" in officer.get("/lists/arrivals_to_settle?matter=wrong_number").text
    officer.get("/lists/arrivals_to_settle?matter=lost", 422)

    path = f"/lists/arrivals_to_settle/{gone}"
    assert "from a neighbour" in officer.get(path).text
    assert "This is still missing." in settle(officer, path, "settled", 422, note="nobody knows").text
    left = settle(officer, path, "settled", decision="passed_on", note="lives at Baiyin")
    assert "It is settled" in left.text and "1 household with 1 person" in left.text
    after = officer.get(path).text
    assert "passed on to another district" in after and "周明" in after and "Baiyin" not in after
    path = f"/lists/arrivals_to_settle/{found}"
    back = settle(officer, path, "followed", outcome="verified", how="seen")
    assert "It is settled" in back.text and "Nothing stands on this list" in back.text
    states = {row["id"]: row["state"] for row in town.registration.arrivals()}
    assert states == {gone: "not_here", found: "verified"}
    with town.registration.database.read() as conn:
        sums = handover.sums(conn, town.registration.clock.today(CHINA))
    assert sums.by_subject["commands_to_registration"] == {"done": 4, "in_history": 4}


def test_whoever_is_announced_came_or_does_not(town: Town) -> None:
    coming = report(1, destination=HERE, expected=True, at="2022-10-03T10:00:00+08:00")
    town.registration.receive(coming)
    officer = town.officer()
    path = row_of(officer, "expected_arrivals")
    wrong = settle(officer, path, "followed", 422, arrived_at="tomorrow", how="phone")
    assert "This is still missing." in wrong.text and "Say a day and a time" in wrong.text
    assert '<option value="phone" selected>' in wrong.text
    mixed = settle(officer, path, "followed", 422, outcome="verified", coming_at="2022-10-04 10:00")
    assert "This does not go with what came of it." in mixed.text
    kept = settle(officer, path, "followed", outcome="no_answer", how="phone")
    assert "This stays on the list" in kept.text and "by phone" in kept.text and "周明" in kept.text
    gone = settle(officer, path, "followed", outcome="verified", how="seen", arrived_at="2022-10-01 09:00")
    assert "It is settled" in gone.text
    [came] = town.registration.arrivals()
    assert (came["state"], came["expected"]) == ("verified", False)


def test_a_report_is_corrected_field_by_field_once_somebody_says_why(town: Town) -> None:
    town.registration.receive(
        report(
            1,
            people=[person(1, identity_number="620402196001020011"), person(2, phone=None)],
            arrival={"at": "2022-08-01T10:00:00+08:00", "expected": False},
            destination=HERE,
        )
    )
    officer = town.officer("district")
    path = row_of(officer, "reports_to_correct")
    page = officer.get(path).text
    assert "Who comes, number of the document: One character is wrong" in page
    assert "旅客" not in page and "620402196001020011" not in page and 'name="act"' not in page
    full = officer.send(officer.get(path), f"{path}/reveal", reason="to correct it")
    assert 'value="620402196001020011"' in full.text and 'value="2022-08-01T10:00:00+08:00"' in full.text
    assert "Who comes along 1" in full.text and full.text.count("field faulty") >= 2
    wrong = officer.act(full, path, "corrected", **{"data:arrival.at": "soon", "data:person.name": ""})
    assert wrong.status_code == 422
    assert "When they come, day and time: It cannot be read" in wrong.text
    assert 'value="soon"' in wrong.text and "旅客2" in wrong.text, "all that was typed is there"

    half = officer.act(wrong, path, "corrected", **{"data:arrival.at": "2022-10-01 10:00"})
    assert half.status_code == 303, half.text
    assert len(town.registration.arrivals()) == 1, "one of two can be known"
    assert "This is settled" in officer.get(path).text
    rest = row_of(officer, "reports_to_correct")
    assert half.headers["Location"] == f"{rest}?said=kept"
    full = officer.send(officer.get(rest), f"{rest}/reveal", reason="to correct it")
    right = {"data:person.identity_number": person(1)["identity_number"], "data:person.name": "旅客1"}
    for _ in range(2):
        done = officer.act(full, rest, "corrected", **right)
        assert done.status_code == 303, done.text
    assert "It is settled" in officer.get(done.headers["Location"]).text
    assert len(town.registration.arrivals()) == 2
    outcomes = sorted(row["outcome"] for row in town.registration.rows(t.reports))
    assert outcomes == ["corrected", "corrected", "registered"], "sent twice it is one act"


def test_a_pair_is_compared_in_full_kept_apart_and_not_asked_about_again(town: Town) -> None:
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    officer = town.officer()
    path = row_of(officer, "possible_duplicates")
    page = officer.get(path).text
    assert "欧*" in page and "建国" not in page
    full = officer.send(officer.get(path), f"{path}/reveal", reason="to compare them").text
    assert one["identity_number"] in full and other["identity_number"] in full
    with town.registration.work.look() as uow:
        seen = set(uow.conn.execute(select(VIEWS.c.about, VIEWS.c.about_id)))
    assert seen == {("arrival", row["id"]) for row in town.registration.arrivals()}, "two people's records"
    gone = settle(officer, path, "decided", note="cousins")
    assert "It is settled" in gone.text and "This is settled" in officer.get(path).text
    [pair] = town.registration.rows(t.possible_duplicates)
    assert (pair["state"], pair["decided_by"]) == ("apart", "/console/officer")
    assert "cousins" not in pair["note"]
    town.registration.receive(report(3, people=[one], destination=HERE, publisher="gate"))
    assert [row["state"] for row in town.registration.rows(t.possible_duplicates)] == ["apart"]
    first, _, second = unquote(path).rpartition("/")[2].partition(":")
    again = {"first": first, "second": second, "decision": "apart", "expects": 1}
    with pytest.raises(Refused) as refused:
        town.doors.say("registration", "decide_duplicate", town.actor("officer"), "decide-again", again)
    assert refused.value.kind == "conflict"
    with town.registration.database.read() as conn:
        found = handover.sums(conn, town.registration.clock.today(CHINA))
    assert found.by_subject["commands_to_registration"] == {"done": 1, "in_history": 1}


def test_a_positive_of_nobody_is_taken_up_once(town: Town) -> None:
    town.isolation.clock.moment = NIGHT
    positive(town.isolation, result("X 0000-0001", "positive"))
    officer = town.officer("district")
    path = row_of(officer, "positives_of_nobody")
    assert "X 0000-0001" not in officer.get(path).text
    wrong = settle(officer, path, "taken_up", 422, outcome="passed_on")
    assert "This is still missing." in wrong.text and "passed on to another district" in wrong.text
    gone = settle(officer, path, "taken_up", outcome="passed_on", note="to the district beside ours")
    assert "It is settled" in gone.text
    after = officer.get(path).text
    assert "This is settled" in after and "<dd>passed on to another district</dd>" in after
    said = {"result_id": path.rpartition("/")[2], "outcome": "reached"}
    with pytest.raises(Refused) as refused:
        town.doors.say("isolation", "take_up_positive", town.actor("district"), "take-up-again", said)
    assert refused.value.kind == "conflict"
    with town.isolation.database.read() as conn:
        found = handover_of_isolation.sums(conn, town.isolation.clock.today(CHINA))
    assert found.by_subject["commands_to_isolation"] == {"done": 1, "in_history": 1}


def test_a_row_is_settled_by_those_whose_it_is(town: Town) -> None:
    town.registration.receive(report(1, destination=HERE, expected=True, at="2022-10-03T10:00:00+08:00"))
    officer = town.officer()
    path = row_of(officer, "expected_arrivals")
    id = path.rpartition("/")[2]
    for where in (f"/lists/nothing/{id}", f"/lists/open_cases/{id}", "/lists/expected_arrivals/x", path[:-1]):
        officer.get(where, 404)
    officer.get(f"/lists/reports_to_correct/{id}", 403)
    token = officer.get(path).text.split('name="form_token" value="')[1].split('"')[0]
    assert officer.browser.post(path, token=token, act="forged").status_code == 422
    assert officer.browser.post(path, token=None, act="followed").status_code == 403, "no form of ours"


def test_wish_16_both_stand_side_by_side_and_what_differs_is_marked(town: Town) -> None:
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    officer = town.officer()
    path = row_of(officer, "possible_duplicates")
    full = officer.send(officer.get(path), f"{path}/reveal", reason="to compare them").text
    table = full[full.index("<table>") : full.index("</table>")]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.S)
    differing = [row for row in rows if "differs" in row]
    assert any(one["identity_number"] in row and other["identity_number"] in row for row in differing)
    assert not any("欧阳建国" in row for row in differing) and any(row.count("欧阳建国") == 2 for row in rows)


def test_who_sees_one_of_a_pair_is_told_who_decides_that_they_are_one(town: Town) -> None:
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    officer = town.officer()
    path = row_of(officer, "possible_duplicates")
    _, _, second = unquote(path).rpartition("/")[2].partition(":")
    with town.registration.database.begin() as conn:
        moved = {"street": "yannan", "community": "c-9", "grid": None, "worker": None}
        conn.execute(t.arrivals.update().where(t.arrivals.c.id == second).values(**moved))
    page = officer.get(path).text
    assert "at a place of others" in page and "Make them one" not in page and "Keep them apart" in page


def test_wish_17_a_pair_made_one_is_found_again_and_made_two(town: Town) -> None:
    """By another officer, who has no page of it open."""
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    first = town.officer()
    path = row_of(first, "possible_duplicates")
    assert "Pairs made one</span>" in first.get("/lists").text
    assert "Nothing stands on this list" in first.get("/lists/pairs_made_one").text
    assert first.act(first.get(path), path, "one").status_code == 303
    for language in ("en", "zh-CN"):
        listed = town.officer("street", language=language).get("/lists/pairs_made_one").text
        assert listed.count("<tr>") == 2 and 'translate="no">周明</span>' in listed
        assert "建国" not in listed
    street = town.officer("street")
    again = row_of(street, "pairs_made_one")
    page = street.get(again)
    assert "Make them two again" in page.text and "Keep them apart" not in page.text
    done = street.act(page, again, "two")
    assert done.headers["Location"] == "/lists/pairs_made_one?said=settled"
    assert again not in street.get("/lists/pairs_made_one").text
    assert "merged" not in {row["state"] for row in town.registration.arrivals()}


def test_two_that_are_one_are_made_one_and_two_again(town: Town) -> None:
    one, other = person(1, name="欧阳建国"), person(2, name="欧阳建国", phone=person(1)["phone"])
    town.registration.receive(report(1, people=[one], destination=HERE))
    town.registration.receive(report(2, people=[other], destination=HERE, publisher="bus"))
    officer = town.officer()
    path = row_of(officer, "possible_duplicates")
    page = officer.get(path)
    assert "Make them one" in page.text and "Make them two again" not in page.text
    for _ in range(2):
        sent = officer.act(page, path, "one", note="seen: it is him")
        assert sent.headers["Location"] == f"{path}?said=merged", "sent twice it is one act"
    after = officer.get(f"{path}?said=merged")
    assert "They are one now." in after.text and "Make them one" not in after.text
    states = sorted(row["state"] for row in town.registration.arrivals())
    assert "merged" in states and len(states) == 2
    assert path not in officer.get("/lists/possible_duplicates").text
    back = officer.act(after, path, "two")
    assert back.status_code == 303
    assert "merged" not in {row["state"] for row in town.registration.arrivals()}
    assert "Make them two again" not in officer.get(path).text
    with town.registration.database.read() as conn:
        found = handover.sums(conn, town.registration.clock.today(CHINA))
    assert found.balanced and found.by_subject["commands_to_registration"] == {"done": 2, "in_history": 2}
