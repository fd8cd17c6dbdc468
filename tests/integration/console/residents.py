"""A mother and her two children at home, before real doors of isolation and registration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from contracts.envelope import ONE, dump_event, read_message
from contracts.registry import read_data
from services.console.app import make_app
from services.console.doors import Doors
from services.isolation import tables as t
from services.isolation.teams.copies import PLACES, STAFF
from tests.doors import RELEASE
from tests.integration.console.officers import open_town
from tests.integration.console.trial import Browser, token_of
from tests.integration.isolation import trial as isolation
from tests.integration.registration import trial as registration

RISKY = registration.risk_list((), ("京怡家园4号楼",))
PEOPLE = {
    "worker-1": {"name": "李兰", "phone": "13909310001"},
    "worker-2": {"name": "王山", "phone": "13909310002"},
    "officer": {"name": "周明", "phone": "13909310003"},
    "nurse": {"name": "何静", "phone": "13909310004"},
}
CHILDREN: Sequence[dict[str, Any]] = (
    {"name": "王小雨", "birth_date": "2014-03-02"},
    {"name": "王小雪", "birth_date": "2022-08-20"},
)


@dataclass
class Home:
    """:param arrival_ids: in the order of their cases."""

    doors: Doors
    isolation: isolation.Trial
    registration: registration.Trial

    def app(self, doors: Doors | None = None) -> Flask:
        return make_app(doors or self.doors, None, release_key=RELEASE)

    @property
    def token(self) -> str:
        [link] = {row["sealed"] for row in self.isolation.rows(t.links)}
        token: str = isolation.SEALER.unseal(link, "link")
        return token

    @property
    def path(self) -> str:
        return f"/r/{self.token}"

    def browser(self, language: str = "zh-CN", doors: Doors | None = None) -> Resident:
        return Resident(Browser(self.app(doors), language=language), self.path)

    def at(self, text: str) -> None:
        """Move both services' clocks, and run what isolation does by the clock."""
        moment = isolation.china(text)
        self.isolation.clock.moment = self.registration.clock.moment = moment
        self.isolation.run_timers()

    def case_ids(self) -> list[str]:
        return sorted(row["case_id"] for row in self.isolation.rows(t.cases))

    def check_ins(self) -> list[dict[str, Any]]:
        return sorted(self.isolation.rows(t.check_ins), key=lambda row: (row["at"], row["case_id"]))


@dataclass
class Resident:
    """Opens the page as a phone does, and sends its forms with all that stands in them."""

    browser: Browser
    path: str

    def get(self, below: str = "", status: int = 200) -> TestResponse:
        page = self.browser.get(f"{self.path}{below}")
        assert page.status_code == status, (page.status_code, page.text)
        return page

    def send(self, page: TestResponse, below: str, **typed: Any) -> Any:
        action = f"{self.path}{below}"
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.S)
        assert form, page.text
        hidden = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form[0]))
        hidden.pop("form_token", None)
        return self.browser.post(action, token=token_of(page), **{**hidden, **typed})

    def report(self, *temperatures: str, **more: Any) -> Any:
        """The check-in of the people in the order of the page; "" leaves one out."""
        typed = {f"temperature-{n}": one for n, one in enumerate(temperatures)}
        return self.send(self.get(), "/check-in", **typed, **more)


def taken_up(home: Home, type: str = "arrival.registered") -> None:
    """What registration recorded reaches isolation, as by the broker."""
    events = [
        read_data(read_message(dump_event(document), ONE)[0]) for document in home.registration.events(type)
    ]
    home.isolation.follow(*events)


@contextmanager
def open_home(database_url: Callable[..., str], people: int = 3) -> Iterator[Home]:
    """They came on 1 October 2022 at 06:12 from a risk area, and must stay at home.

    :param people: in the household; up to three are the mother and her children.
    """
    with open_town(database_url) as town:
        home = Home(town.doors, town.isolation, town.registration)
        town.registration.clock.moment = town.isolation.clock.moment
        with town.registration.work.unit() as uow:
            published = registration.read_official(RISKY, isolation.CHINA)
            registration.import_risk_list(uow, published, "test")
        sealed = isolation.SEALER.seal
        named = [
            isolation.staff(staff_id, role, where, 2, person=sealed(PEOPLE.get(staff_id, {})))
            for staff_id, role, where in isolation.PEOPLE
        ]
        town.isolation.do(STAFF.keep, named)
        community = isolation.place("c-1", "zhangye-road", "community", 2, name="春和社区")
        town.isolation.do(PLACES.keep, [community])
        mother = registration.person(1, name="王敏")
        others = [*CHILDREN, *({"name": f"王家{n}", "birth_date": _born(n)} for n in range(3, people))]
        came = registration.report(
            1,
            people=[mother, *others[: people - 1]],
            at="2022-10-01T06:12:00+08:00",
            time="2022-10-01T06:15:00+08:00",
            address="张掖路街道春和社区花园路1号",
            stops=[registration.RISKY],
        )
        town.registration.receive(came)
        taken_up(home)
        assert len(town.isolation.rows(t.cases)) == people
        yield home


def _born(n: int) -> str:
    return (date(1990, 1, 1) + timedelta(days=400 * n)).isoformat()
