"""The page of a household, by the link in its texts: what it says, what can be said there, what it hides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import structlog
import structlog.testing
from sqlalchemy import update

from chassis.commands.command import Author, Outcome
from chassis.unit_of_work import UnitOfWork
from services.console.doors import DoorAway, Doors
from services.isolation import tables as t
from services.isolation.cases.casebook import casebook
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change
from services.isolation.cases.story import Chapter, Exposed
from services.isolation.tasks.report_task import report_task
from services.registration import tables as registered
from tests.doors import CONSOLE
from tests.integration.console.residents import Home, Resident, open_home, taken_up
from tests.integration.isolation.saying import speaking
from tests.integration.registration.trial import RISKY, person
from tests.integration.registration.trial import report as reported

report = speaking(report_task, "task.reported")
MOTHER = person(1, name="王敏")
KB = 1000


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    """Pages ask the doors, which are tried on both databases."""
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:10")
        yield home


@pytest.fixture
def resident(home: Home) -> Resident:
    return home.browser()


def text_of(page: Any) -> str:
    """What somebody reads, spaces left out."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", f"<main{main}"))


def nurse_takes_it(home: Home) -> Outcome:
    [task] = [one for one in home.isolation.rows(t.tasks) if one["kind"] == "see_abnormal"]
    nurse = Author("staff", "/console/nurse", "nurse")
    return report(home.isolation, {"task_id": task["task_id"], "outcome": "taken"}, author=nurse)


# -- what it says


def test_the_page_says_what_is_asked_until_when_and_why_and_whom_to_call(resident: Resident) -> None:
    said = text_of(resident.get())
    for sentence in (
        *("居家隔离，第1天，共7天，10月7日期满", "请足不出户", "原因：您来之前到过风险地区（中风险）"),
        *("请在10:00前填报", "有事找谁", "网格员", "社区医生何静13909310004", "急救电话120"),
    ):
        assert sentence in said


def test_the_page_says_that_they_came_from_abroad(home: Home) -> None:
    entered = {"at": "2022-10-01T06:12:00+08:00", "entered_on": "2022-09-28"}
    told = {"time": "2022-10-01T07:15:00+08:00", "address": "张掖路街道春和社区花园路1号"}
    home.registration.receive(
        reported(1, publisher="police", stops=[RISKY], arrival=entered, people=[MOTHER], **told)
    )
    taken_up(home, "arrival.reassessed")
    browser = home.browser()
    page = text_of(browser.get())
    assert "集中隔离，第3天，共7天，10月5日期满之后居家健康监测3天，至10月8日" in page
    assert page.count("原因：您于9月28日从境外入境。") == 1


def test_wish_12_the_page_says_what_is_missing_for_the_release_and_what_comes_next(home: Home) -> None:
    """Wish 12: every state says why it is so, what comes next, when."""
    said = text_of(home.browser().get())
    for sentence in ("解除前还差", "还有6天，到10月7日", "10月4日核酸：待采", "由社区确认解除", "缺一张纸"):
        assert sentence in said
    for row in home.isolation.rows(t.tasks):
        if row["kind"] == "test" and row["day"] == 1:
            done = {"task_id": row["task_id"], "outcome": "done"}
            report(home.isolation, done, author=Author("staff", "/console/nurse", "nurse"))
    assert "10月1日核酸：已采" in text_of(home.browser().get())
    home.isolation.do(_becomes_contact, home.case_ids()[0])
    page = text_of(home.browser().get())
    assert (
        "集中隔离，第0天，共7天，10月8日期满之后居家健康监测3天，至10月11日" in page
        and "原因：您是密切接触者" in page
    )
    browser = home.browser("en")
    browser.send(browser.get(), "/language", language="en")
    assert "then3daysofhomehealthmonitoring,until11October" in text_of(browser.get())


def _becomes_contact(uow: UnitOfWork, case_id: str) -> None:
    with casebook(uow) as book:
        case = book.lock([case_id])[case_id]
        exposed = Exposed("another", date(2022, 10, 1))
        chapter = Chapter(None, uow.now, (), case.policy_id, exposed=exposed)
        revise_cases(book, [Occasion(case, Change("close_contact", (chapter,), from_today=True))])


