"""A worker's round: the console before real doors of two services, who know the same people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from flask import Flask
from werkzeug.test import TestResponse

from contracts.envelope import ONE, Event, read_message
from contracts.registry import read_data
from services.console.accounts.invite import enrol
from services.console.app import make_app
from services.console.doors import Doors
from services.isolation.door import DOOR as ISOLATION
from services.isolation.tasks.hear_of_following import hear_of_following
from services.isolation.teams import copies
from services.registration.door import DOOR as REGISTRATION
from services.registration.following.hear_of_contact import hear_of_contact
from tests.integration.console.trial import Browser, prepare, token_of
from tests.integration.console.trial import Trial as Console
from tests.integration.isolation import trial as isolation
from tests.integration.registration import trial as registration
from tests.open_doors import open_doors

PIN = "274951"
PLACES = """place_id,parent,level,name,aliases,division,kind
lz,,city,兰州市,,,
cg,lz,district,城关区,,620102,
zhangye-road,cg,street,张掖路街道,,620102002,
c-1,zhangye-road,community,春和社区,,,
g-1,c-1,grid,第1网格,,,
y-1,g-1,courtyard,春和家园,,,managed
"""
STAFF = """staff_id,role,place,name,phone,language,active
w-0117,grid_worker,g-1,李兰,13909310001,zh-CN,true
o-0004,community_officer,c-1,周明,13909310003,zh-CN,true
h-0021,health_worker,c-1,何静,13909310004,zh-CN,true
d-0001,district_officer,cg,罗宁,13909310006,zh-CN,true
"""
STOP = {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-09-30"}
_TO_ISOLATION = {
    "place.changed": copies.PLACES.keep,
    "staff.changed": copies.STAFF.keep,
    "arrival.registered": isolation.follow_arrivals,
    "arrival.reassessed": isolation.follow_arrivals,
    "arrival.followed_up": hear_of_following,
    "arrival.follow_up_taken_back": hear_of_following,
}
_TO_REGISTRATION = ("case.contacted", "case.contact_taken_back")


def someone(name: str, phone: str | None, born: str | None = None) -> dict[str, Any]:
    number = f"620102{born.replace('-', '')}002" if born else None
    if number:
        number += registration.calc_check_digit(number + "0")
    kind = "resident_id" if number else None
    return {"name": name, "phone": phone, "identity_type": kind, "identity_number": number}


LIN = (
    someone("林玉兰", "13909311001", "1985-03-07"),
    someone("林小雨", None, "2014-05-06"),
)
"""A mother and her daughter at 3-2-501."""
ZHAO = (someone("赵大山", "13909311002", "1941-02-03"),)
"""An old man alone at 3-2-602."""
SUN = (someone("孙宁", "13909311003", "1977-07-08"),)
DOORS = ((LIN, "春和家园3号楼2单元501"), (ZHAO, "春和家园3号楼2单元602"), (SUN, "春和家园10号楼1单元202"))


@dataclass
class Round:
    console: Console
    isolation: isolation.Trial
    registration: registration.Trial
    doors: Doors
    _heard: set[str] = field(default_factory=set)
    _reports: int = 0

    def app(self, doors: Doors | None = None) -> Flask:
        return make_app(doors or self.doors, self.console.work)

    def arrive(self, *families: tuple[Sequence[dict[str, Any]], str]) -> None:
        for people, address in families:
            self._reports += 1
            given = registration.report(
                self._reports,
                people=people,
                stops=[STOP],
                at="2022-10-01T06:12:00+08:00",
                time="2022-10-01T06:30:00+08:00",
                destination={"division": "620102002", "address": address},
            )
            self.registration.receive(given)
        self.sync()

    def sync(self) -> None:
        """What the services tell each other, until there is nothing new."""
        while self._tell_isolation() or self._tell_registration():
            pass

    def _tell_isolation(self) -> int:
        heard = 0
        for type, use_case in _TO_ISOLATION.items():
            found = [
                read_event(one) for one in self.registration.events(type) if one["id"] not in self._heard
            ]
            if found:
                self._heard |= {one.id for one in found}
                self.isolation.do(use_case, found)
                heard += len(found)
        return heard

    def _tell_registration(self) -> int:
        told = [one for type in _TO_REGISTRATION for one in self.isolation.recorded(type)]
        found = [one for one in told if one.id not in self._heard]
        if found:
            self._heard |= {one.id for one in found}
            with self.registration.work.unit() as uow:
                hear_of_contact(uow, found)
        return len(found)

    def advance(self, **by: float) -> None:
        self.isolation.clock.advance(**by)
        self.isolation.run_timers()

    def link(self, staff_id: str = "w-0117") -> str:
        with self.console.work.unit() as uow:
            return f"/take-up/{enrol(uow, staff_id, by='test').token}"

    def phone(self, staff_id: str = "w-0117", language: str = "en", doors: Doors | None = None) -> Phone:
        """A worker's, which was let in."""
        browser = Browser(self.app(doors), language=language)
        assert browser.send(self.link(staff_id), pin=PIN, again=PIN).status_code == 303
        return Phone(browser)

    def case(self, name: str) -> dict[str, Any]:
        """Of the person of this name."""
        found = [
            row
            for row in self.isolation.rows(isolation.t.cases)
            if isolation.SEALER.unseal(row["person"])["name"] == name
        ]
        [case] = found
        return case

    def household(self, name: str) -> str:
        case = self.case(name)
        return f"/doors/{case['household_id'] or case['case_id']}"

    def tasks(self, name: str, *states: str) -> list[dict[str, Any]]:
        return self.isolation.tasks(self.case(name)["case_id"], *states)


