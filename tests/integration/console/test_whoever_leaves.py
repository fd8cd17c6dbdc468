"""A member of staff who is none any more is out at every device, by the next page that asks a door."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from services.console.app import make_app
from services.console.pages.entry.who import acting, only_in
from services.isolation.door import DOOR
from services.isolation.teams.copies import STAFF
from tests.integration.console.trial import Browser, Trial
from tests.integration.isolation import trial as of_isolation
from tests.open_doors import open_doors


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[of_isolation.Trial]:
    with of_isolation.trial(database_url("isolation", of_isolation.prepare)) as found:
        yield found.with_policies().with_neighbourhood()


@pytest.fixture
def app(trial: Trial, isolation: of_isolation.Trial) -> Iterator[Flask]:
    """With one page more, which shows a list of isolation's."""
    with open_doors((DOOR, isolation.work)) as doors:
        app = make_app(doors, trial.work)

        @app.get("/cases-of-a-test")
        @only_in(trial.work)
        def page() -> str:
            return str(doors.rows("isolation", "open_cases", acting()).rows)

        yield app


def come_in(app: Flask, trial: Trial, staff_id: str) -> list[Browser]:
    """Somebody at two devices."""
    owner, browsers = trial.owner(staff_id=staff_id), [Browser(app), Browser(app)]
    for browser in browsers:
        assert browser.log_in(trial, owner).status_code == 303
        trial.clock.advance(seconds=60)
    return browsers


def test_whoever_leaves_is_logged_out_everywhere(
    app: Flask, trial: Trial, isolation: of_isolation.Trial
) -> None:
    at_work, at_home = come_in(app, trial, "officer")
    assert at_work.get("/cases-of-a-test").status_code == 200
    left = of_isolation.staff("officer", "community_officer", of_isolation.COMMUNITY, 2, active=False)
    isolation.do(STAFF.keep, [left])
    answer = at_work.get("/cases-of-a-test")
    assert answer.status_code == 403 and "你已不在在岗人员名单中" in answer.text
    assert at_work.cookie() is None
    assert at_home.get("/account").status_code == 303, "not only where it was noticed"


def test_what_somebody_may_not_do_logs_nobody_out(app: Flask, trial: Trial) -> None:
    [browser, _] = come_in(app, trial, "police")
    assert browser.get("/cases-of-a-test").status_code == 403
    assert browser.get("/account").status_code == 200
