"""The whole system as processes: what e2e and chaos tests start, kill, publish to and ask.

    with System(directory, broker_url, database_urls) as system:
        system.prepare(datetime(2022, 10, 1, 9, tzinfo=SHANGHAI))
        system.start_all()
        system.import_samples()
        system.publish(lines)
        audit = system.settled()

It is reached as users reach it: services by their settings, everything else by the `doorstep` command, the
broker and the client library. Databases are opened only to look, or to break something on purpose.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from sqlalchemy import Row, text

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.names import ARRIVALS
from demo.day import Line
from demo.samples import PLACES, RISK_AREAS, STAFF, sample
from deploy.local.ports import accepts, freeport
from doorstep_client import Outcomes, Publisher, Raw
from operations.services import SERVICES
from operations.topology import apply_topology
from tests import commands, processes, services
from tests.forking import Forked
from tests.processes import Answer
from tests.waiting import PATIENCE_S, eventually

ROOT = Path(__file__).resolve().parents[1]
POLICIES = sorted((ROOT / "services/isolation/policies").glob("*.json"))
SMS = "sms"
# A service may take 20 s to drain; a machine full of tests is slower.
STOP_S = 40
# By the management API of the broker that all tests share (`counts_often`).
COUNTED_WITHIN_S = "2"
KEYS = {
    "DOORSTEP_SEAL_KEYS": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "DOORSTEP_INDEX_KEY": "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=",
}


@dataclass
class Replica:
    """One process. `number` tells replicas of a service apart, also after a restart."""

    service: str
    number: int
    port: int
    process: subprocess.Popen[bytes] | Forked

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def ready(self) -> bool:
        if self.service == SMS:
            return accepts(self.port)
        return self.readyz.get("ready") is True

    @property
    def readyz(self) -> dict[str, Any]:
        """What a service says of itself; empty where it does not answer."""
        return _get(f"http://127.0.0.1:{self.port}/readyz")


@dataclass
class System:
    """:param directory: logs, clock and record files are written below it.
    :param database_urls: an empty or prepared database for each service.
    :param environment: settings of every process and command, beside those made here.
    :param source: the checkout whose services and commands are run. The SMS simulator is always ours.
    """

    directory: Path
    broker_url: str
    database_urls: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    management_url: str = ""
    replicas: dict[tuple[str, int], Replica] = field(default_factory=dict)
    source: Path = ROOT

    def __post_init__(self) -> None:
        self.logs = self.directory / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.clock_file = self.directory / "clock"
        self.sms_port = freeport()

    # -- settings --------------------------------------------------------------------------------------

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a process: nothing of the tests' own DOORSTEP_ variables, and ours."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        ours = {
            f"DOORSTEP_{service.upper()}_DATABASE_URL": url for service, url in self.database_urls.items()
        }
        ours |= {name: key for name, key in KEYS.items() if f"{name}_FILE" not in self.environment}
        ours |= {
            "DOORSTEP_VAR": str(self.directory / "var"),
            "DOORSTEP_BROKER_URL": self.broker_url,
            "DOORSTEP_MANAGEMENT_URL": self.management_url,
            "DOORSTEP_BROKER_COUNTS_S": COUNTED_WITHIN_S,
            "DOORSTEP_CLOCK_FILE": str(self.clock_file),
            "DOORSTEP_SMS_URL": f"http://127.0.0.1:{self.sms_port}/messages",
            # Whatever the hour, and however many: so each message that is planned is sent.
            "DOORSTEP_QUIET_HOURS": "none",
            "DOORSTEP_STAFF_MESSAGES_A_DAY": "10000",
            "DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY": "10000",
            "DOORSTEP_URGENT_TEXTS_TO_A_NUMBER_A_DAY": "10000",
            "PYTHONUNBUFFERED": "1",
            # Before the checkout that is installed in the virtual environment.
            "PYTHONPATH": os.pathsep.join((str(self.source), str(self.source / "clients"))),
        }
        return inherited | ours | dict(self.environment) | more

    def database(self, service: str) -> Database:
        """To look, or to break something by hand. Dispose of it before copying the file."""
        return Database(self.database_urls[service])

    def ask(self, service: str, sql: str, **given: Any) -> Sequence[Row[Any]]:
        """The rows that a query of a service's database finds."""
        database = self.database(service)
        try:
            with database.read() as conn:
                return conn.execute(text(sql), given).all()
        finally:
            database.dispose()

    def set_clock(self, moment: datetime) -> None:
        """All processes and commands go on from `moment`."""
        Clock(self.clock_file).set(moment)

    # -- processes -------------------------------------------------------------------------------------

    def prepare(self, moment: datetime | None = None) -> None:
        """Exchanges and queues, and the clock; the databases were made by whoever gave their URLs."""
        if moment is not None:
            self.set_clock(moment)
        apply_topology(self.settings())

    def start_all(self) -> None:
        for service in (SMS, *SERVICES):
            self.start(service, wait=False)
        self.wait_ready()

    def start(
        self, service: str, number: int = 0, *, wait: bool = True, module: str = "", **environment: str
    ) -> Replica:
        """A replica of a service, or the SMS simulator (`sms`); `environment` is for this process only:
        `start("isolation", 1, DOORSTEP_FAULT="after_commit:3")`. `module`: started in the service's place.
        """
        assert not self.is_running(service, number), f"{service}/{number} runs already"
        port = self.sms_port if service == SMS else freeport()
        if service != SMS:
            environment = {f"DOORSTEP_{service.upper()}_HEALTH_PORT": str(port)} | environment
        with (self.logs / f"{service}-{number}.log").open("ab") as log:
            process = self._process(service, port, module, self.settings(**environment), log.fileno())
        replica = self.replicas[service, number] = Replica(service, number, port, process)
        if wait:
            self.wait_ready()
        return replica

    def _process(
        self, service: str, port: int, module: str, settings: Mapping[str, str], log: int
    ) -> subprocess.Popen[bytes] | Forked:
        source, command = self.source, [module or f"services.{service}"]
        if service == SMS:
            source, command = ROOT, ["demo.sms_gateway", "--port", str(port)]
            command += ["--record", str(self.directory / "sms.record")]
        elif source == ROOT and not module and not services.AT_THE_START & settings.keys():
            return services.fork(service, env=settings, log=log)
        return processes.start(
            [sys.executable, "-m", *command],
            cwd=source,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_ready(self, seconds: float = PATIENCE_S) -> None:
        """Until every replica that runs is ready; fails where one ended by itself."""

        def settled() -> bool:
            return all(not replica.running or replica.ready for replica in self.replicas.values())

        def late() -> dict[str, list[str]]:
            return {r.service: self.said(r) for r in self.replicas.values() if not r.ready}

        eventually(settled, seconds, every=0.1, show=late)
        for replica in self.replicas.values():
            assert replica.running, f"{replica.service} ended while starting: {self.said(replica)}"

    def is_running(self, service: str, number: int = 0) -> bool:
        replica = self.replicas.get((service, number))
        return replica is not None and replica.running

    def kill(self, service: str, number: int = 0, how: signal.Signals = signal.SIGKILL) -> None:
        """As a power cut does. Returns when the process is gone; `start` may follow."""
        replica = self.replicas.pop((service, number))
        replica.process.send_signal(how)
        replica.process.wait(STOP_S)

    def stop(self, service: str, number: int = 0) -> int:
        """SIGTERM, as an orchestrator does. Returns the exit code."""
        replica = self.replicas.pop((service, number))
        replica.process.terminate()
        return replica.process.wait(STOP_S)

    def stop_all(self) -> None:
        for replica in self.replicas.values():
            replica.process.terminate()
        for replica in self.replicas.values():
            try:
                replica.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                replica.process.kill()
                replica.process.wait()
        self.replicas.clear()

    def said(self, replica: Replica, lines: int = 3) -> list[str]:
        log = self.logs / f"{replica.service}-{replica.number}.log"
        return log.read_text(errors="replace").splitlines()[-lines:]

    # -- doors -----------------------------------------------------------------------------------------

    def run(self, *args: str, timeout: float = 120) -> Answer:
        """A `doorstep` command, whatever its exit code."""
        if self.source == ROOT:
            return commands.run(args, env=self.settings(), timeout=timeout)
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *args],
            cwd=self.source,
            env=self.settings(),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def cli(self, *args: str, timeout: float = 120) -> Any:
        """A `doorstep` command that succeeds: what it prints with --json."""
        answer = self.run(*args, "--json", timeout=timeout)
        assert answer.code == 0, f"doorstep {' '.join(args)}: {answer.code}\n{answer.out}\n{answer.err}"
        return answer.json

    def import_samples(self) -> None:
        """The shipped places, staff, risk list and policies, known to every service on return."""
        self.cli("places", "import", str(sample(PLACES)))
        self.cli("staff", "import", str(sample(STAFF)))
        self.cli("risk", "import", str(sample(RISK_AREAS)))
        for policy in POLICIES:
            self.cli("policy", "import", str(policy))
        self.settled()

    def publish(self, lines: Iterable[Line | Raw], *, packed: int = 50) -> Outcomes:
        """By the client library; broken lines of a sample day are sent as they are."""
        # An earlier version has no queue for counts, and takes arrivals at an exchange of their own.
        present = self.source == ROOT
        way = {} if present else {"exchange": ARRIVALS}
        with Publisher(
            self.broker_url, events_per_message=packed, time_limit=60, closing_counts=present, **way
        ) as publisher:
            outcomes = publisher.publish_many(_sendable(line) for line in lines)
        assert outcomes.complete, outcomes.counts()
        return outcomes

    def audit(self, wait: float = 0) -> tuple[int, dict[str, Any]]:
        """(exit code, what it says)."""
        answer = self.run("audit", "--json", "--wait", str(wait), timeout=wait + 120)
        assert answer.code in (0, 1) and answer.out, f"{answer.code}\n{answer.out}\n{answer.err}"
        return answer.code, answer.json

    def settled(self, wait: float = 120) -> dict[str, Any]:
        """Waits until nothing is in flight, and fails unless the audit balances then."""
        code, found = self.audit(wait)
        assert code == 0 and found["balanced"] and not sum(found["in_flight"].values()), found
        return found

    def sms_behaves(self, **behaviour: Any) -> None:
        """As in demo.sms_gateway; nothing: well again."""
        url = f"http://127.0.0.1:{self.sms_port}/behaviour"
        status, said = _ask(url, "PUT", body=json.dumps(behaviour).encode(), timeout=5)
        assert status < 400, said

    def sms_sent(self) -> dict[str, Any]:
        return _get(f"http://127.0.0.1:{self.sms_port}/sent")

    def log_text(self) -> str:
        """Everything any process has logged so far."""
        return "".join(log.read_text(errors="replace") for log in sorted(self.logs.glob("*.log")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()


def _sendable(line: Line | Raw) -> Any:
    broken = line.get("broken") if isinstance(line, dict) else None
    if broken:
        return Raw(broken["body"].encode(), broken["content_type"], broken["publisher"])
    return line


def _ask(
    url: str, method: str = "GET", *, body: bytes | None = None, timeout: float = 3
) -> tuple[int, bytes]:
    """(status, body). Asked ten times a second while a system starts: requests takes ten times as long."""
    asked = urlsplit(url)
    connection = HTTPConnection(asked.hostname or "", asked.port, timeout=timeout)
    try:
        connection.request(method, asked.path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _get(url: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_ask(url)[1])
    except (OSError, HTTPException, ValueError):
        return {}
    return found
