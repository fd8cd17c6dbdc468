"""What a phone kept while it reached nobody is done once in its author's name, or an officer has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from chassis.sealing import Sealer
from services.console.accounts.queries import workers_of
from services.console.doors import Doors
from services.console.pages.workers import check_in as check_in_page
from services.console.phone_acts.keys import ActKeys
from services.console.phone_acts.queries import MOST_WAITING
from services.console.phone_acts.settle import settle_act
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from services.console.tables import phone_acts
from services.isolation import tables as of_isolation
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.doors import CONSOLE
from tests.integration.console.phone_acts import (
    AT,
    KEYS,
    act,
    check_in,
    check_ins,
    close,
    listed,
    officer,
    send,
)
from tests.integration.console.round import PLACES, STAFF, Round, hidden, open_morning
from tests.integration.console.trial import NOBODY, Browser, token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


def test_an_act_is_done_once_with_its_own_time_in_its_authors_name(town: Round) -> None:
    """Wish 22: the time of the act counts. Sent by somebody else who has the phone now, and sent again."""
    phone = town.phone()
    sealed = check_in(town, phone)
    other = town.phone("h-0021")
    for _ in range(2):
        assert send(other, sealed) == {"id": send(other, sealed)["id"], "became": "done", "because": ""}
    [kept] = check_ins(town)
    assert (kept["temperature"], kept["source"]) == (366, "/console/w-0117")
    assert kept["at"] == datetime.fromisoformat(AT)
    [row] = town.console.rows(phone_acts)
    assert (row["state"], row["staff_id"], row["sealed"]) == ("done", "w-0117", None)


def test_an_act_whose_answer_was_lost_is_not_done_twice(town: Round) -> None:
    phone = town.phone()
    path, id = town.household("赵大山"), town.case("赵大山")["case_id"]
    page = phone.get(f"{path}/check-in")
    typed = hidden(page, "check-in") | {f"temperature-{id}": "36.6", f"how-{id}": "seen", "at": AT}
    assert phone.browser.post(f"{path}/check-in", token=token_of(page), **typed).status_code == 303
    fields = listed({name: value for name, value in typed.items() if name != "at"})
    pass_ = phone.get("/phone").json["pass"]
    sealed = KEYS.seal({"pass": pass_, "path": f"{path}/check-in", "at": AT, "fields": fields})
    assert send(phone, sealed)["became"] == "done"
    assert len(check_ins(town)) == 1

    page = phone.get(path)
    tried = hidden(page, "no-answer") | {"at": AT}
    assert phone.browser.post(f"{path}/no-answer", token=token_of(page), **tried).status_code == 303
    town.advance(hours=3)  # its next try has passed
    fields = listed(tried)
    sealed = KEYS.seal({"pass": pass_, "path": f"{path}/no-answer", "at": AT, "fields": fields})
    before = town.isolation.rows(of_isolation.case_history)
    assert send(phone, sealed)["became"] == "done"
    town.sync()
    assert len(town.isolation.rows(of_isolation.case_history)) == len(before) + 1, "the one of the first try"


def test_an_act_is_done_up_to_72_hours_after_and_a_fever_alarms(town: Round) -> None:
    """Nobody can be asked once more: what was typed is sure."""
    phone = town.phone()
    fever, late = check_in(town, phone, degrees="392"), check_in(town, phone, "孙宁")
    town.isolation.clock.advance(hours=71)
    assert send(phone, fever)["became"] == "done"
    town.isolation.clock.advance(hours=2)
    assert "72" in send(phone, late)["because"]
    [kept] = check_ins(town)
    assert (kept["temperature"], kept["abnormal"]) == (392, "temperature")
    assert kept["at"] == datetime.fromisoformat(AT)


def test_wish_19_what_cannot_be_done_waits_for_an_officer_and_is_never_away(town: Round) -> None:
    """Wish 19: never away. Sealed until somebody who may see it looks, which is noted."""
    phone, other = town.phone(), town.phone("h-0021")
    fine = check_in(town, phone)
    forged = check_in(town, other, pass_=other.get("/phone").json["pass"][:-1] + "x")
    sealed = {
        "not taken": check_in(town, phone, degrees="hot"),
        "not right": check_in(town, phone, degrees="39.2", sure="no"),
        "other key": check_in(town, phone, keys=ActKeys(Sealer({"c": b"d" * 32}))),
        "unknown key": check_in(town, phone, keys=ActKeys(Sealer({"z": b"c" * 32}))),
        "changed": fine[:-4] + ("AAAA" if fine[-4:] != "AAAA" else "BBBB"),
        "forged": forged,
        "garbage": "c.garbage",
        "no act": KEYS.seal({"pass": "", "path": "/log-out", "at": AT, "fields": []}),
        "nonsense": KEYS.seal([1]),
    }
    because = {}
    for what, one in sealed.items():
        answer = send(other, one)
        assert answer["became"] == "refused" and answer["because"], what
        because[what] = answer["because"]
    assert check_ins(town) == []
    assert len(town.console.rows(phone_acts)) == len(sealed)
    assert len({because[one] for one in ("other key", "unknown key", "changed", "garbage")}) == 1

    browser = officer(town)
    page = browser.get("/from-phones")
    assert page.text.count("<tr>") == 1 + len(sealed)
    assert "hot" not in page.text
    with town.registration.work.unit() as uow:
        import_places(uow, PLACES + "c-2,zhangye-road,community,东街社区,,,\n")
        import_staff(uow, STAFF + "o-0009,community_officer,c-2,冯立,13909310009,zh-CN,true\n")
    town.sync()
    elsewhere = officer(town, "o-0009")
    page, [first, *_] = elsewhere.get("/from-phones"), town.console.rows(phone_acts)
    assert page.status_code == 200 and "<tr>" not in page.text, "of other places"
    token = token_of(elsewhere.get("/account"))
    for path in ("", "/enter", "/dismiss"):
        assert elsewhere.post(f"/from-phones/{first['id']}{path}", token=token).status_code == 404
    assert town.phone("h-0021").browser.get("/from-phones").status_code == 404


def test_who_has_much_waiting_still_sends_what_can_be_done(town: Round) -> None:
    phone, other = town.phone(), town.phone("h-0021")
    with town.console.work.unit() as uow:
        [sender] = workers_of(uow.conn, ["h-0021"])
        for number in range(MOST_WAITING):
            settle_act(uow, f"c.{number}", sender, "unreadable", known=False)
    assert send(other, check_in(town, phone))["became"] == "done"
    send(other, "c.garbage", 429)
    assert send(phone, "c.garbage")["became"] == "refused"


def test_whoever_left_and_households_of_others_are_for_an_officer(town: Round) -> None:
    phone, other = town.phone(), town.phone("h-0021")
    of_leaver = check_in(town, phone)
    gone = act(other, town.household("孙宁"), "check-in").replace("\n", "")
    close(town, "孙宁")
    assert "followed" in send(other, gone)["because"]
    with town.registration.work.unit() as uow:
        import_staff(uow, STAFF.replace("zh-CN,true", "zh-CN,false", 1))
    town.sync()
    assert "active" in send(other, of_leaver)["because"]
    assert officer(town).get("/from-phones").text.count("<tr>") == 3


def test_the_next_try_is_reckoned_in_the_zone_of_the_district(town: Round) -> None:
    """Phones say when in UTC: ten past midnight there is a morning here."""
    phone, path = town.phone(), town.household("赵大山")
    assert send(phone, act(phone, path, "no-answer", at="2022-10-01T00:10:00.000Z"))["became"] == "done"
    assert "1 time no answer · next try 08:45" in phone.get(path).text


def test_what_is_said_of_somebody_who_left_is_said_of_nobody_else(town: Round) -> None:
    phone = town.phone()
    path, mother, child = town.household("林玉兰"), town.case("林玉兰"), town.case("林小雨")
    sealed = act(phone, path, "not-found", who=child["case_id"], outcome="not_here")
    close(town, "林小雨")
    assert send(phone, sealed)["became"] == "refused"
    town.sync()
    assert town.case("林玉兰") == mother
    kept = hidden(phone.get(f"{path}/not-found"), "not-found")
    assert kept["who"] == mother["case_id"], "what is kept from now on says of whom it is"


def test_no_part_of_an_act_is_dropped_and_called_done(town: Round) -> None:
    """What was typed of somebody who left, and what was settled meanwhile, is for an officer."""
    phone = town.phone()
    path, mother, child = town.household("林玉兰"), town.case("林玉兰"), town.case("林小雨")
    typed = {}
    for case in (mother, child):
        typed |= {f"temperature-{case['case_id']}": "36.6", f"how-{case['case_id']}": "seen"}
    of_both = act(phone, path, "check-in", **typed)
    group = {f"group-{child['case_id']}": "under_14"}
    home = act(phone, path, "home-suits", suits="no", lacks="own_toilet", **group)
    close(town, "林小雨")
    assert "followed here no more" in send(phone, of_both)["because"]
    assert "followed here no more" in send(phone, home)["because"]
    token = token_of(phone.get(path))
    page = phone.browser.post(f"{path}/check-in", token=token, **typed)
    assert page.status_code == 422
    assert "followed here no more" in page.text and 'value="36.6"' in page.text, "what is left stays typed"
    assert check_ins(town) == []

    path, tasks = town.household("赵大山"), of_isolation.tasks
    [visited] = [one for one in town.tasks("赵大山", "due") if one["kind"] == "first_contact"]
    done = act(phone, path, "done", how="seen", task=visited["task_id"])
    tried = act(phone, path, "no-answer", task=visited["task_id"])
    with town.isolation.work.unit() as uow:
        of = tasks.c.task_id == visited["task_id"]
        uow.conn.execute(tasks.update().where(of).values(state="waived"))
    for one in (done, tried):
        assert "changed meanwhile" in send(phone, one)["because"]
    assert "time no answer" not in phone.get(path).text


def test_to_a_phone_that_keeps_the_form_is_said_that_nobody_is_in(town: Round) -> None:
    """Else it would follow to the log-in, take the form for done, and lose it."""
    phone, path = town.phone(), town.household("赵大山")
    page = phone.get(path)
    sent = {"token": token_of(page), **hidden(page, "no-answer")}
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    for headers, status in (({}, 303), ({"Doorstep-Keeps": "1"}, 401)):
        assert phone.browser.post(f"{path}/no-answer", headers=headers, **sent).status_code == status
    sent["token"] = "of an old page"
    for headers, status in (({}, 403), ({"Doorstep-Keeps": "1"}, 401)):
        assert phone.browser.post(f"{path}/no-answer", headers=headers, **sent).status_code == status


def test_an_act_that_makes_the_server_fail_does_not_stay_on_the_phone(
    town: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = town.phone()
    sealed = check_in(town, phone)
    token = phone.get("/phone/token").json["form_token"]

    def fails(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(check_in_page, "read_typed", fails)
    for failed, status in (("", 500), ("4", 500), ("5", 200)):
        answer = phone.browser.post("/phone/acts", token=token, act=sealed, failed=failed)
        assert answer.status_code == status
    assert answer.json["became"] == "refused"


def test_a_contact_person_is_put_to_those_who_were_named_since(town: Round) -> None:
    phone, path = town.phone(), town.household("赵大山")
    daughter = {"contact_name": "赵敏", "contact_phone": "13909312001"}
    neighbour = {"contact_name": "钱多", "contact_phone": "13909312002"}
    sealed = act(phone, path, "contact", **daughter)
    page = phone.get(f"{path}/contact")
    typed = hidden(page, "contact") | neighbour
    assert phone.browser.post(f"{path}/contact", token=token_of(page), **typed).status_code == 303
    assert send(phone, sealed)["became"] == "done"
    assert all(name in phone.get(path).text for name in ("赵敏", "钱多"))


def test_nothing_is_written_down_where_the_phone_must_send_it_again(town: Round) -> None:
    """What is too large, comes from nobody or another site's page, or while a door is away."""
    phone = town.phone()
    sealed = check_in(town, phone)
    away = Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE)
    send(town.phone("h-0021", doors=away), sealed, 503)
    for bad in ("", "c." + "A" * 48_000):
        send(phone, bad, 413)
    token = phone.get("/phone/token").json["form_token"]
    stranger = Browser(town.app())
    own = token_of(stranger.get("/log-in"))
    assert stranger.post("/phone/acts", token=own, act=sealed).status_code == 303
    assert phone.browser.post("/phone/acts", token=own, act=sealed).status_code == 403, "another browser's"
    abroad = {"Sec-Fetch-Site": "cross-site"}
    assert phone.browser.post("/phone/acts", token=token, act=sealed, headers=abroad).status_code == 403
    town.console.clock.advance(hours=13)
    assert phone.browser.post("/phone/acts", token=token, act=sealed).status_code == 403, "the PIN first"
    assert town.console.rows(phone_acts) == [] and check_ins(town) == []


def test_the_phone_reads_all_pages_of_a_household_at_once(town: Round) -> None:
    phone = town.phone()
    found = phone.get("/phone").json
    assert len(found["households"]) == 3 and found["now"].startswith("2022-10-01T08:2")
    path = town.household("林玉兰")
    pages = phone.get(f"/phone/{path.rpartition('/')[2]}").json
    assert len(pages) == 13 and path in pages and f"{path}/check-in" in pages
    for address, page in pages.items():
        bare = re.compile(r'name="(key|form_token)" value="[^"]*"')
        assert bare.sub("", page) == bare.sub("", phone.get(address).text), address
        assert token_of(phone.get(address)) in page
    assert phone.get("/phone/nobody", 404)
    assert 'id="this-phone"' not in officer(town).get("/doors").text, "desks keep nothing"
