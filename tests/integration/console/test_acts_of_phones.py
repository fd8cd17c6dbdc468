"""What a phone kept while it reached nobody is done once in its author's name, or an officer has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.sealing import Sealer
from services.console.accounts.queries import workers_of
from services.console.doors import Doors
from services.console.pages.workers import check_in as check_in_page
from services.console.phone_acts.keys import ActKeys
from services.console.phone_acts.queries import MOST_WAITING, PAGE
from services.console.phone_acts.settle import id_of, settle_act
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from services.console.tables import account_acts, accounts, phone_acts
from services.isolation import tables as of_isolation
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.doors import CONSOLE
from tests.integration.console.round import PLACES, STAFF, Phone, Round, hidden, open_morning
from tests.integration.console.trial import NOBODY, Browser, token_of

AT = "2022-10-01T08:10:00+08:00"
KEYS = ActKeys(Sealer({"c": b"c" * 32}))


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


def act(
    phone: Phone, path: str, form: str, *, at: str = AT, keys: ActKeys = KEYS, pass_: str = "", **typed: str
) -> str:
    """As the phone seals it: the form with what stands hidden in it."""
    home = path if form in ("done", "no-answer") else f"{path}/{form}"
    fields = hidden(phone.get(home), form) | typed
    pass_ = pass_ or phone.get("/phone").json["pass"]
    return keys.seal({"pass": pass_, "path": f"{path}/{form}", "at": at, "fields": listed(fields)})


def listed(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """As a form says what stands in it several times."""
    return [
        (name, one)
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def check_in(town: Round, phone: Phone, name: str = "赵大山", degrees: str = "36.6", **given: Any) -> str:
    id = town.case(name)["case_id"]
    typed = {f"temperature-{id}": degrees, f"how-{id}": "seen"}
    return act(phone, town.household(name), "check-in", **typed, **given)


def send(phone: Phone, sealed: str, status: int = 200) -> Any:
    token = phone.get("/phone/token").json["form_token"]
    answer = phone.browser.post("/phone/acts", token=token, act=sealed)
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json if status == 200 else None


def check_ins(town: Round) -> list[dict[str, Any]]:
    return town.isolation.rows(of_isolation.check_ins)


def officer(town: Round, staff_id: str = "o-0004", doors: Doors | None = None) -> Browser:
    owner = town.console.owner(f"officer.{staff_id}", "officer", staff_id)
    browser = Browser(town.app(doors), language="en")
    assert browser.log_in(town.console, owner).status_code == 303
    return browser


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


def test_what_waits_longest_comes_first_however_much_waits_elsewhere(town_of_each: Round) -> None:
    """It is told on the board and on the list of lists, and pages are turned."""
    town = town_of_each
    town.phone()
    with town.console.work.unit() as uow:
        [own] = workers_of(uow.conn, ["w-0117"])
        later = uow
        for staff_id in ["w-0117"] * (PAGE + 2) + [f"far-{number}" for number in range(60)] * 4:
            later = replace(later, now=later.now + timedelta(seconds=1))
            sealed = f"c.{staff_id}.{later.now}"
            settle_act(later, sealed, replace(own, staff_id=staff_id), "unreadable", known=False)
    town.console.clock.advance(hours=13)
    browser = officer(town)
    shown = browser.get("/metrics").text
    assert f'phone_acts_waiting{{because="unreadable"}} {PAGE + 2 + 240}.0' in shown
    [age] = re.findall(r'phone_acts_oldest_age_seconds\{because="unreadable"\} ([\d.e+]+)', shown)
    assert 13 * 3600 <= float(age) < 14 * 3600
    assert browser.get("/lists").text.count(f'<strong class="many">{PAGE + 2}</strong>') == 1
    assert f"{PAGE + 2} records from phones" in browser.get("/board").text
    page = browser.get("/from-phones").text
    assert page.count("<tr>") == 1 + PAGE
    mine = [row for row in town.console.rows(phone_acts) if row["staff_id"] == "w-0117"]
    mine = [row["id"] for row in sorted(mine, key=lambda row: row["received_at"])]
    assert re.findall(r'action="/from-phones/(\w+)"', page) == mine[:PAGE]
    [behind] = re.findall(r'href="(/from-phones\?after=\w+)"', page)
    assert re.findall(r'action="/from-phones/(\w+)"', browser.get(behind).text) == mine[PAGE:]


@pytest.fixture(name="town_of_each")
def town_of_each_database(database_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(database_url) as opened:
        yield opened


def test_an_officer_enters_or_dismisses_it(town_of_each: Round) -> None:
    town = town_of_each
    phone, other = town.phone(), town.phone("h-0021")
    entered, dismissed = check_in(town, phone), check_in(town, phone, degrees="36.9")
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    assert {send(other, one)["became"] for one in (entered, dismissed)} == {"refused"}
    assert check_ins(town) == []

    browser = officer(town)
    token = token_of(browser.get("/from-phones"))
    ids = {row["sealed"]: row["id"] for row in town.console.rows(phone_acts)}
    first, second = f"/from-phones/{ids[entered]}", f"/from-phones/{ids[dismissed]}"
    page = browser.post(first, token=token)
    assert page.status_code == 200 and "36.6" in page.text and "李兰" in page.text
    assert browser.post(f"{first}/enter", token=token).status_code == 303
    page = browser.post(second, token=token).text
    assert "within an hour" in page and "36.6" in page, "what is recorded there already"
    assert browser.post(f"{second}/dismiss", token=token).status_code == 303
    for path in (first, f"{first}/enter", f"{second}/dismiss"):
        assert browser.post(path, token=token).status_code == 404, "settled once"
    [kept] = check_ins(town)
    assert (kept["source"], kept["at"]) == ("/console/o-0004", datetime.fromisoformat(AT))
    assert {(row["state"], row["sealed"]) for row in town.console.rows(phone_acts)} == {
        ("entered", None),
        ("dismissed", None),
    }
    assert send(other, entered)["became"] == "entered", "it is not done again"
    assert len(check_ins(town)) == 1


def test_an_officer_enters_what_is_old_and_is_told_what_keeps_it_from_being_done(town: Round) -> None:
    with_another_officer(town)
    phone, other = town.phone(), town.phone("h-0021")
    old, of_closed = check_in(town, phone), check_in(town, phone, "孙宁")
    contact = act(phone, town.household("赵大山"), "contact", best_time="evenings")
    town.isolation.clock.advance(hours=73)
    for sealed in (old, of_closed, contact):
        assert "72" in send(other, sealed)["because"]
    browser, street = officer(town), officer(town, "d-0001")
    token = token_of(browser.get("/from-phones"))
    ids = [f"/from-phones/{id_of(sealed)}" for sealed in (old, of_closed, contact)]

    away = Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE)
    with_less = officer(town, "o-0005", away)
    page = with_less.post(f"{ids[0]}/enter", token=token_of(with_less.get("/from-phones")))
    assert page.status_code == 503 and f'action="{ids[0]}/enter"' in page.text, "it may be sent again"

    page = street.post(ids[2], token=token_of(street.get("/from-phones")))
    assert page.status_code == 200 and "/enter" not in page.text, "nobody is offered what is refused"
    assert browser.post(f"{ids[0]}/enter", token=token).status_code == 303
    [kept] = check_ins(town)
    assert (kept["source"], kept["at"]) == ("/console/o-0004", datetime.fromisoformat(AT))

    close(town, "孙宁")
    page = browser.post(f"{ids[1]}/enter", token=token)
    assert page.status_code == 422 and "no longer followed." in page.text, "why it is not done now"


def test_two_officers_do_not_enter_the_same_act_twice(town_of_each: Round) -> None:
    town = town_of_each
    with_another_officer(town)
    phone = town.phone()
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        for row in town.isolation.rows(cases):
            team = [*row["team"], ["community_officer", "o-0005"]]
            uow.conn.execute(cases.update().where(cases.c.case_id == row["case_id"]).values(team=team))
    sealed = check_in(town, phone)
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    send(town.phone("h-0021"), sealed)
    both = [officer(town), officer(town, "o-0005")]
    tokens = [token_of(one.get("/from-phones")) for one in both]
    with ThreadPoolExecutor(2) as at_once:
        answers = at_once.map(
            lambda one, token: one.post(f"/from-phones/{id_of(sealed)}/enter", token=token).status_code,
            both,
            tokens,
        )
        assert sorted(answers) == [303, 404]
    assert len(check_ins(town)) == 1


def test_an_officer_reads_nothing_of_households_that_they_do_not_reach(town: Round) -> None:
    phone, other = town.phone(), town.phone("h-0021")
    sealed = check_in(town, phone)
    nobodys = check_in(town, phone, pass_=phone.get("/phone").json["pass"][:-1] + "x")
    with town.console.work.unit() as uow:
        end_sessions_of_staff(uow, "w-0117", by="test")
    for one in (sealed, nobodys):
        send(other, one)

    def look(browser: Browser, sealed: str) -> str:
        page = browser.post(f"/from-phones/{id_of(sealed)}", token=token_of(browser.get("/from-phones")))
        assert page.status_code == 200
        return str(page.text)

    assert "36.6" in look(officer(town, "d-0001"), sealed), "of the district's places, with another team"
    look(officer(town), nobodys)
    shown = [row for row in town.console.rows(account_acts) if row["what"] == "phone_act_shown"]
    [own] = [row["account_id"] for row in shown if row["by"] == "officer.o-0004"]
    [of_officer] = [row["id"] for row in town.console.rows(accounts) if row["name"] == "officer.o-0004"]
    assert own == of_officer, "nothing is said of whoever only sent it"

    moved = STAFF.replace("grid_worker,g-1", "grid_worker,g-2")
    with town.registration.work.unit() as uow:
        import_places(uow, PLACES + "c-2,zhangye-road,community,东街社区,,,\ng-2,c-2,grid,第2网格,,,\n")
        import_staff(uow, moved + "o-0009,community_officer,c-2,冯立,13909310009,zh-CN,true\n")
    town.sync()
    page = look(officer(town, "o-0009"), sealed)
    assert "36.6" not in page and town.household("赵大山") not in page and "/dismiss" in page


def test_who_has_much_waiting_still_sends_what_can_be_done(town: Round) -> None:
    phone, other = town.phone(), town.phone("h-0021")
    with town.console.work.unit() as uow:
        [sender] = workers_of(uow.conn, ["h-0021"])
        for number in range(MOST_WAITING):
            settle_act(uow, f"c.{number}", sender, "unreadable", known=False)
    assert send(other, check_in(town, phone))["became"] == "done"
    send(other, "c.garbage", 429)
    assert send(phone, "c.garbage")["became"] == "refused"


def with_another_officer(town: Round) -> None:
    with town.registration.work.unit() as uow:
        import_staff(uow, STAFF + "o-0005,community_officer,c-1,冯立,13909310009,zh-CN,true\n")
    town.sync()


def close(town: Round, name: str) -> None:
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        of_it = cases.c.case_id == town.case(name)["case_id"]
        uow.conn.execute(cases.update().where(of_it).values(closed_at=uow.now, state="transferred"))


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
    assert "1 time no answer · next try 11:00" in phone.get(path).text


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
    close(town, "林小雨")
    assert "followed here no more" in send(phone, of_both)["because"]
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
    assert len(pages) == 9 and path in pages and f"{path}/check-in" in pages
    for address, page in pages.items():
        bare = re.compile(r'name="(key|form_token)" value="[^"]*"')
        assert bare.sub("", page) == bare.sub("", phone.get(address).text), address
        assert token_of(phone.get(address)) in page
    assert phone.get("/phone/nobody", 404)
    assert 'id="this-phone"' not in officer(town).get("/doors").text, "desks keep nothing"
