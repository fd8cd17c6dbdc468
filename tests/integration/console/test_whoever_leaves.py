"""A member of staff who is none any more is out at every device, by the next page that asks a door."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.isolation.teams.copies import STAFF
from services.registration.staff.import_staff import import_staff
from tests.integration.console.officers import STAFF as REGISTER
from tests.integration.console.officers import Town, open_town
from tests.integration.isolation.trial import COMMUNITY, staff


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def leaves_the_register(town: Town, staff_id: str) -> None:
    line = next(line for line in REGISTER.splitlines() if line.startswith(f"{staff_id},"))
    changed = f"{REGISTER.splitlines()[0]}\n{line.removesuffix('true')}false\n"
    with town.registration.work.unit() as uow:
        import_staff(uow, changed)


def leaves_the_copy_of_isolation(town: Town, staff_id: str) -> None:
    town.isolation.do(STAFF.keep, [staff(staff_id, "community_officer", COMMUNITY, 2, active=False)])


def test_whoever_leaves_is_logged_out_everywhere(town: Town) -> None:
    at_work, at_home = town.officer(language="zh-CN"), town.officer(language="zh-CN")
    assert at_work.get("/lists/open_cases")
    leaves_the_copy_of_isolation(town, "officer")
    leaves_the_register(town, "officer")
    answer = at_work.browser.get("/lists/open_cases")
    assert answer.status_code == 403 and "你已不在在岗人员名单中" in answer.text
    assert at_work.browser.cookie() is None
    assert at_home.browser.get("/account").status_code == 303, "not only where it was noticed"
    assert town.officer("street", language="zh-CN").get("/board"), "others go on"
    form = at_work.browser.send("/log-in", name="officer.x", password="wrong", code="000000")
    assert form.status_code == 403 and "页面停留过久" not in form.text


def test_a_copy_that_lags_logs_nobody_out(town: Town) -> None:
    officer = town.officer()
    leaves_the_copy_of_isolation(town, "officer")
    answer = officer.browser.get("/lists/open_cases")
    assert answer.status_code == 403 and "Try again in a minute" in answer.text
    assert officer.browser.get("/account").status_code == 200


def test_what_somebody_may_not_do_logs_nobody_out(town: Town) -> None:
    officer = town.officer()
    assert officer.browser.get("/lists/positives_of_nobody").status_code == 403
    assert officer.browser.get("/account").status_code == 200
