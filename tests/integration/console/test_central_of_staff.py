"""A bed in central isolation, on the pages of an officer (P8): chosen, held, and free again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from chassis.ids import new_id
from services.isolation import tables as of_isolation
from services.isolation.central.import_centres import import_centres
from services.isolation.households.plan_again import plan_again
from tests.integration.console.officers import Officer, Town, open_town
from tests.integration.console.test_officers_settle import row_of, settle

CENTRES = (
    "centre_id,name,district,room,beds,families\n"
    "site,雁白路隔离点,cg,101,1,no\n"
    "site,雁白路隔离点,cg,102,3,yes\n"
)


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        town.isolation.do(import_centres, CENTRES)
        yield town


def choose(officer: Officer, case_id: str, status: int = 303, **typed: str) -> TestResponse:
    path = f"/cases/{case_id}/bed"
    given = {name.replace("_of_", "-"): value for name, value in typed.items()}
    answer = officer.act(officer.get(path), path, "", **given)
    assert answer.status_code == status, answer.text
    return officer.get(answer.headers["Location"]) if status == 303 else answer


def test_an_officer_holds_a_bed_from_the_case_and_says_that_they_were_admitted(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    assert f'href="/cases/{case_id}/bed"' in officer.get(f"/cases/{case_id}").text
    page = officer.get(f"/cases/{case_id}/bed").text
    assert "雁白路隔离点, room 101: 1 free bed" in page and "雁白路隔离点: 4 free beds" in page
    assert "欧阳建国" not in page
    empty = choose(officer, case_id, 422)
    assert empty.text.count("This is still missing.") == 1 and "Choose one." in empty.text
    unsaid = choose(officer, case_id, 422, bed="site", who_of_0="adult")
    assert "This is still missing." in unsaid.text, "who depends on them"
    held = choose(officer, case_id, bed="site", who_of_0="adult", dependants_of_0="none", note="insulin")
    assert "A bed is held for them." in held.text
    path = row_of(officer, "on_the_way")
    assert f'href="{path}"' in held.text, "the officer's task leads there"
    assert "insulin" in officer.get(path).text
    seen = officer.get("/central").text
    assert '<rect class="overdue"' in seen and "雁白路隔离点" in seen
    typed = {"bed": "site", "who_of_0": "adult", "dependants_of_0": "none"}
    assert "A bed is held for them already" in choose(officer, case_id, 409, **typed).text
    gone = settle(officer, path, "all_admitted")
    assert "It is settled" in gone.text
    assert "In central isolation" in officer.get("/lists/in_centres").text
    assert '<rect class="due"' in officer.get("/central").text
    history = officer.get(f"/cases/{case_id}").text
    assert "a bed in central isolation is held for them" in history and "To hospital" in history
    [row] = town.isolation.rows(of_isolation.moves)
    assert (row["state"], row["room_id"]) == ("admitted", "101")
    assert town.isolation.audit()["balanced"]


def test_a_child_goes_with_its_mother_and_not_alone(town: Town) -> None:
    household = new_id()
    mother, child = (town.open_case(household_id=household) for _ in range(2))
    officer = town.officer()
    alone = choose(officer, child, 422, bed="site", who_of_0="child")
    assert "Nobody who cannot be alone goes without a carer" in alone.text
    together = {
        "bed": "site",
        "who_of_0": "child",
        "carer_of_0": mother,
        "goes_of_1": "yes",
        "who_of_1": "adult",
        "dependants_of_1": "come_along",
    }
    choose(officer, child, **together)
    assert {row["room_id"] for row in town.isolation.rows(of_isolation.moves)} == {"102"}
    listed = officer.get("/lists/on_the_way").text
    assert "2 people" in listed and "child" in listed
    sister = town.open_case(household_id=household)
    page = officer.get(f"/cases/{sister}/bed").text
    assert f'<option value="{mother}" translate="no">' in page and "room 102</option>" in page, (
        "she goes first"
    )
    other_room = {"bed": "site/101", "who_of_0": "child", "carer_of_0": mother}
    assert "The carer is in another room" in choose(officer, sister, 409, **other_room).text
    choose(officer, sister, apart_of_0="yes", **other_room)
    with town.isolation.database.begin() as conn:
        elsewhere = {"street": "st-9", "community": "c-9", "grid": "g-9", "owner": None, "team": []}
        conn.execute(
            update(of_isolation.cases).where(of_isolation.cases.c.case_id == mother).values(**elsewhere)
        )
    for path in (f"/cases/{sister}/carer", f"/cases/{town.open_case(household_id=household)}/bed"):
        assert "–, room 102</option>" in officer.get(path).text, "the carer is of another place"


def test_not_admitted_the_bed_is_free_and_they_wait_on_the_list(town: Town) -> None:
    case_id = town.open_case()
    officer = town.officer()
    choose(officer, case_id, bed="site/102", who_of_0="adult", dependants_of_0="none")
    settle(officer, row_of(officer, "on_the_way"), "taken_back", note="the car broke down")
    waits = officer.get("/lists/waiting_for_bed").text
    assert "decide anew where they go" in waits
    assert '<rect class="overdue"' not in officer.get("/central").text
    refused = officer.get(f"/cases/{case_id}/decide/move_to_central").text
    assert "To central isolation" in refused


def test_where_no_centre_is_registered_the_page_says_so(sqlite_url: Callable[..., str]) -> None:
    with open_town(sqlite_url) as town:
        case_id, officer = town.open_case(), town.officer()
        assert "No centre is registered" in officer.get("/central").text
        assert "No bed is free" in officer.get(f"/cases/{case_id}/bed").text


def test_the_carer_has_gone_and_another_is_named_from_the_case(town: Town) -> None:
    household = new_id()
    mother, child = (town.open_case(household_id=household) for _ in range(2))
    officer = town.officer()
    choose(
        officer,
        child,
        bed="site",
        who_of_0="child",
        carer_of_0=mother,
        goes_of_1="yes",
        who_of_1="adult",
        dependants_of_1="come_along",
    )
    settle(officer, f"/lists/on_the_way/{_move_of(town, child)}", "all_admitted")
    said = {"case_id": mother, "decision": "move_to_hospital", "expects": _version(town, mother)}
    said |= {"place": "the hospital", "escort": "120"}
    town.doors.say("isolation", "decide_case", town.actor("officer"), new_id(), said)
    town.isolation.until_done(plan_again)
    path = f"/cases/{child}/carer"
    case = officer.get(f"/cases/{child}").text
    assert case.count(f'href="{path}"') == 2 and "their carer has left central isolation" in case
    missing = officer.act(officer.get(path), path, "")
    assert missing.status_code == 422 and "name one who comes to them" in missing.text
    unsaid = officer.act(officer.get(path), path, "", carer_named="aunt Ma")
    assert unsaid.status_code == 422 and "This is still missing." in unsaid.text and "aunt Ma" in unsaid.text
    named = officer.act(officer.get(path), path, "", carer_named="aunt Ma", dependants="none")
    shown = officer.get(named.headers["Location"]).text
    assert "The carer is named. Tell the centre." in shown and "aunt Ma" not in shown
    assert "the carer in central isolation is named" in shown
    assert f'href="{path}" class' not in shown and shown.count(f'href="{path}"') == 1, "the task is done"
    adult = officer.get(f"/cases/{mother}/carer").text
    assert "nobody is named" in adult and town.isolation.audit()["balanced"]


def _move_of(town: Town, case_id: str) -> str:
    rows = town.isolation.rows(of_isolation.moves)
    return next(str(row["move_id"]) for row in rows if row["case_id"] == case_id)


def _version(town: Town, case_id: str) -> int:
    return int(town.isolation.case(case_id)["version"])
