"""Doorstep itself as a pipeline of the bench: its real services, started as an operator would start them.

The reference data imported here (sample places and staff, the published risk list of the day, the policies)
make each arrival of `benchmarks.arrivals` one case with tasks and two messages. Nothing sends the messages:
they stay queued, as the peers' do.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.arrivals import CHINA, DAY, PUBLISHER
from benchmarks.bulk_load import load, steps
from benchmarks.pipeline import SERVICES, Pipeline, Progress, Questions
from benchmarks.processes import ROOT, Died, python
from demo.samples import PLACES, RISK_AREAS, STAFF, sample

# The time of the field. At seven in the evening the day's check-in is past, and the policy plans six tasks:
# three of today (escort, first contact, notice) and three of tomorrow (two check-ins, a test).
NOW = datetime(DAY.year, DAY.month, DAY.day, 19, tzinfo=CHINA)
REFERENCE_SECONDS = 60.0
POLICIES = ROOT / "services" / "isolation" / "policies"


class Doorstep(Pipeline):
    name = "doorstep"
    title = "Doorstep"
    # A message changes when it is sent; its notice, written in the same transaction, never does.
    questions = Questions(
        messages="SELECT count(*) FROM messages WHERE rule <> 'digest'",  # as many as hours begin meanwhile
        reported="SELECT event_id, arrival_id::text FROM reports WHERE event_id LIKE %(run)s || '-%%'",
        queued=(
            "SELECT arrival_id::text, max(pg_xact_commit_timestamp(xmin)) FROM notices "
            "WHERE pg_xact_commit_timestamp(xmin) >= %(since)s GROUP BY arrival_id"
        ),
    )

    @staticmethod
    def missing() -> list[str]:
        needed = [f"services.{service}.__main__" for service in SERVICES] + ["cli.main"]
        return [module for module in needed if not find_spec(module)]

    def prepare(self) -> None:
        from operations.migrate import migrate_all
        from operations.topology import apply_topology

        self.nodes.make_vhost(self.name)
        for service in SERVICES:
            self.nodes.make_database(self.database(service))
        self._environment = self._settings()
        migrate_all(self._environment)
        apply_topology(self._environment)
        self._make_reply_queue()

    def commands(self) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
        return {service: (python("-m", f"services.{service}"), self._environment) for service in SERVICES}

    def ready(self) -> bool:
        queues = [
            handler.queue(service)
            for service in SERVICES
            for handler in import_module(f"services.{service}.handlers").HANDLERS
        ]
        return all(self.nodes.consumers(self.name, queue) > 0 for queue in queues)

    def start(self, seconds: float = 60.0) -> None:
        super().start(seconds)
        if not self._count("isolation", "SELECT count(*) FROM staff"):
            self._import_reference_data()

    def load_command(self, arrivals: Path, rate: float | None) -> list[str]:
        command = [
            "-m",
            "benchmarks.load",
            "--uri",
            self.nodes.amqp_uri(self.name),
            "--arrivals",
            str(arrivals),
        ]
        command += ["--publisher", PUBLISHER]
        return command if rate is None else [*command, "--rate", str(rate)]

    def fill(self, arrivals: int, progress: Progress) -> None:
        """With the services stopped: the load takes keys and indexes off the tables."""
        self._processes.stop()
        urls = {service: self.nodes.postgres_uri(self.database(service)) for service in SERVICES}
        tables = steps(urls)
        load(
            urls,
            arrivals,
            lambda service, done: progress(f"loading {service}", done, tables[service] * arrivals),
        )
        self.start()

    # --- how

    def _settings(self) -> dict[str, str]:
        from chassis.clock import Clock
        from chassis.sealing import new_key

        clock = self.directory / "clock"
        Clock(clock).set(NOW)
        urls = {
            f"DOORSTEP_{service.upper()}_DATABASE_URL": self.nodes.postgres_uri(
                self.database(service), "postgresql+psycopg"
            )
            for service in SERVICES
        }
        return {
            **urls,
            "DOORSTEP_BROKER_URL": self.nodes.amqp_uri(self.name),
            "DOORSTEP_SEAL_KEYS": f"k1:{new_key()}",
            "DOORSTEP_INDEX_KEY": new_key(),
            "DOORSTEP_CLOCK_FILE": str(clock),
            "DOORSTEP_VAR": str(self.directory),
        }

    def _make_reply_queue(self) -> None:
        """The publisher's own: replies are part of what Doorstep does for each report."""
        from chassis.messaging.connection import connect
        from chassis.messaging.topology import apply, reply_queue

        connection = connect(self._environment["DOORSTEP_BROKER_URL"], "bench")
        try:
            apply(connection, [reply_queue(PUBLISHER)])
        finally:
            connection.release()

    def _import_reference_data(self) -> None:
        self._doorstep("places", "import", str(sample(PLACES)))
        self._doorstep("staff", "import", str(sample(STAFF)))
        self._doorstep("risk", "import", str(sample(RISK_AREAS)))
        for policy in sorted(POLICIES.glob("*.json")):
            self._doorstep("policy", "import", str(policy))
        staff = self._count("registration", "SELECT count(*) FROM staff")
        places = self._count("registration", "SELECT count(*) FROM places")
        copies = {
            ("isolation", "SELECT count(*) FROM staff"): staff,
            ("isolation", "SELECT count(*) FROM places"): places,
            ("isolation", "SELECT count(*) FROM policies"): 1,
            ("registration", "SELECT count(*) FROM policies"): 1,
        }
        deadline = time.monotonic() + REFERENCE_SECONDS
        while late := [asked for asked, enough in copies.items() if self._count(*asked) < enough]:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"reference data did not reach {late[0][0]} within {REFERENCE_SECONDS:.0f} s"
                )
            time.sleep(0.2)

    def _doorstep(self, *arguments: str, fails: tuple[int, ...] = ()) -> str:
        """What it says on its standard output.

        :param fails: exit codes beside 0 with which that is an answer, too.
        """
        done = subprocess.run(
            python("-m", "cli.main", *arguments),
            env={**os.environ, **self._environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode not in (0, *fails):
            said = (done.stderr or done.stdout).strip()[-500:]
            raise Died(f"doorstep {' '.join(arguments)} ended with code {done.returncode}: {said}")
        return done.stdout
