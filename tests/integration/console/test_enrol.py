"""Officers let the phones of workers in by slips, see them, and shut a lost one out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.console.accounts.queries import staff_with_links
from services.console.doors import Doors
from services.console.pages.pdf import can_make_pdf
from services.console.pages.workers import enrol as enrol_pages
from services.console.pages.workers.slip import Slip
from services.console.pages.workers.slips_pdf import slips_as_pdf
from services.console.pages.workers.who_walks import Walker
from services.console.tables import account_acts
from tests.doors import CONSOLE
from tests.integration.console.round import PIN, Round, open_round
from tests.integration.console.trial import NOBODY, Browser

NOWHERE = dict.fromkeys(("registration", "isolation", "notification"), NOBODY)


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_round(sqlite_url) as opened:
        yield opened


def officer(town: Round, doors: Doors | None = None) -> Browser:
    browser = Browser(town.app(doors), "en")
    browser.log_in(town.console, town.console.owner("zhou.ming", "officer", "o-0004"))
    return browser


def test_an_officer_makes_slips_and_shuts_a_lost_phone_out(town: Round) -> None:
    desk = officer(town)
    page = desk.get("/enrol").text
    assert (
        "w-0117" in page and "h-0021" in page and "o-0004" not in page and page.count("not yet enrolled") == 2
    )
    assert re.search(r'<th scope="row" translate="no">李兰<br><small>w-0117 139\*+', page), (
        "whom the number is"
    )
    assert "春和社区" in page and '<bdi translate="no">周明</bdi><br>community officer' in page
    slips = desk.send("/enrol", chosen="w-0117", staff_ids="h-0021, ")
    assert slips.text.index("h-0021") < slips.text.index("第1网格"), "by place: each stack goes to one"
    assert "李兰" in slips.text and "春和社区" in slips.text
    links = [
        re.findall(rf"{id}.*?https://localhost(/take-up/[\w-]{{43}})<", slips.text, re.S)[0]
        for id in ("w-0117", "h-0021")
    ]
    assert slips.status_code == 200 and len(links) == 2 and slips.text.count('class="qr"') == 2
    assert "style=" not in slips.text
    phone = Browser(town.app(), "en")
    assert phone.send(links[0], pin=PIN, again=PIN).headers["Location"] == "/doors"
    assert desk.get("/enrol").text.count("not yet enrolled") == 1
    assert phone.get("/account").status_code == 200
    assert desk.send("/enrol", "/enrol/w-0117/shut-out").status_code == 303
    assert phone.get("/account").headers["Location"] == "/log-in"
    by = {(row["what"], row["by"]) for row in town.console.rows(account_acts)}
    assert {("invited", "zhou.ming"), ("session_revoked", "zhou.ming")} <= by


def test_a_slip_that_was_made_before_lets_nobody_in_after_a_phone_was_shut_out(town: Round) -> None:
    phone, desk = town.phone(), officer(town)
    [link] = re.findall(r"https://localhost(/take-up/[\w-]{43})<", desk.send("/enrol", chosen="w-0117").text)
    assert desk.send("/enrol", "/enrol/w-0117/shut-out").status_code == 303
    assert phone.browser.get("/account").headers["Location"] == "/log-in"
    other = Browser(town.app(), "en")
    assert "form_token" not in other.get(link).text


@pytest.mark.parametrize("who", ["o-0004", "d-0001", "w-9999", "<b>x</b>", "=1+1", ""])
def test_only_who_goes_from_door_to_door_is_enrolled(town: Round, who: str) -> None:
    answer = officer(town).send("/enrol", staff_ids=who)
    assert answer.status_code == 422 and "/take-up/" not in answer.text and "<b>x" not in answer.text


def test_an_administrator_who_is_no_member_of_staff_enrols_by_number(town: Round) -> None:
    desk = Browser(town.app(), "en")
    desk.log_in(town.console, town.console.owner("admin", "administrator"))
    assert 'href="/enrol"' in desk.get("/account").text
    assert "w-0117" not in desk.get("/enrol").text
    assert desk.send("/enrol", staff_ids="w-0117").text.count('class="qr"') == 1
    assert desk.send("/enrol", "/enrol/slips.pdf", all="yes").status_code in (404, 422), "nobody is listed"
    assert desk.send("/enrol", staff_ids="o-0004").status_code == 422, "an officer has a password"


def test_workers_enrol_nobody_and_a_register_that_is_away_is_said_to_be(town: Round) -> None:
    phone = town.phone()
    phone.get("/enrol", 404)
    assert phone.browser.send("/account", "/enrol", staff_ids="w-0117").status_code == 404
    assert "cannot be reached" in officer(town, Doors(NOWHERE, CONSOLE)).get("/enrol").text


@pytest.fixture
def as_pdf() -> None:
    if not can_make_pdf():
        pytest.skip("without the font (Debian's fonts-wqy-microhei) slips are printed from the page")


@pytest.mark.usefixtures("as_pdf")
def test_slips_of_more_than_one_file_are_made_in_turn_and_end_no_link_given_before(
    town: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Slip] = []
    monkeypatch.setattr(enrol_pages, "slips_as_pdf", lambda slips, zone: made.extend(slips) or b"%PDF-")
    monkeypatch.setattr(enrol_pages, "MOST_AS_PDF", 1)
    desk = officer(town)
    for _ in range(2):
        assert "PDF for 1 who has neither a phone here nor a link" in desk.get("/enrol").text, "of two"
        desk.send("/enrol", "/enrol/slips.pdf", all="yes")
    assert [one.walker.staff_id for one in made] == ["h-0021", "w-0117"]
    for one in made:
        path = one.link.removeprefix("https://localhost")
        assert "form_token" in Browser(town.app(), "en").get(path).text, "it still counts"
    assert "PDF again for 1 who has no phone here: links of before end" in desk.get("/enrol").text
    desk.send("/enrol", "/enrol/slips.pdf", all="yes")
    assert made[2].walker.staff_id == "h-0021", "whose slip may be lost"
    with town.console.work.look() as uow:
        assert staff_with_links(uow, ["h-0021", "w-0117", "o-0004"]) == {"h-0021", "w-0117"}
    town.console.clock.advance(hours=73)
    with town.console.work.look() as uow:
        assert staff_with_links(uow, ["h-0021", "w-0117"]) == set(), "they are too old"


@pytest.mark.usefixtures("as_pdf")
def test_slips_as_a_pdf_let_in_whom_they_name_and_nobody_else(
    town: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Slip] = []

    def remember(slips: Sequence[Slip], zone: ZoneInfo) -> bytes:
        made.extend(slips)
        return slips_as_pdf(slips, zone)

    monkeypatch.setattr(enrol_pages, "slips_as_pdf", remember)
    desk = officer(town)
    answer = desk.send("/enrol", "/enrol/slips.pdf", chosen="w-0117")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-") and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == "attachment; filename=slips.pdf"
    assert [(one.walker.staff_id, one.walker.name, one.walker.community) for one in made] == [
        ("w-0117", "李兰", "春和社区")
    ], "a grid stands with its community"
    desk.send("/enrol", "/enrol/slips.pdf", chosen="w-0117")
    first, second = (one.link.removeprefix("https://localhost") for one in made)
    assert "form_token" not in Browser(town.app(), "en").get(first).text, "it counts no more"
    assert Browser(town.app(), "en").send(second, pin=PIN, again=PIN).headers["Location"] == "/doors"
    assert desk.send("/enrol", "/enrol/slips.pdf", all="yes").status_code == 200
    assert [one.walker.staff_id for one in made[2:]] == ["h-0021"], "whoever has a phone gets none"
    for wrong in ({"staff_ids": "o-0004"}, {"staff_ids": " ".join(f"w-{n}" for n in range(301))}, {}):
        assert desk.send("/enrol", "/enrol/slips.pdf", **wrong).status_code == 422
    assert town.phone().browser.send("/account", "/enrol/slips.pdf", all="yes").status_code == 404


@pytest.mark.usefixtures("as_pdf")
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_three_hundred_slips_take_seconds_each_with_its_code(town: Round, language: str) -> None:
    until = datetime(2022, 10, 4, 1, tzinfo=UTC)
    slips = [
        Slip(
            Walker(f"w-{n:04}", "grid_worker", name, f"第{n}网格", "", f"社区{n // 20}"),
            f"https://doorstep.example/take-up/{n:043}",
            until,
        )
        for n, name in enumerate(["李兰", "\u202e😀\n" * 40, "=1+1", "欧阳" * 60] * 75)
    ]
    begun = time.process_time()
    with town.app().test_request_context(headers={"Accept-Language": language}):
        pdf = slips_as_pdf(slips, ZoneInfo("Asia/Shanghai"))
    assert time.process_time() - begun < 15, "two or three on a machine that has nothing else to do"
    assert pdf.count(b"/Type /Page\n") == 45, "15 communities of 20: three sheets each"
    assert pdf.count(b"/Subtype /Image") == 300
    assert len(pdf) < 1_000_000, "of the font only what is used"