def test_people_are_told_apart_without_their_names(home: Home, resident: Resident) -> None:
    page = resident.get()
    for label in ("*敏</bdi>，62岁", "*雨</bdi>，8岁", "*雪</bdi>，1个月"):
        assert label in page.text
    for hidden in ("王敏", "小雨", "小雪", "620402", "139000", "花园路"):
        assert hidden not in page.text


def test_wish_24_the_page_is_whole_in_english_too(home: Home) -> None:
    """Wish 24: no untranslated caption; tests/browser asks axe and the keyboard."""
    page = home.browser("en").get()  # the browser's language does not count: that of the messages does
    assert '<html lang="zh-CN">' in page.text
    english = home.browser("en")
    english.send(english.get(), "/language", language="en")
    words = re.sub(r"春和社区|中文|何静|李兰|王山|周明|\*敏|\*雨|\*雪", "", english.get().text)
    assert not re.search("[一-鿿]", words)
    assert "home isolation, day 1 of 7, until 7 October" in re.sub(r"<[^>]*>", "", words)


# -- the check-in


def test_wish_11_one_form_checks_in_the_whole_household(home: Home, resident: Resident) -> None:
    """Wish 11: one form checks in all; nobody's temperature is another's."""
    answer = resident.report("365", "36.8", "３７．０")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{home.path}#written-down")
    kept = [(row["case_id"], row["temperature"], row["how_known"], row["late"]) for row in home.check_ins()]
    assert kept == [
        (id, tenths, "by_link", False) for id, tenths in zip(home.case_ids(), (365, 368, 370), strict=True)
    ]
    said = text_of(resident.get())
    assert "已记下。*敏，62岁：36.5℃" in said and "下一次：16:00至18:00" in said
    assert {row["source"] for row in home.check_ins()} == {f"/link/{home.case_ids()[0]}"}


def test_nothing_is_filled_in_and_whoever_is_left_out_is_still_asked(home: Home, resident: Resident) -> None:
    page = resident.get()
    assert re.findall(r'name="temperature-\d" value="([^"]*)"', page.text) == ["", "", ""]
    assert " checked" not in page.text
    resident.report("", "36.6")
    assert [row["case_id"] for row in home.check_ins()] == [home.case_ids()[1]]
    form = resident.get().text.partition('id="check-in"')[2].partition("</form>")[0]
    assert "*敏" in form and "*雪" in form and "*雨" not in form


def test_a_late_check_in_counts_as_late_and_silences_the_ladder(home: Home, resident: Resident) -> None:
    home.at("2022-10-01 10:20")
    assert "10:00截止的这一次已过时间。仍请填报：补报同样有效" in text_of(resident.get())
    resident.report("36.5", "36.5", "36.5")
    assert {row["late"] for row in home.check_ins()} == {True}
    morning = [
        row for row in home.isolation.rows(t.tasks) if row["kind"] == "check_in" and row["state"] == "done"
    ]
    assert len(morning) == 3 and {row["tell_at"] for row in morning} == {None}
    assert "补报" in text_of(resident.get())


def test_until_noon_what_was_missed_yesterday_evening_is_reported_beside_this_morning(
    home: Home, resident: Resident
) -> None:
    resident.report("36.5", "36.5", "36.5")
    home.at("2022-10-02 08:30")
    page = resident.get()
    assert "10月1日16:00至10月1日18:00没有填报" in text_of(page)
    missed = resident.get("/missed")
    assert "按补报计" in text_of(missed)
    wrong = resident.send(missed, "/missed", **{"temperature-0": "98"})
    assert wrong.status_code == 422 and 'value="98"' in wrong.text
    for _ in range(2):  # a double tap is one
        said = resident.send(missed, "/missed", **{"temperature-0": "36.6", "temperature-1": "36.4"})
        assert said.status_code == 303
    kept = home.check_ins()[3:]
    assert [(row["temperature"], row["late"], str(row["at"])[:16]) for row in kept] == [
        (366, True, "2022-10-01 10:00"),
        (364, True, "2022-10-01 10:00"),
    ]
    page = resident.get()
    assert "已记下" in text_of(page), "the answer to what was just sent"
    assert page.text.count('name="temperature-') == 3, "this morning's is asked for still"
    home.at("2022-10-02 12:01")
    assert "没有填报" not in text_of(resident.get()), "the baby's is over"
    missing = [row["state"] for row in home.isolation.rows(t.tasks) if row["kind"] == "check_in"]
    assert resident.send(missed, "/missed", key="k" * 20, **{"temperature-2": "36.6"}).status_code == 303
    last = home.check_ins()[-1]
    assert str(last["at"])[:16] == "2022-10-02 04:01" and last["task_id"] is None, "too late: it is of now"
    assert len(home.check_ins()) == 6
    now = [row["state"] for row in home.isolation.rows(t.tasks) if row["kind"] == "check_in"]
    assert sorted(now) == sorted(missing)


