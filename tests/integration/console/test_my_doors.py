"""A worker's day at the console, before real doors: her list, a household, and what she records there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import TestResponse

from services.console.doors import Doors
from services.console.pages import catalogues
from services.console.pages.entry.cookies import OPENING
from services.console.pages.shown import rounds
from services.isolation import tables as of_isolation
from services.registration import tables as of_registration
from tests.doors import CONSOLE
from tests.integration.console.round import LIN, PIN, ZHAO, Phone, Round, hidden, open_morning
from tests.integration.console.trial import NOBODY, token_of
from tests.unit.console.test_texts import Marking, untranslated

AWAY = Doors(dict.fromkeys(("registration", "isolation", "notification"), NOBODY), CONSOLE)


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def checked(town: Round, name: str) -> dict[str, str]:
    """Names of the fields of one person in the form of a check-in."""
    id = town.case(name)["case_id"]
    return {field: f"{field}-{id}" for field in ("temperature", "how", "symptom")}


def test_the_first_page_says_figures_without_names_then_doors_in_order(town: Round, phone: Phone) -> None:
    page = phone.get("/doors").text
    figures = page[page.index("<h1>") : page.index("<article")]
    assert '<bdi translate="no">李兰</bdi><br>grid worker' in page, "whose phone it is"
    assert (
        "3 doors · 4 people · 16 tasks" in figures
        and "first visits at 3 doors" in figures
        and "*" not in figures
    )
    assert re.findall(r"translate=\"no\">(春和家园[^<]+)</a>", page) == [
        "春和家园3号楼2单元501",
        "春和家园3号楼2单元602",
        "春和家园10号楼1单元202",
    ]
    assert "*兰" in page and "林玉兰" not in page and "6201021985" not in page
    assert 'href="tel:13909311001"' in page
    title = re.findall("<title>(.*)</title>", page)
    assert title == ["My doors – Doorstep"]
    assert re.search(r"/doors\?show=unreported\"[^>]*>not yet reported <span class=\"many\">3<", page)
    assert phone.browser.get("/").headers["Location"] == "/doors"


def test_wish_9_filters_stand_in_the_address_and_say_how_many(town: Round, phone: Phone) -> None:
    town.advance(hours=1)
    assert phone.get("/doors?show=overdue").text.count("<article") == 3
    empty = phone.get("/doors?show=abnormal").text
    assert "<article" not in empty and "None of your doors is so now" in empty and "Show all" in empty
    assert phone.get("/doors?show=nonsense").text.count("<article") == 3


def test_wish_11_a_household_is_one_page_and_one_form_checks_all_in(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    page = phone.get(path).text
    assert (
        "*兰</bdi>, 37 years" in page
        and "*雨</bdi>, 8 years" in page
        and "home isolation, day 1 of 7" in page
    )
    assert 'href="tel:120"' in page and 'href="tel:13909310004"' in page and 'href="tel:13909310003"' in page
    mother, child = checked(town, "林玉兰"), checked(town, "林小雨")
    typed = {mother["temperature"]: "365", mother["how"]: "seen"}
    typed |= {child["temperature"]: "36.8", child["how"]: "told_by"}
    after = _check_in(phone, path, typed)
    assert "36.5 ℃" in after.text and "36.8 ℃" in after.text and "This is how it was read" in after.text
    kept = {row["case_id"]: row for row in town.isolation.rows(of_isolation.check_ins)}
    assert {row["temperature"] for row in kept.values()} == {365, 368}
    assert {row["how_known"] for row in kept.values()} == {"seen", "told_by"}
    assert 'not yet reported <span class="many">2<' in phone.get("/doors").text


def _check_in(phone: Phone, path: str, typed: dict[str, str], status: int = 303):
    page = phone.get(f"{path}/check-in")
    answer = phone.browser.post(
        f"{path}/check-in", token=token_of(page), **(hidden(page, "check-in") | typed)
    )
    assert answer.status_code == status, answer.text
    return phone.get(answer.headers["Location"]) if status == 303 else answer


def test_nothing_is_filled_in_and_nobody_is_all_normal(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    form = phone.get(f"{path}/check-in").text
    assert "checked" not in form and not re.findall(r'class="input short"[^>]*value="[^"]+"', form)
    assert _check_in(phone, path, {}, 422) and town.isolation.rows(of_isolation.check_ins) == []
    mother = checked(town, "林玉兰")
    wrong = _check_in(phone, path, {mother["temperature"]: "98.6", mother["how"]: "seen"}, 422)
    assert 'value="98.6"' in wrong.text and "Fahrenheit" in wrong.text
    _check_in(phone, path, {mother["temperature"]: "36.6", mother["how"]: "by_phone"})
    [kept] = town.isolation.rows(of_isolation.check_ins)
    assert kept["case_id"] == town.case("林玉兰")["case_id"], "of the child nothing is said"


def test_what_alarms_is_asked_once_more_and_then_the_page_says_who_was_told(
    town: Round, phone: Phone
) -> None:
    path, mother = town.household("林玉兰"), checked(town, "林玉兰")
    typed = {mother["temperature"]: "396", mother["how"]: "seen"}
    asked = _check_in(phone, path, typed, 200)
    assert "those on duty and the care team are told" in asked.text and "39.6 ℃" in asked.text
    assert "Nothing is sent yet" in asked.text
    assert town.isolation.rows(of_isolation.check_ins) == []
    sure = hidden(asked, "check-in") | {"sure": "yes"}
    sent = phone.browser.post(f"{path}/check-in", token=token_of(asked), **sure)
    after = phone.get(sent.headers["Location"]).text
    assert (
        "We have told:" in after
        and 'Must see to it by 08:50: health worker <bdi translate="no">何静' in after
    )
    assert "ring 120 now" in after
    assert 'class="card abnormal"' in phone.get("/doors?show=abnormal").text

    [kept] = town.isolation.rows(of_isolation.check_ins)
    correct = f"{path}/correct/{kept['check_in_id']}"
    page = phone.get(correct)
    assert "39.6 ℃" in page.text
    right = {mother["temperature"]: "36.9", mother["how"]: "seen"}
    done = phone.browser.post(
        correct, token=token_of(page), **(hidden(page, f"correct/{kept['check_in_id']}") | right)
    )
    after = phone.get(done.headers["Location"]).text
    assert "36.9 ℃" in after and "corrected" in after and "We have told" not in after
    assert [row["temperature"] for row in town.isolation.rows(of_isolation.check_ins)] == [396, 369]
    assert len(town.isolation.recorded("check_in.corrected")) == 1, "whoever was alarmed is told"


def test_wish_22_a_task_is_recorded_once_and_counts_everywhere(town: Round, phone: Phone) -> None:
    path = town.household("赵大山")
    page = phone.get(path)
    form = hidden(page, "done")
    for _ in range(2):
        answer = phone.browser.post(f"{path}/done", token=token_of(page), **form, how="seen")
        assert answer.status_code == 303
    [first] = [task for task in town.tasks("赵大山") if task["kind"] == "first_contact"]
    assert (first["state"], first["version"]) == ("done", 1)
    town.sync()
    states = {row["id"]: row["state"] for row in town.registration.arrivals()}
    assert states[town.case("赵大山")["case_id"]] == "verified"
    assert "Done, and noted." in phone.get(answer.headers["Location"]).text
    assert "task done" in phone.get("/doors").text, "the finished row stays"


def test_nobody_is_called_seen_whom_nobody_saw(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    wrong = phone.send(path, "done", 422, how="seen")
    assert "Say of whom." in wrong.text
    [child] = [task for task in town.tasks("林小雨", "due") if task["kind"] == "first_contact"]
    phone.send(path, "done", how="seen", task=child["task_id"])
    done = {name: len(town.tasks(name, "done")) for name in ("林玉兰", "林小雨")}
    assert done == {"林玉兰": 0, "林小雨": 1}
    phone.send(path, "done", 404, how="by magic")


def test_wish_12_no_answer_is_one_tap_and_says_what_comes_next(town: Round, phone: Phone) -> None:
    path = town.household("赵大山")
    after = phone.send(path, "no-answer")
    assert "No answer: noted. Next try 08:45." in after.text, "the first visit is due by nine"
    town.sync()
    page = phone.get(path).text
    assert page.count("1 time no answer · next try 08:45") == 3, "first visit, check-in and supplies"
    [arrival] = [row for row in town.registration.rows(of_registration.arrivals) if row["acts"]]
    assert arrival["id"] == town.case("赵大山")["case_id"]
    for _ in range(2):
        town.advance(days=1)
        phone.send(path, "no-answer")
        town.sync()
    settle = town.registration.rows(of_registration.arrivals)
    assert next(row["to_settle"] for row in settle if row["id"] == arrival["id"]), "three on two days"


def test_wish_12_where_no_try_is_left_it_says_so_and_what_happens_next(town: Round, phone: Phone) -> None:
    path = town.household("赵大山")
    town.advance(minutes=30)  # 08:50, ten minutes before the term of the first visit
    after = phone.send(path, "no-answer").text
    assert "Next try 09:45. What is due by 09:00 has no try left: it is overdue then, and goes to" in after
    town.sync()
    page = phone.get(path).text
    assert (page.count("next try 09:00"), page.count("next try 09:45")) == (1, 2), "no term is held longer"
    of_him = checked(town, "赵大山")  # else somebody is to go there tomorrow morning
    _check_in(phone, path, {of_him["temperature"]: "36.6", of_him["how"]: "by_phone"})
    town.advance(hours=12)  # 20:50: all of it is overdue
    after = phone.send(path, "no-answer").text
    assert "No try is left today: nobody rings at a door after 20:00. Next try 10-02 08:00." in after


def test_no_answer_said_by_mistake_is_taken_back_at_both_services(town: Round, phone: Phone) -> None:
    path = town.household("赵大山")
    assert "What you said today" not in phone.get(path).text
    phone.send(path, "no-answer")
    town.sync()
    page = phone.get(path)
    assert page.text.count("1 time no answer") == 3 and page.text.count("take it back") == 1, "one tap is one"
    sent = {"token": token_of(page), **hidden(page, "take-back")}
    for _ in range(2):
        answer = phone.browser.post(f"{path}/take-back", **sent)
        assert answer.status_code == 303, "sent twice it is one act"
    assert "Taken back: it is as if it had not been said." in phone.get(answer.headers["Location"]).text
    town.sync()
    after = phone.get(path).text
    assert "time no answer" not in after and "What you said today" not in after
    assert phone.send(path, "no-answer").status_code == 200, "it can be said again"
    lines = [row["what"] for row in town.registration.rows(of_registration.arrival_history)]
    assert lines == ["no_answer", "taken_back", "no_answer"]
    what = [row["what"] for row in town.isolation.rows(of_isolation.case_history)]
    assert what.count("task_attempt_taken_back") == 2 and what.count("arrival_followed_taken_back") == 1

    page = phone.get(path)
    sent = {"token": token_of(page), **hidden(page, "take-back")}
    town.advance(days=1)
    late = phone.browser.post(f"{path}/take-back", **sent)
    assert late.status_code == 422 and "Only what was recorded today is corrected." in late.text


def test_a_first_visit_recorded_at_the_wrong_door_is_taken_back_at_both_services(
    town: Round, phone: Phone
) -> None:
    path, id = town.household("赵大山"), town.case("赵大山")["case_id"]

    def state() -> str:
        town.sync()
        return next(str(row["state"]) for row in town.registration.arrivals() if row["id"] == id)

    phone.send(path, "done", how="seen")
    assert state() == "verified"
    page = phone.get(path)
    assert "<strong>seen in person</strong>" in page.text and page.text.count("take it back") == 1
    sent = {"token": token_of(page), **hidden(page, "take-back")}
    for _ in range(2):
        answer = phone.browser.post(f"{path}/take-back", **sent)
        assert answer.status_code == 303, "sent twice it is one act"
    assert state() == "assigned"
    [visit] = [task for task in town.tasks("赵大山") if task["kind"] == "first_contact"]
    assert visit["state"] == "due" and visit["tell_at"] is not None
    assert "What you said today" not in phone.get(path).text
    assert town.isolation.audit()["balanced"]


def test_who_was_called_not_here_by_mistake_is_followed_again(town: Round, phone: Phone) -> None:
    path, id = town.household("赵大山"), town.case("赵大山")["case_id"]
    form = phone.get(f"{path}/not-found")
    typed = hidden(form, "not-found") | {"outcome": "not_here", "who": id, "sure": "yes"}
    assert phone.browser.post(f"{path}/not-found", token=token_of(form), **typed).status_code == 303
    town.sync()
    phone.get(path, 404)
    assert town.case("赵大山")["state"] == "cancelled"
    nurse = town.phone("h-0021")
    assert "not known here" not in nurse.get("/doors/said").text, "everybody sees their own"
    page = phone.get("/doors/said")
    assert "not known here" in page.text and "春和家园3号楼2单元602" in page.text
    sent = {"token": token_of(page), **hidden(page, "take-back")}
    for _ in range(2):
        answer = phone.browser.post("/doors/said/take-back", **sent)
        assert answer.status_code == 303, "sent twice it is one act"
    assert "Nothing. What you said of a task" in phone.get(answer.headers["Location"]).text
    town.sync()
    assert town.case("赵大山")["state"] == "open"
    assert "first visit" in phone.get(path).text
    wrong = phone.browser.post("/doors/said/take-back", token=token_of(page), key="x" * 12, act=f"{id}:99")
    assert wrong.status_code == 422
    assert town.isolation.audit()["balanced"]


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000])
def test_a_number_that_no_act_has_is_not_there(town: Round, phone: Phone, number: str) -> None:
    path = town.household("赵大山")
    phone.send(path, "no-answer")
    town.sync()
    page = phone.get(path)
    sent = hidden(page, "take-back")
    [act] = [name for name, value in sent.items() if str(value).startswith("arrival.followed_up:")]
    sent[act] = f"{sent[act].rpartition(':')[0]}:{number}"
    answer = phone.browser.post(f"{path}/take-back", token=token_of(page), **sent)
    assert answer.status_code == 422


def hint_of(page: TestResponse, field: str) -> str:
    """What stands beside a field, which screen readers read with it."""
    [shown] = re.findall(rf'<span class="hint" id="{field}-hint">(.*?)</span>\s*<input', page.text, re.S)
    assert f'aria-describedby="{field}-hint' in page.text
    return str(shown)


def test_a_phone_number_is_mended_and_one_more_person_is_added(town: Round, phone: Phone) -> None:
    path, child = town.household("林玉兰"), town.case("林小雨")["case_id"]
    mend = f"{path}/mend"

    def send(page_path: str, act: str, status: int, **typed: str):
        page = phone.get(page_path)
        answer = phone.browser.post(page_path, token=token_of(page), **(hidden(page, act) | typed))
        assert answer.status_code == status, answer.text
        return answer

    page = phone.get(mend)
    assert "13909311001" in hint_of(page, "phone") and "nothing" in hint_of(page, "phone")
    assert ">春和家园3号楼2单元501<" in hint_of(page, "address")
    assert "of messages</legend>" in page.text and ">中文</span></span>" in page.text
    wrong = send(mend, "mend", 422, phone="12")
    assert "Say of whom." in wrong.text and 'value="12"' in wrong.text
    wrong = send(mend, "mend", 422, phone="12", who=child)
    assert "no telephone number" in wrong.text and 'value="12"' in wrong.text
    done = send(mend, "mend", 303, phone="139 0931 1999", who=child)
    town.sync()
    assert 'href="tel:13909311999"' in phone.get(done.headers["Location"]).text
    numbers = re.findall(
        r'class="who" translate="no">([^<]*)<.*?translate="no">([^<]*)<', hint_of(phone.get(mend), "phone")
    )
    assert numbers == [("*兰", "13909311001"), ("*雨", "13909311999")], "the new one is written now"
    send(mend, "mend", 303, address="春和家园3号楼1单元501", who=child)
    send(f"{path}/person", "person", 422, name="林小寒", birth_date="2999-01-01")
    send(f"{path}/person", "person", 303, name="林小寒", birth_date="2021-12-21")
    town.sync()
    assert "*寒</bdi>, 9 months" in phone.get(path).text
    told = {"marks": "pregnant", "best_time": "after 19:00", "contact_name": "林芳"}
    wrong = send(f"{path}/contact", "contact", 422, **told)
    assert 'value="林芳"' in wrong.text and 'value="pregnant" checked' in wrong.text
    send(f"{path}/contact", "contact", 303, **told, contact_phone="13909311888", contact_relation="aunt")
    page = phone.get(path).text
    assert "pregnant" in page and "after 19:00" in page and 'href="tel:13909311888"' in page


def test_who_is_not_here_who_refuses_and_what_is_signed(town: Round, phone: Phone) -> None:
    def send(path: str, act: str, status: int = 303, **typed: str):
        page = phone.get(f"{path}/{act}")
        answer = phone.browser.post(f"{path}/{act}", token=token_of(page), **(hidden(page, act) | typed))
        assert answer.status_code == status, answer.text
        return answer

    path = town.household("孙宁")
    assert "Choose one." in send(path, "not-found", 422).text
    send(path, "not-found", outcome="no_such_door", note="<b>wall</b>")
    town.sync()
    case = town.case("孙宁")["case_id"]
    [row] = [one for one in town.registration.rows(of_registration.arrivals) if one["id"] == case]
    assert row["to_settle"]

    path = town.household("赵大山")
    send(path, "refusal", 422, what="visit", why="fear")
    noted = send(path, "refusal", what="visit", why="fear", what_would_help="his son", witness="o-0004")
    assert "Noted with the witness" in phone.get(noted.headers["Location"]).text
    assert len(town.isolation.rows(of_isolation.refusals)) == 1
    send(path, "notice", 422, outcome="refused_to_sign")
    send(path, "notice", outcome="refused_to_sign", witness="h-0021", read_aloud="yes")
    assert len(town.tasks("赵大山", "done")) == 1, "handed over all the same"
    groups = [task for task in town.tasks("赵大山", "due") if task["kind"] == "supplies"]
    send(path, "not-possible", 422, task=groups[0]["task_id"], because="other")
    send(path, "not-possible", task=groups[0]["task_id"], because="no_supplies")
    assert "the officer decides" in phone.get(path).text


def test_a_household_of_nobody_else_opens_and_a_door_that_is_away_is_said_to_be(
    town: Round, phone: Phone
) -> None:
    path = town.household("赵大山")
    nurse = town.phone("h-0021")
    assert nurse.get(path), "of the team"
    other = town.phone("d-0001")
    other.get(path, 404)
    for id in ("x", "0" * 36, town.case("林小雨")["case_id"]):
        phone.get(f"/doors/{id}", 404)
    away = town.phone(doors=AWAY)
    away.get("/doors", 503)
    away.get(path, 503)


def test_wish_25_no_page_has_a_whole_name_or_number(town: Round, phone: Phone) -> None:
    path = town.household("林玉兰")
    pages = [
        "",
        "/check-in",
        "/mend",
        "/person",
        "/not-found",
        "/not-possible",
        "/refusal",
        "/notice",
        "/contact",
        "/need",
    ]
    for page in ["/doors", *(path + one for one in pages)]:
        text = phone.get(page).text
        for secret in (LIN[0]["name"], LIN[1]["name"], ZHAO[0]["name"], LIN[0]["identity_number"]):
            assert secret not in text, page


OTHER_PAGES = (
    *("check-in", "mend", "person", "not-found", "not-possible", "refusal", "notice", "contact", "need"),
    *("permit", "not-at-home", "home-suits"),
)


def test_wish_24_no_text_of_a_workers_page_is_untranslated(
    town: Round, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mother = town.household("林玉兰"), checked(town, "林玉兰")
    typed = {
        mother["temperature"]: "38.6",
        mother["how"]: "seen",
        mother["symptom"]: "fatigue",
        "sure": "yes",
    }
    _check_in(phone, path, typed)
    town.advance(hours=2)
    phone.send(path, "no-answer")
    monkeypatch.setattr(catalogues, "texts", lambda language: Marking())
    [kept] = town.isolation.rows(of_isolation.check_ins)
    pages = [
        "/doors",
        path,
        *(f"{path}/{page}" for page in OTHER_PAGES),
        f"{path}/correct/{kept['check_in_id']}",
    ]
    for page in [*pages, "/account", f"{path}?said=no_answer&again=11:00", "/doors?show=first&from=top"]:
        assert untranslated(phone.get(page).text) == [], page
    for page in OTHER_PAGES:
        refused = phone.browser.post(f"{path}/{page}", token=token_of(phone.get(f"{path}/{page}")))
        assert untranslated(refused.text) == [] if refused.status_code == 422 else page == "contact", page


def test_wish_21_the_first_page_of_sixty_households_has_at_most_100_kilobytes(
    town: Round, phone: Phone
) -> None:
    """And it shows them all: no synchronisation, no second page."""
    assert rounds.AT_ONCE > 63
    families = [
        ([{**one, "phone": f"1390932{n:04d}"} for one in LIN[:1]], f"春和家园{n % 9 + 1}号楼2单元{n}01")
        for n in range(1, 61)
    ]
    for people, _ in families:
        people[0] |= {"name": f"客{people[0]['phone']}", "identity_number": None, "identity_type": None}
    town.arrive(*families)
    page = phone.get("/doors")
    assert page.text.count("<article") == 63 and "next page" not in page.text
    assert len(page.data) <= 100_000, len(page.data)


def test_who_has_more_doors_turns_pages_and_the_phone_keeps_them_all(
    town: Round, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    first = phone.get("/doors").text
    assert first.count("<article") == 2 and "Doors 1 to 2 of 3" in first
    assert "3 doors · 4 people" in first and "to the first page" not in first
    [to] = re.findall(r'<a class="button" href="([^"]+)">next page', first)
    assert to == f"/doors?at={town.household('孙宁').rpartition('/')[2]}", (
        "no address of a household stands in it"
    )
    second = phone.get(to).text
    assert second.count("<article") == 1 and "春和家园10号楼1单元202" in second
    assert "Doors 3 to 3 of 3" in second and "next page" not in second
    assert 'href="/doors">' in second and "to the first page" in second
    assert phone.get("/doors?at=gone").text.count("<article") == 2
    assert 'href="/doors?from=top&amp;at=' in phone.get("/doors?from=top").text
    kept = phone.get("/phone").json["doors"]
    assert list(kept) == ["/doors", to] and len(phone.get("/phone").json["households"]) == 3
    for address, page in kept.items():
        shown = re.sub(r'name="form_token" value="[^"]+"', "", phone.get(address).text)
        assert re.sub(r'name="form_token" value="[^"]+"', "", page) == shown, "as it was opened"


def test_a_household_that_is_no_longer_followed_takes_nothing(town: Round, phone: Phone) -> None:
    path, mother = town.household("林玉兰"), checked(town, "林玉兰")
    page = phone.get(f"{path}/check-in")
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        uow.conn.execute(cases.update().values(closed_at=uow.now, state="transferred"))
    typed = {mother["temperature"]: "36.6", mother["how"]: "seen"}
    answer = phone.browser.post(
        f"{path}/check-in", token=token_of(page), **(hidden(page, "check-in") | typed)
    )
    assert answer.status_code == 404 and town.isolation.rows(of_isolation.check_ins) == []


@pytest.mark.parametrize("bad", ['"><script>alert(1)</script>', "=1+1", "\x00", "家" * 900])
def test_bad_input_is_refused_or_harmless(town: Round, phone: Phone, bad: str) -> None:
    path, mother = town.household("林玉兰"), checked(town, "林玉兰")
    for act, typed in (
        ("check-in", {mother["temperature"]: bad, mother["how"]: bad}),
        ("mend", {"phone": bad, "address": bad, "who": bad}),
        ("person", {"name": bad, "birth_date": bad, "identity_type": bad, "identity_number": bad}),
        ("not-found", {"outcome": bad, "note": bad, "coming": bad}),
        ("refusal", {"what": bad, "why": bad, "witness": bad, "what_would_help": bad}),
        ("notice", {"outcome": bad, "witness": bad, "signed_by": bad}),
        ("contact", {"best_time": bad, "contact_name": bad, "contact_phone": bad}),
    ):
        page = phone.get(f"{path}/{act}")
        answer = phone.browser.post(f"{path}/{act}", token=token_of(page), **(hidden(page, act) | typed))
        assert answer.status_code in (303, 422), (act, answer.status_code)
        for text in (answer.text, phone.get(path).text):
            assert "<script" not in re.sub(r'<script src="/static/\w+/\w+\.js" defer></script>', "", text)


def test_wish_23_what_was_typed_survives_the_pin(town: Round, phone: Phone) -> None:
    """The phone closed the browser in between: the PIN is asked for, and nothing is typed twice."""
    path, mother = town.household("林玉兰"), checked(town, "林玉兰")
    page = phone.get(f"{path}/check-in")
    typed = hidden(page, "check-in") | {mother["temperature"]: "36.6", mother["how"]: "seen"}
    phone.browser.client.delete_cookie(OPENING, domain="localhost")
    asked = phone.browser.post(f"{path}/check-in", token=token_of(page), **typed)
    assert asked.status_code == 403 and "What you typed is kept" in asked.text
    assert town.isolation.rows(of_isolation.check_ins) == []
    wrong = phone.browser.post("/pin", token=token_of(asked), **(hidden(asked, "pin") | {"pin": "000000"}))
    assert wrong.status_code == 403
    right = phone.browser.post("/pin", token=token_of(wrong), **(hidden(wrong, "pin") | {"pin": PIN}))
    assert right.status_code == 200 and f'action="{path}/check-in"' in right.text
    sent = phone.browser.post(f"{path}/check-in", token=token_of(right), **hidden(right, "check-in"))
    assert sent.status_code == 303 and "36.6 ℃" in phone.get(sent.headers["Location"]).text


def test_what_was_typed_stays_where_a_door_is_away_and_is_done_once(town: Round) -> None:
    half = Doors({**town.doors.urls, "registration": NOBODY}, CONSOLE)
    phone, path = town.phone(doors=half), town.household("赵大山")
    page = phone.get(f"{path}/mend")
    typed = hidden(page, "mend") | {"phone": "13909311777"}
    away = phone.browser.post(f"{path}/mend", token=token_of(page), **typed)
    assert away.status_code == 503 and 'name="phone" value="13909311777"' in away.text
    phone.browser.client.application = town.app()
    for _ in range(2):
        sent = phone.browser.post(f"{path}/mend", token=token_of(away), **hidden(away, "mend"))
        assert sent.status_code == 303
    acts = [row["acts"] for row in town.registration.rows(of_registration.arrivals)]
    assert [number for number in acts if number] == [1]