@dataclass
class Phone:
    browser: Browser

    def get(self, path: str, status: int = 200) -> TestResponse:
        page = self.browser.get(path)
        assert page.status_code == status, (page.status_code, page.headers.get("Location"), page.text)
        return page

    def send(self, path: str, act: str, status: int = 303, **typed: Any) -> Any:
        """Open a page and send the form whose action ends so, with what stands hidden in it.

        Returns the page to which it leads, or the same page with what is wrong.
        """
        page = self.get(path)
        answer = self.browser.post(f"{path}/{act}", token=token_of(page), **(hidden(page, act) | typed))
        assert answer.status_code == status, (answer.status_code, answer.text)
        return self.get(answer.headers["Location"]) if status == 303 else answer


def hidden(page: TestResponse, act: str) -> dict[str, Any]:
    """What stands hidden in the form whose action ends so; a list where a name stands several times."""
    form = re.search(rf'<form[^>]*action="[^"]*/{act}".*?</form>', page.text, re.S)
    assert form, page.text
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([\w.-]+)" value="([^"]*)"', form[0]):
        found.setdefault(name, []).append(value)
    del found["form_token"]
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def read_event(document: dict[str, Any]) -> Event:
    return read_data(read_message(orjson.dumps(document), ONE)[0])


_furnish_registration = partial(
    registration.furnish,
    places=PLACES,
    staff=STAFF,
    listed=registration.risk_list((), ("京怡家园4号楼",), "2022-09-30 8时"),
    at=isolation.MORNING,
)


def _furnish_isolation(url: str) -> None:
    isolation.prepare(url)
    with isolation.trial(url) as made:
        made.with_policies()


@contextmanager
def open_round(database_url: Callable[..., str]) -> Iterator[Round]:
    """The neighbourhood, with nobody there yet; it is seven in the morning of 1 October 2022."""
    clock = isolation.StandingClock(isolation.MORNING)
    console = Console(database_url("console", prepare))
    of_registration = registration.Trial(database_url("registration", _furnish_registration), clock)  # type: ignore[arg-type]
    with isolation.trial(database_url("isolation", _furnish_isolation)) as of_isolation:
        of_isolation.clock = clock
        with open_doors((ISOLATION, of_isolation.work), (REGISTRATION, of_registration.work)) as doors:
            opened = Round(console, of_isolation, of_registration, doors)
            opened.sync()
            yield opened
    of_registration.database.dispose()
    console.database.dispose()


@contextmanager
def open_morning(database_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_round(database_url) as opened:
        opened.arrive(*DOORS)
        opened.advance(hours=1, minutes=20)
        yield opened
