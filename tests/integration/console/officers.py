"""An officer at the console, before real doors of isolation and registration with their databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from chassis.doors.tokens import Actor
from services.console.app import make_app
from services.console.doors import Doors
from services.isolation.door import DOOR as ISOLATION
from services.registration.door import DOOR as REGISTRATION
from tests.doors import RELEASE, staff_author
from tests.integration.console.trial import Browser, Owner, prepare, token_of
from tests.integration.console.trial import Trial as Console
from tests.integration.isolation import trial as isolation
from tests.integration.registration import trial as registration
from tests.open_doors import open_doors

PLACES = """place_id,parent,level,name,aliases,division,kind
lz,,city,兰州市,,,
cg,lz,district,城关区,,620102,
zhangye-road,cg,street,张掖路街道,,620102002,
c-1,zhangye-road,community,春和社区,,,
g-1,c-1,grid,第1网格,,,
g-2,c-1,grid,第2网格,,,
"""
STAFF = """staff_id,role,place,name,phone,language,active
worker-1,grid_worker,g-1,李兰,13909310001,zh-CN,true
worker-2,grid_worker,g-1,王山,13909310002,zh-CN,true
officer,community_officer,c-1,周明,13909310003,zh-CN,true
nurse,health_worker,c-1,何静,13909310004,zh-CN,true
street,street_officer,zhangye-road,秦岚,13909310005,zh-CN,true
district,district_officer,cg,罗宁,13909310006,zh-CN,true
"""
PERSON = isolation.SEALER.seal(
    {
        "name": "欧阳建国",
        "phone": "13909311234",
        "address": "花园路1号",
        "identity_number": "620102199001011234",
    },
    "person",
)


@dataclass
class Town:
    """One street with its officers, whom the two services know alike."""

    console: Console
    isolation: isolation.Trial
    registration: registration.Trial
    doors: Doors

    def __post_init__(self) -> None:
        self.owners: dict[str, Owner] = {}

    def app(self, doors: Doors | None = None) -> Flask:
        return make_app(doors or self.doors, self.console.work, release_key=RELEASE)

    def officer(self, staff_id: str = "officer", language: str = "en", doors: Doors | None = None) -> Officer:
        """Somebody who is in."""
        browser = Browser(self.app(doors), language=language)
        if staff_id not in self.owners:
            self.owners[staff_id] = self.console.owner(f"{staff_id}.x", "officer", staff_id)
        self.console.clock.advance(seconds=60)
        answer = browser.log_in(self.console, self.owners[staff_id])
        assert answer.status_code == 303, answer.text
        return Officer(browser)

    def open_case(self, **changed: Any) -> str:
        came = isolation.arrival(**{"level": "medium", "worker": "worker-1", "person": PERSON, **changed})
        self.isolation.follow(came)
        return str(came.data["arrival_id"])

    def actor(self, staff_id: str) -> Actor:
        return Actor(staff_author(staff_id))

    def day_after(self, **by: float) -> None:
        self.isolation.clock.advance(**by)
        self.isolation.run_timers()


class _Form(HTMLParser):
    """The form of an act, or of an action, with what stands in its fields, as a browser would send it."""

    def __init__(self, action: str, act: str) -> None:
        super().__init__()
        self.action, self.act = action, act
        self.found: dict[str, str] | None = None
        self._form: dict[str, str] | None = None
        self._choice = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = {} if given.get("action") == self.action else None
        elif self._form is None:
            return
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._form[given["name"]] = given.get("value", "")
        elif tag in ("select", "textarea"):
            self._choice = self._text = given["name"]
            self._form[given["name"]] = ""
        elif tag == "option" and "selected" in given:
            self._form[self._choice] = given["value"]

    def handle_data(self, data: str) -> None:
        if self._form is not None and self.get_starttag_text() and self.lasttag == "textarea":
            self._form[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            if self.found is None and self._form.get("act", self.act) == self.act:
                self.found = self._form
            self._form = None


@dataclass
class Officer:
    browser: Browser

    def get(self, path: str, status: int = 200) -> TestResponse:
        page = self.browser.get(path)
        assert page.status_code == status, (page.status_code, page.headers.get("Location"), page.text)
        return page

    def act(self, page: TestResponse, action: str, act: str, **typed: str) -> TestResponse:
        """Send the form of an act with all that stands in it, but for what is typed."""
        reader = _Form(action, act)
        reader.feed(page.text)
        assert reader.found is not None, page.text
        return self.browser.post(action, token=None, **{**reader.found, **typed})

    def send(self, page: TestResponse, action: str, **typed: Any) -> Any:
        """Send a form of the page as a browser does: with what stands hidden in it."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.S)
        assert form, page.text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        hidden.pop("form_token", None)
        return self.browser.post(action, token=token_of(page), **{**hidden, **typed})


_furnish_registration = partial(registration.furnish, places=PLACES, staff=STAFF)


@contextmanager
def open_town(database_url: Callable[..., str]) -> Iterator[Town]:
    """The street of isolation's trials, whose register is registration's."""
    console = Console(database_url("console", prepare))
    of_registration = registration.Trial(database_url("registration", _furnish_registration))
    with (
        isolation.trial(database_url("isolation", isolation.furnish)) as of_isolation,
        open_doors((ISOLATION, of_isolation.work), (REGISTRATION, of_registration.work)) as doors,
    ):
        yield Town(console, of_isolation, of_registration, doors)
    of_registration.database.dispose()
    console.database.dispose()
