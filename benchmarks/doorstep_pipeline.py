"""Doorstep itself as a pipeline of the bench: its real services, started as an operator would start them.

What it does beyond its peers: see README.md. The reference data below are what makes each arrival of
`benchmarks.arrivals` a case with the same rows as the peers write.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine

from benchmarks.arrivals import PUBLISHER
from benchmarks.pipeline import SERVICES, Pipeline, Questions
from benchmarks.processes import ROOT, python


class Doorstep(Pipeline):
    name = "doorstep"
    title = "Doorstep in full"
    # A message row changes when it is sent, the inbox row written in the same transaction does not: its
    # commit time is the messages' commit time, and its event id names the case, which is the arrival.
    questions = Questions(
        reported="SELECT event_id, arrival_id::text FROM reports WHERE event_id LIKE %(run)s || '-%%'",
        queued=(
            "SELECT split_part(event_id, ':', 2), max(pg_xact_commit_timestamp(xmin)) FROM inbox "
            "WHERE event_id LIKE 'case.opened:%%' AND pg_xact_commit_timestamp(xmin) >= %(since)s GROUP BY 1"
        ),
    )

    @staticmethod
    def available() -> bool:
        return all(find_spec(f"services.{service}.tables") for service in SERVICES) and bool(
            find_spec("services.registration.service")
        )
    def prepare(self) -> None:
        raise NotImplementedError("Doorstep's services are not plugged in yet")

    def commands(self): ...
    def ready(self): ...
    def load_command(self, arrivals, rate): ...
