"""`doorstep status` says of a part that is ready what it fails to do."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from chassis.running.health import HealthServer
from cli.main import app
from cli.set_up import status
from deploy.local.parts import Health, readyz

WAITING = {"isolation.open_case": "no broker"}
DEGRADED = {"isolation.find_overdue": "2 rows are set aside: see `doorstep stuck list`"}


@pytest.mark.parametrize(
    ("waiting", "degraded", "said"),
    [
        ({}, {}, (True, "", "")),
        ({}, DEGRADED, (True, "", "isolation.find_overdue: 2 rows are set aside: see `doorstep stuck list`")),
        (WAITING, {}, (False, "isolation.open_case: no broker", "")),
    ],
)
def test_a_part_is_asked_for_what_it_waits_for_and_what_it_fails_to_do(
    waiting: dict[str, str], degraded: dict[str, str], said: tuple[bool, str, str]
) -> None:
    server = HealthServer("127.0.0.1", 0, lambda: waiting, lambda: degraded)
    assert readyz(server.port) == said


def test_a_degraded_part_is_shown_and_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [Health("isolation", True, True, 8080, 7, 0, "", "find_overdue: 2 rows are set aside")]
    monkeypatch.setattr(status, "state", lambda _folder: (1, parts))
    done = CliRunner().invoke(app, ["status"], env={"COLUMNS": "200"})
    assert done.exit_code == 0 and "degraded" in done.output and "2 rows are set aside" in done.output
