"""The compose deployment as an operations team has it: `docker-compose`, the published ports, the secrets.

Nothing in here reaches around them but `docker inspect` and `docker restart`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

import requests

from deploy.local.ports import freeport
from doorstep_client import Outcomes, Publisher, Raw
from tests.processes import Answer

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("registration", "isolation", "notification")
DOORS = tuple(f"{service}_door" for service in SERVICES)
BASE = "python:3.11-slim-bookworm"
# Of these some 50 million are for PDFs: fpdf2, fonttools, Pillow, and a font that has Chinese.
MOST_BYTES_BEYOND_BASE = 300_000_000
CLUSTER = "deploy/cluster/docker-compose.cluster.yml"
TLS = "deploy/tls/docker-compose.tls.yml"
QUICK = "tests/compose/quick/docker-compose.quick.yml"
QUICK_CLUSTER = "tests/compose/quick/docker-compose.quick-cluster.yml"
MORNING = datetime(2022, 10, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
PUBLISHERS = (
    "rail-lanzhou",
    "air-lanzhou",
    "police-chengguan",
    "selfreg",
    "lodging-chengguan",
    "employers-chengguan",
    "grid-chengguan",
)
READY_S = 180


@dataclass
class Deployment:
    """:param directory: its secrets are written below it.
    :param source: the checkout whose compose file it has.
    """

    directory: Path
    project: str
    passwords: dict[str, str] = field(default_factory=dict)
    overlays: list[str] = field(default_factory=list)
    source: Path = ROOT
    shell: str = ""

    def __post_init__(self) -> None:
        self.secrets = self.directory / "secrets"
        make_secrets = self.source / "deploy/compose/make_secrets.py"
        subprocess.run([sys.executable, make_secrets, self.secrets], check=True, capture_output=True)
        nodes = 3 if CLUSTER in self.overlays else 1
        self.amqp_ports = [freeport() for _ in range(nodes)]
        self.management_ports = [freeport() for _ in range(nodes)]
        self.amqps_port, self.console_port, self.https_port = freeport(), freeport(), freeport()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("DOORSTEP_") or name == "DOORSTEP_IMAGE"
        }
        self.environment = inherited | {
            "COMPOSE_PROJECT_NAME": self.project,
            "DOORSTEP_SECRETS": str(self.secrets),
            **numbered("DOORSTEP_AMQP_PORT", self.amqp_ports),
            **numbered("DOORSTEP_MANAGEMENT_PORT", self.management_ports),
            "DOORSTEP_AMQPS_PORT": str(self.amqps_port),
            "DOORSTEP_TLS_BIND": "127.0.0.1",
            "DOORSTEP_CONSOLE_PORT": str(self.console_port),
            "DOORSTEP_HTTPS_PORT": str(self.https_port),
            "DOORSTEP_HEALTH_INTERVAL": "3s",
            "DOORSTEP_SMS_URL": "http://sms:8025/messages",
            "DOORSTEP_SMS_RATE": "1000",
            "DOORSTEP_QUIET_HOURS": "none",
            "DOORSTEP_STAFF_MESSAGES_A_DAY": "10000",
            "DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY": "10000",
            "DOORSTEP_URGENT_TEXTS_TO_A_NUMBER_A_DAY": "10000",
            "DOORSTEP_CLOCK_FILE": "/var/lib/doorstep/clock",
        }

    # -- the engine ------------------------------------------------------------------------------------

    def compose(self, *args: str, timeout: float = 300) -> Answer:
        if args[0] in ("up", "down"):
            self.close_shell()
        files = [part for file in ("docker-compose.yml", *self.overlays) for part in ("-f", file)]
        return self._run("docker-compose", *files, "--profile", "demo", *args, timeout=timeout)

    def docker(self, *args: str, timeout: float = 120) -> str:
        answer = self._run("docker", *args, timeout=timeout)
        assert answer.code == 0, f"docker {' '.join(args)}: {answer.err}"
        return answer.out

    def up(self, *args: str) -> None:
        """Returns when everything is ready."""
        answer = self.compose("up", "-d", *args)
        assert answer.code == 0, f"{answer.out}\n{answer.err}\n{self.logs()}"
        self.wait_healthy()

    def down(self, *args: str) -> None:
        answer = self.compose("down", "-t", "30", *args)
        assert answer.code == 0, answer.err

    def remove(self) -> None:
        """With its data. Fails where anything of it is left in the engine."""
        answer = self.compose("down", "-v", "-t", "5")
        ours = f"label=com.docker.compose.project={self.project}"
        kinds = (("ps", "-a"), ("volume", "ls"), ("network", "ls"))
        left = [self.docker(*kind, "-q", "--filter", ours) for kind in kinds]
        assert (answer.code, left) == (0, ["", "", ""]), answer.err

    def containers(self) -> list[dict[str, Any]]:
        """As `docker inspect` tells them, jobs included."""
        ids = self.docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").split()
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", *ids)) if ids else []
        return sorted((one for one in found if one["Name"] != f"/{self.shell}"), key=service_of)

    def running(self) -> list[dict[str, Any]]:
        return [one for one in self.containers() if one["State"]["Running"]]

    def bytes_beyond_base(self, image: str) -> int:
        image_size, base_size = self.docker("image", "inspect", "-f", "{{.Size}}", image, BASE).split()
        return int(image_size) - int(base_size)

    def wait_healthy(self, seconds: float = READY_S) -> None:
        deadline = time.monotonic() + seconds
        while True:
            ill = {
                one["Name"]: one["State"].get("Health", {}).get("Status")
                for one in self.containers()
                if "Health" in one["State"] and one["State"]["Health"]["Status"] != "healthy"
            }
            if not ill:
                return
            assert time.monotonic() < deadline, f"not healthy after {seconds} s: {ill}\n{self.logs()}"
            time.sleep(0.5)

    def restart(self, container: dict[str, Any]) -> None:
        """Stopped as an orchestrator stops it, started again; returns when all are healthy."""
        self.docker("restart", "-t", "30", container["Id"])
        self.wait_healthy()

    def execute(self, service: str, *command: str) -> str:
        found = next(one for one in self.running() if service_of(one) == service)
        return self.docker("exec", found["Id"], *command)

    def logs(self) -> str:
        return self.compose("logs", "--no-color", "--tail", "15").out

    # -- the operator ----------------------------------------------------------------------------------

    def run(self, *args: str, timeout: float = 300) -> Answer:
        """A `doorstep` command, whatever its exit code; as with `docker-compose run doorstep`, but in a
        container that stays: to make one takes longer than most commands do."""
        if not self.shell:
            stays = ("--entrypoint", "sh", "doorstep", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done")
            answer = self.compose("run", "-d", "--no-deps", *stays)
            assert answer.code == 0, answer.err
            self.shell = answer.out.split()[-1]
        return self._run("docker", "exec", self.shell, "doorstep", *args, timeout=timeout)

    def close_shell(self) -> None:
        """What is started or made anew next has other settings."""
        if self.shell:
            self.docker("rm", "-f", self.shell)
            self.shell = ""

    def doorstep(self, *args: str) -> Any:
        """A `doorstep` command that succeeds: what it prints with --json."""
        answer = self.run(*args, "--json")
        assert answer.code == 0, f"doorstep {' '.join(args)}: {answer.code}\n{answer.out}\n{answer.err}"
        return answer.json

    def import_samples(self) -> None:
        """The clock, the publishers and everything else that the sample day needs."""
        self.set_clock(MORNING)
        for name in PUBLISHERS:
            self.add_publisher(name)
        self.doorstep("places", "import", "/files/places.csv")
        self.doorstep("staff", "import", "/files/staff.csv")
        self.doorstep("risk", "import", "/files/risk-areas-2022-10-01.json")
        for policy in ("2020-02", "2022-06-ninth-edition", "2022-11-twenty-measures"):
            self.doorstep("policy", "import", f"/policies/{policy}.json")
        self.settled()

    def make(self, *args: str, timeout: float = 600) -> Answer:
        self.close_shell()
        return self._run("make", *args, timeout=timeout)

    def set_clock(self, moment: datetime) -> None:
        code = (
            "import sys; from datetime import datetime; from pathlib import Path; "
            "from chassis.clock import Clock; "
            "Clock(Path('/var/lib/doorstep/clock')).set(datetime.fromisoformat(sys.argv[1]))"
        )
        answer = self.compose(
            "run",
            "--rm",
            "--no-deps",
            "-T",
            "--entrypoint",
            "python",
            "doorstep",
            "-c",
            code,
            moment.isoformat(),
        )
        assert answer.code == 0, answer.err

    def settled(self, wait: float = 180) -> dict[str, Any]:
        """Waits until all is handled and every message is out; fails unless the audit balances then."""
        deadline = time.monotonic() + wait
        while True:
            answer = self.run("audit", "--json", "--wait", str(wait), timeout=wait + 120)
            found = answer.json if answer.out else answer.err
            assert answer.code == 0 and found["balanced"] and not sum(found["in_flight"].values()), found
            messages = found["sums"]["messages"]["by_state"]
            if not messages.keys() & {"pending", "sending"}:
                return found
            assert time.monotonic() < deadline, messages

    def management(self, path: str) -> Any:
        """Of any node that answers."""
        session = requests.Session()
        session.trust_env = False
        session.auth = ("operator", self.password("operator"))
        failure: Exception | None = None
        for port in self.management_ports:
            try:
                # For half a minute after a node has died the others wait for it at each of its queues.
                answer = session.get(f"http://127.0.0.1:{port}/api/{path}", timeout=60)
            except requests.RequestException as error:
                failure = error
            else:
                answer.raise_for_status()
                return answer.json()
        raise AssertionError(f"no management API: {failure}")

    def consumers(self, queue: str) -> int:
        return int(self.management(f"queues/%2F/{queue}").get("consumers", 0))

    def sms_sent(self) -> dict[str, Any]:
        code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8025/sent').read().decode())"
        found: dict[str, Any] = json.loads(self.execute("sms", "python", "-c", code))
        return found

    # -- outside systems -------------------------------------------------------------------------------

    def password(self, user: str) -> str:
        if user in self.passwords:
            return self.passwords[user]
        url = (self.secrets / f"{user}_broker_url").read_text().strip()
        return unquote(urlsplit(url).password or "")

    def add_publisher(self, name: str) -> None:
        self.passwords[name] = self.doorstep("publisher", "add", name)["password"]

    def url(self, user: str) -> str:
        """Of the published ports."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.amqp_ports)
        return f"amqp://{user}:{quote(self.password(user), safe='')}@{hosts}/%2F"

    def make_certificates(self, *names: str) -> str:
        """The file with the authority's certificate."""
        answer = self._run("deploy/tls/make_certificates.sh", *names, timeout=60)
        assert answer.code == 0, answer.err
        return str(self.secrets / "tls_ca.pem")

    def tls_url(self, user: str, authority: str = "") -> str:
        """Of the published port; without an authority, with what the machine trusts."""
        trusting = f"?cacertfile={quote(authority)}" if authority else ""
        host = f"127.0.0.1:{self.amqps_port}"
        return f"amqps://{user}:{quote(self.password(user), safe='')}@{host}/%2F{trusting}"

    def publish(self, lines: Iterable[dict[str, Any]]) -> None:
        """Each line by the publisher it belongs to, who is a user of the broker."""
        by_publisher: dict[str, list[Any]] = {}
        for line in lines:
            by_publisher.setdefault(publisher_of(line), []).append(sendable(line))
        for name, events in by_publisher.items():
            with Publisher(self.url(name), name, time_limit=60) as publisher:
                assert_all_taken(publisher.publish_many(events))

    def _run(self, *command: str, timeout: float) -> Answer:
        done = subprocess.run(
            command,
            cwd=self.source,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        return Answer(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(one: Deployment) -> Iterator[Deployment]:
    """Up as long as the block lasts; afterwards neither it nor its directory is there."""
    try:
        one.up()
        yield one
    finally:
        try:
            one.remove()
        finally:
            shutil.rmtree(one.directory, ignore_errors=True)


def image_of(service: str, source: Path = ROOT) -> str:
    """By the compose file, where nothing else is set."""
    file = (source / "docker-compose.yml").read_text()
    return re.findall(rf"image: \${{DOORSTEP_{service.upper()}_IMAGE:-(.*)}}", file)[0]


def numbered(name: str, ports: Sequence[int]) -> dict[str, str]:
    """NAME, NAME_2, NAME_3 …"""
    return {f"{name}_{n}" if n > 1 else name: str(port) for n, port in enumerate(ports, 1)}


def service_of(container: dict[str, Any]) -> str:
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def publisher_of(line: dict[str, Any]) -> str:
    broken = line.get("broken")
    return str(broken["publisher"] if broken else line["source"].split("/")[1])


def sendable(line: dict[str, Any]) -> Any:
    broken = line.get("broken")
    return Raw(broken["body"].encode(), broken["content_type"], broken["publisher"]) if broken else line


def paced(lines: Iterable[Any], per_second: float) -> Iterator[Any]:
    for line in lines:
        yield line
        time.sleep(1 / per_second)


def assert_all_taken(outcomes: Outcomes) -> None:
    assert outcomes.complete, outcomes.counts()