def test_what_was_typed_stays_and_what_is_wrong_is_said_beside_it(home: Home, resident: Resident) -> None:
    page = resident.report("三十六度五", "36.6", "98.6", **{"symptoms-1": "dry_cough"})
    assert page.status_code == 422 and home.check_ins() == []
    assert [*re.findall(r'name="temperature-\d" value="([^"]*)"', page.text)] == [
        "三十六度五",
        "36.6",
        "98.6",
    ]
    assert page.text.count('aria-invalid="true"') == 2 and 'value="dry_cough" checked' in page.text
    assert "摄氏" in text_of(page)
    assert resident.report("", "", "").status_code == 422


def test_wish_8_a_double_tap_is_one_check_in(home: Home, resident: Resident) -> None:
    """Wish 8: acts are idempotent."""
    page = resident.get()
    for _ in range(2):
        assert resident.send(page, "/check-in", **{"temperature-0": "36.5"}).status_code == 303
    assert len(home.check_ins()) == 1


def test_whoever_feels_ill_after_the_report_reports_again(home: Home, resident: Resident) -> None:
    resident.report("36.5", "36.5", "36.5")
    assert f'href="{home.path}/again"' in resident.get().text
    page = resident.get("/again")
    refused = resident.send(page, "/check-in", **{"temperature-1": "x", "temperature-0": "36.4"})
    assert refused.status_code == 422 and 'name="again"' in refused.text and 'value="36.4"' in refused.text
    assert resident.send(page, "/check-in", **{"symptoms-1": "fever"}).status_code == 303
    assert "已经通知" in text_of(resident.get())
    assert len(home.check_ins()) == 4


# -- a fever


def test_after_a_fever_the_page_says_whom_we_told_by_when_they_call_and_when_to_dial_120(
    home: Home, resident: Resident
) -> None:
    resident.report("36.5", "38.6", "36.9", **{"symptoms-1": "dry_cough"})
    said = text_of(resident.get())
    for sentence in (
        "*雨，8岁：38.6℃，干咳",
        "已经通知：",
        "社区医生何静",
        "08:40前会有人给您打电话",
        "马上打120",
    ):
        assert sentence in said
    assert "婴儿" not in said
    home.at("2022-10-01 08:22")
    assert nurse_takes_it(home).kind == "done"
    home.at("2022-10-01 08:30")
    said = text_of(resident.get())
    assert "08:22已有人看到" in said and "会有人给您打电话" not in said


def test_a_baby_under_three_months_with_a_fever_is_an_emergency(resident: Resident) -> None:
    resident.report("", "", "37.6")
    assert "不满三个月的婴儿只要发热：马上打120" in text_of(resident.get())


def test_what_was_mistyped_is_corrected_and_its_alarm_is_taken_back(home: Home, resident: Resident) -> None:
    resident.report("36.5", "39.6")
    assert f'href="{home.path}/correct"' in resident.get().text
    [wrong] = [row["check_in_id"] for row in home.check_ins() if row["temperature"] == 396]
    path = f"/correct/{wrong}"
    assert f'href="{home.path}{path}"' in resident.get("/correct").text
    page = resident.get(path)
    assert "39.6" in text_of(page) and 'name="temperature-0" value=""' in page.text
    assert resident.send(page, path, **{"temperature-0": "hot"}).status_code == 422
    assert resident.send(page, path, **{"temperature-0": "369"}).status_code == 303
    said = resident.get()
    assert "36.9" in text_of(said) and "39.6" not in text_of(said) and "notice danger" not in said.text
    assert len(home.isolation.recorded("check_in.corrected")) == 1, "whoever was alarmed is told"
    assert sorted(row["temperature"] for row in home.check_ins()) == [365, 369, 396], "the first value stays"
    home.at("2022-10-02 08:10")
    assert resident.browser.get(f"{home.path}{path}").status_code == 303, "on its own day only"


