"""Whoever has a person's record shown leaves a row with name, time and reason."""

from __future__ import annotations

import getpass

import pytest
from typer.testing import CliRunner

from cli.main import app
from operations.trace.gather import Trace
from services.registration import tables as t
from tests.integration.registration.trial import Trial, report


@pytest.fixture
def trial(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> Trial:
    for module in ("find", "gather"):
        monkeypatch.setattr(f"operations.trace.{module}.database_of", lambda _service: trial.database)
    trial.receive(report(1))
    return trial


def test_without_a_reason_nothing_is_shown(trial: Trial) -> None:
    (arrival,) = trial.arrivals()
    refused = CliRunner().invoke(app, ["trace", arrival["id"], "--reveal"])
    assert refused.exit_code == 2 and "--why" in refused.output
    assert trial.rows(t.person_views) == []


def test_a_view_is_noted_before_anything_is_shown(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    (arrival,) = trial.arrivals()
    noted: list[object] = []

    def shown(arrival_id: str, *, reveal: bool) -> Trace:
        noted.extend(trial.rows(t.person_views))
        return Trace(arrival_id, None, {}, {})

    monkeypatch.setattr("cli.arrivals.trace.gather", shown)
    arguments = ["trace", arrival["id"], "--reveal", "--why", "called by the resident", "--json"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (row,) = trial.rows(t.person_views)
    assert len(noted) == 1
    assert (row["arrival_id"], row["viewed_by"]) == (arrival["id"], getpass.getuser())
    assert row["reason"] == "called by the resident"
