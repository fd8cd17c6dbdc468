"""Somebody moves to another community, or to another district: asked, answered and settled on pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.isolation import tables as of_isolation
from services.isolation.teams.copies import PLACES as OF_PLACES
from services.isolation.teams.copies import STAFF as OF_STAFF
from services.registration import tables as of_registration
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.integration.console.officers import PLACES, STAFF, Officer, Town, open_town
from tests.integration.console.test_officers_decide import decided, state
from tests.integration.console.test_officers_settle import row_of, settle
from tests.integration.isolation.trial import place, staff
from tests.integration.registration.trial import report

HERE = {"division": "620102002", "address": "春和社区1号楼"}
OFFICE = "Qilihe district, duty room"


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    """With one more community and its officer."""
    with open_town(sqlite_url) as town:
        with town.registration.work.unit() as uow:
            import_places(uow, PLACES + "c-2,zhangye-road,community,瑞祥社区,,,\n")
            import_staff(uow, STAFF + "officer-2,community_officer,c-2,吴静,13909310009,zh-CN,true\n")
        town.isolation.do(OF_PLACES.keep, [place("c-2", "zhangye-road", "community")])
        town.isolation.do(OF_STAFF.keep, [staff("officer-2", "community_officer", "c-2")])
        yield town


def came(town: Town) -> str:
    """Somebody whom both services know."""
    town.registration.receive(report(1, destination=HERE))
    [row] = town.registration.arrivals()
    return town.open_case(arrival_id=row["id"])


def ask(officer: Officer, case_id: str, status: int = 303, **typed: Any) -> Any:
    at = f"/cases/{case_id}/transfer"
    assert f'href="{at}"' in officer.get(f"/cases/{case_id}").text
    given = {"who": "one", "place": "c-2", "address": "瑞祥小区2号楼301", "note": "to her mother", **typed}
    answer = officer.send(officer.get(at), at, **given)
    assert answer.status_code == status, answer.text
    return officer.get(answer.headers["Location"]) if status == 303 else answer


def where(town: Town) -> tuple[Any, ...]:
    [row] = town.registration.arrivals()
    return row["community"], town.registration.person_of(row)["address"]


def test_another_community_is_asked_and_takes_them_over(town: Town) -> None:
    case_id = came(town)
    officer = town.officer()
    form = officer.get(f"/cases/{case_id}/transfer").text
    assert "张掖路街道 瑞祥社区" in form and "春和社区</option>" not in form, "not the one where they are"
    page = ask(officer, case_id)
    assert "The other community is asked" in page.text and where(town)[0] == "c-1"
    assert "asked by you" in officer.get("/lists/transfers_to_answer").text

    other = town.officer("officer-2")
    listed = other.get("/lists/transfers_to_answer").text
    assert "asked of you" in listed and "瑞祥社区" in listed and "旅客" not in listed
    path = row_of(other, "transfers_to_answer")
    page = other.get(path).text
    assert "to her mother" in page and "瑞祥小区" not in page, "the new door is masked until they say why"
    full = other.send(other.get(path), f"{path}/reveal", reason="to prepare the room")
    assert "瑞祥小区2号楼301" in full.text
    gone = settle(other, path, "accepted", note="the room is ready")
    assert "It is settled" in gone.text and where(town) == ("c-2", "瑞祥小区2号楼301")
    assert "Nothing stands on this list" in officer.get("/lists/transfers_to_answer").text


def test_refused_it_stands_on_the_list_of_whoever_asked_until_they_say_where_they_are(town: Town) -> None:
    case_id = came(town)
    officer, other = town.officer(), town.officer("officer-2")
    ask(officer, case_id, who="household")
    path = row_of(other, "transfers_to_answer")
    assert "This is still missing." in settle(other, path, "refused", 422).text
    settle(other, path, "refused", note="nobody knows them")
    other.get(path, status=404)
    page = officer.get(path).text
    assert "not taken over by the other community" in page and "nobody knows them" in page
    assert "It is settled" in settle(officer, path, "stay").text
    assert where(town)[0] == "c-1"
    [transfer] = town.registration.rows(of_registration.transfers)
    assert transfer["state"] == "withdrawn"


def test_whoever_asked_withdraws_it(town: Town) -> None:
    case_id = came(town)
    officer = town.officer()
    ask(officer, case_id)
    again = ask(officer, case_id, 409)
    assert "asked to take them over already" in again.text and "to her mother" in again.text
    path = row_of(officer, "transfers_to_answer")
    assert "Take them over" not in officer.get(path).text, "that is for the other side"
    assert "It is settled" in settle(officer, path, "withdrawn").text


def test_before_they_move_nobody_takes_them_over(town: Town) -> None:
    case_id = came(town)
    tomorrow = town.registration.clock.now().date() + timedelta(days=1)
    ask(town.officer(), case_id, moves_on=tomorrow.isoformat())
    other = town.officer("officer-2")
    path = row_of(other, "transfers_to_answer")
    assert "They do not live there yet" in settle(other, path, "accepted", 409).text
    assert where(town)[0] == "c-1"


def test_what_is_missing_in_a_request_is_asked_for_in_words(town: Town) -> None:
    case_id = came(town)
    officer = town.officer(language="zh-CN")
    answer = ask(officer, case_id, 422, note="", who="")
    assert answer.text.count('class="fault"') == 2 and "瑞祥小区2号楼301" in answer.text
    for day in ("2020-01-01", "2032-01-01"):
        answer = ask(officer, case_id, 422, moves_on=day)
        assert answer.text.count('class="fault"') == 1
    officer.get("/cases/unknown/transfer", status=404)


def test_another_district_is_asked_and_takes_them_over(town: Town) -> None:
    case_id = town.open_case()
    page = decided(town, case_id, "transfer", place=OFFICE, note="on Thursday")
    assert state(town, case_id) == "open" and "until the other district takes over" in page.text
    assert "another district asked to take over" in page.text
    officer = town.officer()
    assert f'href="/cases/{case_id}/decide/transfer"' not in officer.get(f"/cases/{case_id}").text
    assert OFFICE in officer.get("/lists/transfers_to_confirm").text
    path = row_of(officer, "transfers_to_confirm")
    assert path == f"/lists/transfers_to_confirm/{case_id}"
    assert f'href="{path}"' in officer.get(f"/cases/{case_id}").text
    page = officer.get(path).text
    assert OFFICE in page and "on Thursday" in page and "139****1234" in page
    assert "This is still missing." in settle(officer, path, "taken_over", 422).text
    assert "It is settled" in settle(officer, path, "taken_over", note="Dr. Li, by phone").text
    assert state(town, case_id) == "transferred"
    assert "taken over by another district" in officer.get(f"/cases/{case_id}").text
    decided(town, case_id, "reopen", because="came_back")
    assert state(town, case_id) == "open"


def test_whom_the_other_district_does_not_take_over_an_officer_sees_to(town: Town) -> None:
    case_id = town.open_case()
    decided(town, case_id, "transfer", place=OFFICE)
    officer = town.officer()
    path = row_of(officer, "transfers_to_confirm")
    kept = settle(officer, path, "not_taken_over", note="they know of nobody")
    assert "This stays on the list" in kept.text and "they know of nobody" in kept.text
    assert "They are taken over" not in kept.text, "nobody is asked any more"
    assert "It is settled" in settle(officer, path, "stays", note="she is at home").text
    assert state(town, case_id) == "open"
    kinds = {row["kind"]: row["state"] for row in town.isolation.rows(of_isolation.tasks)}
    assert (kinds["confirm_transfer"], kinds["settle_transfer"]) == ("done", "done")
    assert town.isolation.audit()["balanced"]