# -- this is not me


def test_the_notice_is_read_and_signed_on_the_page_once(home: Home, resident: Resident) -> None:
    assert "告知书尚未签收" in text_of(resident.get())
    page = resident.get("/notice")
    assert "第1天，共7天" in text_of(page) and "不签字不等于拒绝隔离" in text_of(page)
    assert page.text.count('name="who"') == 3 and " checked" not in page.text, "nobody is marked beforehand"
    wrong = resident.send(page, "/notice", signed_by="  ")
    assert wrong.status_code == 422
    for says in ("请选择为谁签收", "请选一项", "请填写姓名"):
        assert says in text_of(wrong)
    mother, *children = home.case_ids()
    for _ in range(2):  # a double tap is one
        own = resident.send(page, "/notice", who=mother, outcome="signed", signed_by="王敏")
        assert own.status_code == 303
    assert "告知书已签收" in text_of(resident.get())
    left = resident.get("/notice")
    assert left.text.count('name="who"') == 2
    said = {"who": [*children, "01839145-0000-7000-8000-000000000000"], "outcome": "signed_by_guardian"}
    assert resident.send(left, "/notice", **said, signed_by="王敏").status_code == 303
    kept = home.isolation.rows(t.notices)
    assert sorted(row["outcome"] for row in kept) == ["signed", *["signed_by_guardian"] * 2]
    assert {row["text_version"] for row in kept} == {"household/1/zh-CN"} and "王敏" not in str(kept)
    assert "尚未签收" not in text_of(resident.get())
    assert home.browser().browser.get(f"{home.path}/notice").status_code == 303, "nothing is left to sign"
    states = [row["state"] for row in home.isolation.rows(t.tasks) if row["kind"] == "signed_notice"]
    assert states == ["done"] * 3


def test_this_is_not_me_goes_to_an_officer_with_a_clock(home: Home, resident: Resident) -> None:
    page = resident.get("/not-me")
    assert "对您的要求不变" in text_of(page)
    assert resident.send(page, "/not-me", note="另一个人").status_code == 422, "nobody was chosen"
    answer = resident.send(page, "/not-me", who=home.case_ids()[0], note="这是别人的手机号")
    assert answer.headers["Location"] == f"{home.path}/not-me/said"
    assert "会有人给您打电话" in text_of(resident.get("/not-me/said"))
    [waiting] = [row for row in home.registration.arrivals() if row["to_settle_since"]]
    assert (waiting["id"], waiting["to_settle"]) == (home.case_ids()[0], "this_is_not_me")
    stored = repr(home.registration.rows(registered.arrival_history))
    assert "别人的手机号" not in stored, "words of people are sealed"


def test_nobody_says_anything_of_another_household(home: Home, resident: Resident) -> None:
    page = resident.get()
    foreign = "01839074-e215-8000-8322-000000000000"
    assert resident.send(page, "/check-in", **{"who-0": foreign, "temperature-0": "36.5"}).status_code == 422
    assert resident.send(resident.get("/not-me"), "/not-me", who=foreign).status_code == 422
    assert home.check_ins() == []


# -- languages


def test_the_switch_of_languages_also_sets_that_of_messages(home: Home, resident: Resident) -> None:
    answer = resident.send(resident.get(), "/language", language="en")
    assert answer.status_code == 303
    assert '<html lang="en">' in resident.get().text
    assert {row["language"] for row in home.isolation.rows(t.cases)} == {"en"}
    assert '<html lang="en">' in home.browser().get().text, "on another phone, too"


# -- links


@pytest.mark.parametrize("token", ["000000000000", "x", "aaaa-bbbb", "%27%20OR%201%3D1", "ÄÖÜ" * 40])
def test_an_unknown_link_opens_one_friendly_page(home: Home, token: str) -> None:
    page = home.browser().browser.get(f"/r/{token}")
    assert page.status_code == 404
    assert "这个链接打不开页面" in page.text and "tel:12345" in page.text and "tel:120" in page.text


