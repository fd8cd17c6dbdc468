"""A worker's phone is let in: from then on her texts name nobody, and lead to the page that says the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chassis.unit_of_work import Work
from deploy.local.ports import freeport
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.cookies import OPENING
from services.console.sessions.tell_phones import PhonesTold
from services.notification.door import DOOR as NOTIFICATION
from services.notification.messages.sender import Sender
from services.notification.reference.phones_in import phones_in
from tests.doors import CONSOLE, console_process
from tests.integration.console.round import LIN, PIN, SUN, ZHAO, Phone, Round, open_round, someone
from tests.integration.console.trial import NOBODY, Browser
from tests.integration.isolation.trial import SEALER
from tests.integration.notification import trial as notification
from tests.open_doors import open_doors
from tests.waiting import eventually

URL = "https://doorstep.example.cn"
PERSONAL = ("林玉兰", "林小雨", "赵大山", "孙宁", "1390931100", "单元", "501", "602", "202", "隔离", "监测")


@dataclass
class Told:
    """Notification beside the round: what the worker w-0117 is sent."""

    town: Round
    work: Work
    doors: Doors
    phones: PhonesTold = field(init=False)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.phones = PhonesTold(self.town.console.work, self.doors)

    def texts(self) -> list[str]:
        """Since they were asked for last."""
        new = [one for one in self.town.isolation.recorded("case.opened") if one.id not in self._told]
        self._told |= {one.id for one in new}
        notification.inform(self.work, *new)
        kept, settings = notification.Kept(), replace(notification.QUICK, public_url=URL)
        notification.send_all(self.work, Sender(self.work, {"sms": kept}, notification.TEXTS, settings))
        return [text for to, text in kept.sent if to.endswith("13909310001")]


@pytest.fixture
def told(sqlite_url: Callable[..., str]) -> Iterator[Told]:
    with (
        open_round(sqlite_url) as town,
        notification.work_on(sqlite_url("notification", notification.prepare)) as work,
    ):
        town.console.clock.moment = datetime.now(UTC)  # sessions last by real time
        work = replace(work, sealer=SEALER)
        with open_doors((NOTIFICATION, work)) as doors:
            yield Told(town, work, Doors(dict(town.doors.urls) | dict(doors.urls), CONSOLE))


def test_from_enrolment_to_revocation_texts_name_nobody_and_lead_to_the_page_behind_the_pin(
    told: Told,
) -> None:
    town = told.town
    town.arrive((SUN, "春和家园10号楼1单元202"))
    assert told.phones.turn() == 0
    [whole] = told.texts()
    assert "孙宁" in whole and "1单元202" in whole and "http" not in whole
    phone = town.phone(doors=told.doors)
    assert told.phones.turn() == 1
    assert told.phones.turn() == 0, "what is known is not said again"
    town.arrive((LIN, "春和家园3号楼2单元501"), (ZHAO, "春和家园3号楼2单元602"))
    texts = told.texts()
    assert len(texts) >= 2
    for text in texts:
        assert not any(personal in text for personal in PERSONAL), text
        assert "春和家园3号楼" in text and "首次上门联系" in text and "前办理" in text
    pages = [_behind_the_pin(phone, text) for text in texts]
    for door in ("2单元501", "2单元602"):
        assert any(door in page for page in pages)
    _shut_out(town, told.doors)
    assert told.phones.turn() == 1
    town.arrive(((someone("周小", "13909311009", "1990-01-02"),), "春和家园3号楼2单元701"))
    [whole] = told.texts()
    assert "周小" in whole and "701" in whole and "http" not in whole


def _behind_the_pin(phone: Phone, text: str) -> str:
    """The page to which the link in the text leads, on a phone whose browser was closed meanwhile."""
    path = urlsplit(text[text.index("https://") :]).path
    phone.browser.client.delete_cookie(OPENING, domain="localhost")
    asks = phone.browser.get(path)
    assert asks.status_code == 303 and asks.headers["Location"] == f"/pin?back={path}"
    opened = phone.browser.send(asks.headers["Location"], "/pin", pin=PIN, back=path)
    assert opened.headers["Location"] == path
    return phone.get(path).text


def _shut_out(town: Round, doors: Doors) -> None:
    desk = Browser(town.app(doors), "en")
    desk.log_in(town.console, town.console.owner("zhou.ming", "officer", "o-0004"))
    assert desk.send("/enrol", "/enrol/w-0117/shut-out").status_code == 303


def test_a_phone_counts_until_its_session_runs_out_or_its_owner_logs_out(told: Told) -> None:
    phone = told.town.phone()
    told.town.phone("h-0021")
    assert told.phones.turn() == 2
    assert phone.browser.send("/account", "/log-out").status_code == 303
    assert told.phones.turn() == 1
    told.town.console.clock.advance(days=31)
    assert told.phones.turn() == 1
    told.town.arrive((ZHAO, "春和家园3号楼2单元602"))
    [whole] = told.texts()
    assert "赵大山" in whole


def test_what_a_door_that_was_away_was_not_told_it_is_told_later_and_all_of_it_after_a_start(
    told: Told,
) -> None:
    away = Doors(dict(told.doors.urls) | {"notification": NOBODY}, CONSOLE)
    beginning = PhonesTold(told.town.console.work, away)
    told.town.phone()
    with pytest.raises(DoorAway):
        beginning.turn()
    beginning._doors = told.doors
    assert beginning.turn() == 1
    told.town.console.clock.advance(seconds=1)
    assert PhonesTold(told.town.console.work, told.doors).turn() == 1, "another process tells it again"
    told.town.arrive((ZHAO, "春和家园3号楼2单元602"))
    [text] = told.texts()
    assert not any(personal in text for personal in PERSONAL)


def test_the_console_tells_by_itself_as_it_runs(told: Told, tmp_path: Path) -> None:
    told.town.phone()
    url, door = told.town.console.url, told.doors.urls["notification"]
    log = tmp_path / "console.log"
    process = console_process(url, freeport(), log, DOORSTEP_NOTIFICATION_DOOR_URL=door)
    try:
        eventually(lambda: _phones(told) == {"w-0117"})
        _shut_out(told.town, told.doors)
        eventually(lambda: not _phones(told))
    finally:
        process.terminate()
        assert process.wait(30) == 0, log.read_text()


def _phones(told: Told) -> frozenset[str]:
    with told.work.database.read() as conn:
        return phones_in(conn, ["w-0117"], datetime.now(UTC))


def test_many_phones_are_told_in_parts(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.sessions.tell_phones.AT_ONCE", 1)
    for staff_id in ("w-0117", "h-0021"):
        told.town.phone(staff_id)
    assert told.phones.turn() == 2
    assert told.phones.turn() == 0