def test_a_page_is_read_only_after_the_last_case_and_closed_30_days_later(
    home: Home, resident: Resident
) -> None:
    before = resident.get()
    with home.isolation.database.begin() as conn:
        conn.execute(update(t.cases).values(closed_at=home.isolation.clock.now(), state="released"))
    page = resident.get()
    assert "可以看到10月31日" in text_of(page) and "/check-in" not in page.text
    assert resident.send(before, "/check-in", **{"temperature-0": "36.5"}).status_code == 303
    assert home.check_ins() == []
    home.isolation.clock.advance(days=31)
    resident.get(status=404)


def test_a_get_changes_nothing(home: Home, resident: Resident) -> None:
    def everything() -> str:
        services = ((home.isolation, t), (home.registration, registered))
        return repr(
            [service.rows(table) for service, tables in services for table in tables.metadata.sorted_tables]
        )

    before = everything()
    for below in ("", "/again", "/correct", "/not-me", "/not-me/said"):
        resident.get(below)
    for below in ("/check-in", "/language"):
        assert resident.browser.get(f"{home.path}{below}").status_code == 405
    assert everything() == before


def test_wish_25_no_line_of_the_log_and_no_title_holds_a_link(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wish 25: nothing personal, and no key to it, where operators read."""
    for module in ("chassis.doors.frame", "chassis.doors.app", "services.console.app"):
        monkeypatch.setattr(f"{module}.log", structlog.get_logger())
    resident, away = home.browser(), home.browser(doors=Doors({"isolation": "http://127.0.0.1:9"}, CONSOLE))
    with structlog.testing.capture_logs() as lines:
        pages = [resident.get(), resident.get("/not-me"), away.get(status=503)]
        resident.report("36.5")
        resident.browser.get(f"{home.path}/no-such-page")
    assert len(lines) >= 8 and "residents.check_in" in {line.get("route") for line in lines}
    assert home.token not in repr(lines) + caplog.text
    assert all(home.token not in re.findall("<title>(.*)</title>", page.text)[0] for page in pages)
    assert {page.headers["Referrer-Policy"] for page in pages} == {"no-referrer"}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}


def test_a_door_that_is_away_is_said_and_what_was_typed_is_kept_and_sent_again(home: Home) -> None:
    away = ["isolation"]

    class Away(Doors):
        def say(self, service: str, *given: Any) -> Any:
            if service in away:
                raise DoorAway("the door of isolation does not answer")
            return super().say(service, *given)

    resident = home.browser(doors=Away(home.doors.urls, CONSOLE))
    page = resident.report("36.5")
    assert page.status_code == 503 and 'name="temperature-0" value="36.5"' in page.text
    assert home.check_ins() == []
    away.clear()
    for _ in range(2):
        assert resident.send(page, "/check-in").status_code == 303
    assert [row["temperature"] for row in home.check_ins()] == [365]


# -- small


@pytest.mark.parametrize("people", [3, 6])
def test_wish_21_the_page_with_its_stylesheet_has_at_most_30_kb_and_no_script(
    sqlite_url: Callable[..., str], people: int
) -> None:
    """Wish 21: small first pages; old phones."""
    with open_home(sqlite_url, people) as home:
        resident = home.browser()
        for moment in ("2022-10-01 16:10", "2022-10-02 08:10", "2022-10-02 16:10"):
            home.at(moment)
            page = resident.get()  # with a form for all, all their fevers, and what they reported
            assert page.text.count('inputmode="decimal"') == people
            assert "<script" not in page.text and "style=" not in page.text and "onclick" not in page.text
            (sheet,) = re.findall(r'href="(/static/\w+/doorstep.css)"', page.text)
            assert len(page.data) + len(resident.browser.get(sheet).data) <= 30 * KB
            resident.report(*["38.6"] * people)


def test_wish_22_wish_23_a_resident_types_no_password_and_is_never_thrown_out(home: Home) -> None:
    """Wish 22: one page for all that is asked. Wish 23: no log-in that ends."""
    resident = home.browser()
    home.at("2022-10-05 08:10")
    assert resident.get().status_code == 200
    assert resident.browser.cookie() is None
