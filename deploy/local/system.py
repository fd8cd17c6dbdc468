"""The whole system on this machine: a private broker, the SMS simulator and the services, kept running."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from chassis.broker_address import describe, read_address
from chassis.errors import SettingsError, WorldAway
from chassis.messaging.connection import BROKER_AWAY, close_quietly, connect
from chassis.sealing import new_key
from chassis.settings import read_settings, with_secret_files
from deploy.local import processes
from deploy.local.broker import PrivateBroker
from deploy.local.door_keys import (
    door_private_key_file,
    door_public_key_file,
    release_certificate_key_file,
)
from deploy.local.parts import FIRST_WAIT_S, LONGEST_WAIT_S, WELL_AFTER_S, Health, Part
from deploy.local.ports import freeport, is_free
from deploy.local.processes import LocalNodeError, wait_until
from operations.services import SERVICES
from operations.settings import remember, write_private

START_S = 60
# A service drains for up to 18 s after SIGTERM; all of it must end within 25 s.
SERVICE_GRACE_S = 19.5
BROKER_GRACE_S = 4.5

Say = Callable[[str], object]


class Stopped(Exception):
    """Somebody asked to stop while we were waiting."""


class LocalSystem:
    """:param directory: everything that is written is below it; a second system needs another one.

    `stopped` is asked while waiting: when it says True, Stopped is raised and the caller stops the system.
    `links`: the texts of residents hold the links of their households, which lead to this machine's console.
    """

    def __init__(
        self, directory: Path, *, stopped: Callable[[], bool] = lambda: False, links: bool = False
    ) -> None:
        self.directory = directory
        self._links = links
        self._stopped = stopped
        self._run = directory / "run"
        self._logs = directory / "log"
        # A variable and its _FILE are one setting: what is set outside leaves nothing of ours beside it.
        self._outside = with_secret_files(dict(os.environ))
        self._ports = self._remembered_ports()
        self.broker = None if "DOORSTEP_BROKER_URL" in self._outside else PrivateBroker(directory / "broker")
        self._broker_due, self._broker_wait, self._broker_restarts = 0.0, FIRST_WAIT_S, 0
        self._parts = [self._part(name) for name in self._names()]

    # -- what a command does with it

    def start(self, say: Say = lambda text: None) -> None:
        """Returns when everything is ready. Raises LocalNodeError, SettingsError, Stopped."""
        self.prepare_files()  # for nobody else's eyes: queues hold reports as they came
        self._logs.mkdir(exist_ok=True)
        self._ports = {name: port if is_free(port) else freeport() for name, port in self._ports.items()}
        self._parts = [self._part(name) for name in self._names()]
        write_private(self._run / "ports.json", json.dumps(self._ports))
        self._write_state()
        if self.broker:
            say("starting a private RabbitMQ node")
            self.broker.start(waiting=self._look_up)
        remember(self.directory, self.chosen())
        self._prepare(say)
        say("starting the services")
        for part in self._parts:
            part.start(self.environment())
        for part in self._parts:
            self._wait_for(part)

    def watch(self, say: Say = lambda text: None) -> None:
        """Once: whoever died is started again, after a while that grows with each time."""
        if self.broker and not self.broker.running:
            self._restart_broker(say)
        for part in self._parts:
            if part.pid is not None:
                continue
            now = time.monotonic()
            if part.due is None:
                well = now - part.started > WELL_AFTER_S
                wait = FIRST_WAIT_S if well else part.next_wait
                part.due, part.next_wait = now + wait, min(wait * 2, LONGEST_WAIT_S)
                how = processes.outcome(part.child)
                say(f"{part.name} ended ({how}, see {part.log}): again in {wait:.0f} s")
            elif now >= part.due:
                part.restarts += 1
                part.start(self.environment())
                self._write_state()

    def is_up(self) -> bool:
        """Whether all that `start` started runs, and what was started again since is ready."""
        broker_runs = self.broker is None or self.broker.running
        return broker_runs and all(
            part.pid is not None and (not part.restarts or part.ready().ready) for part in self._parts
        )

    def pid_of(self, name: str) -> int | None:
        """Of a service, the doors, the console or the SMS simulator; None: it does not run."""
        return self._named(name).pid

    def kill(self, name: str) -> None:
        """As a power cut does: a part with its workers. `watch` starts it again after a while."""
        processes.kill(self._named(name).pidfile)

    def start_again(self, name: str) -> None:
        """At once, whatever `watch` would wait for."""
        part = self._named(name)
        part.restarts += 1
        part.start(self.environment())

    def stop(self, say: Say = lambda text: None) -> None:
        """Ends what this system started, also what a killed `doorstep up` left behind, and nothing else."""
        pidfiles = [part.pidfile for part in self._parts]
        if any(processes.running(pidfile) for pidfile in pidfiles):
            say("the services finish what they have in hand")
        for pidfile in pidfiles:
            if (pid := processes.running(pidfile)) is not None:
                os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not any(processes.running(pidfile) for pidfile in pidfiles), SERVICE_GRACE_S)
        for pidfile in pidfiles:
            processes.kill(pidfile)
        if self.broker and self.broker.running:
            say("stopping the broker")
        if self.broker:
            self.broker.stop(grace=BROKER_GRACE_S)

    def health(self) -> list[Health]:
        """Of every part as it is now, whichever process started it."""
        restarts = self._restarts()
        found = [self._broker_health(restarts.get("broker", 0))]
        return found + [part.health(restarts.get(part.name, 0)) for part in self._parts]

    def prepare_files(self) -> None:
        """Databases and keys a command may use before the system was ever up; `start` goes on with them."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._run, self.directory / "data", self.directory / "keys"):
            folder.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        """Of the services: what was set outside stands before what we choose."""
        return self.chosen() | dict(os.environ) | {"PYTHONUNBUFFERED": "1"}

    def chosen(self) -> dict[str, str]:
        """Settings made here, where none are set outside."""
        data, keys = self.directory / "data", self.directory / "keys"
        chosen = {f"DOORSTEP_{name.upper()}_DATABASE_URL": f"sqlite:///{data}/{name}.db" for name in SERVICES}
        chosen |= {f"DOORSTEP_{name.upper()}_HEALTH_PORT": str(self._ports[name]) for name in SERVICES}
        doors = f"http://127.0.0.1:{self._ports['doors']}"
        chosen |= {f"DOORSTEP_{name.upper()}_DOOR_URL": f"{doors}/{name}" for name in SERVICES}
        chosen |= {
            "DOORSTEP_DOOR_PORT": str(self._ports["doors"]),
            "DOORSTEP_DOOR_PUBLIC_KEY_FILE": str(door_public_key_file(keys)),
            "DOORSTEP_DOOR_PRIVATE_KEY_FILE": str(door_private_key_file(keys)),
            "DOORSTEP_RELEASE_CERTIFICATE_KEY_FILE": str(release_certificate_key_file(keys)),
            "DOORSTEP_CONSOLE_PORT": str(self._ports["console"]),
            "DOORSTEP_CONSOLE_DATABASE_URL": f"sqlite:///{data}/console.db",
            "DOORSTEP_CONSOLE_SEAL_KEYS_FILE": str(_key_file(keys / "console_seal", "c1:")),
            "DOORSTEP_CONSOLE_INDEX_KEY_FILE": str(_key_file(keys / "console_index", "")),
            "DOORSTEP_SEAL_KEYS_FILE": str(_key_file(keys / "seal", "k1:")),
            "DOORSTEP_INDEX_KEY_FILE": str(_key_file(keys / "index", "")),
            "DOORSTEP_CLOCK_FILE": str(self.directory / "clock"),
        }
        if self._links:
            chosen["DOORSTEP_PUBLIC_URL"] = f"http://127.0.0.1:{self._ports['console']}"
        if self.broker:
            chosen["DOORSTEP_BROKER_URL"] = self.broker.url()
            chosen["DOORSTEP_MANAGEMENT_URL"] = self.broker.management_url()
        if "sms" in self._ports:
            chosen["DOORSTEP_SMS_URL"] = f"http://127.0.0.1:{self._ports['sms']}/messages"
        return {
            name: value for name, value in chosen.items() if name.removesuffix("_FILE") not in self._outside
        }

    # -- how

    def _named(self, name: str) -> Part:
        return next(part for part in self._parts if part.name == name)

    def _names(self) -> list[str]:
        return [*(["sms"] if "DOORSTEP_SMS_URL" not in self._outside else []), *SERVICES, "doors", "console"]

    def _remembered_ports(self) -> dict[str, int]:
        try:
            known = json.loads((self._run / "ports.json").read_text())
        except FileNotFoundError:
            known = {}
        set_outside = {
            name: self._outside.get(f"DOORSTEP_{name.upper()}_HEALTH_PORT", "") for name in SERVICES
        }
        set_outside["doors"] = self._outside.get("DOORSTEP_DOOR_PORT", "")
        set_outside["console"] = self._outside.get("DOORSTEP_CONSOLE_PORT", "")
        known |= {name: int(port) for name, port in set_outside.items() if port.isdecimal()}
        return {name: known.get(name) or freeport() for name in self._names()}

    def _part(self, name: str) -> Part:
        port = self._ports[name]
        command = [sys.executable, "-m", f"services.{name}"]
        if name == "doors":
            command = [sys.executable, "-m", "deploy.local.doors"]
        if name == "sms":
            command = [sys.executable, "-m", "demo.sms_gateway", "--port", str(port)]
            command += ["--record", str(self.directory / "sms.record")]
        return Part(name, command, port, self._run / f"{name}.pid", self._logs / f"{name}.log")

    def _prepare(self, say: Say) -> None:
        # Only a start needs alembic and the services' handlers: `doorstep status` is not to wait for them.
        from operations.migrate import migrate_all
        from operations.reference_announcing import announce
        from operations.topology import apply_topology

        self._look_up()
        say("bringing the databases up to date")
        upgraded = migrate_all(self.environment())
        self._look_up()
        say("declaring exchanges and queues")
        environment = self.environment()
        url = read_settings(SERVICES[0], environment).broker_url
        if (why := _broken(url)) is not None:
            raise LocalNodeError(f"no connection to the broker at {describe(url)}: {why}")
        apply_topology(environment)
        if upgraded:
            say("announcing places, staff and policies to copies that are new")
            announce(environment)
        self._look_up()

    def _wait_for(self, part: Part) -> None:
        def settled() -> bool:
            self._look_up()
            return part.pid is None or part.ready()[0]

        settled_in_time = wait_until(settled, START_S, every=0.1)
        if part.pid is None:
            said = processes.last_line(part.log)[:300]
            raise LocalNodeError(f"{part.name} ended while starting: {said} (see {part.log})")
        if not settled_in_time:
            raise LocalNodeError(
                f"{part.name} is not ready after {START_S} s: waits for {part.ready()[1]} (see {part.log})"
            )

    def _look_up(self) -> None:
        if self._stopped():
            raise Stopped

    def _restart_broker(self, say: Say) -> None:
        assert self.broker
        if time.monotonic() < self._broker_due:
            return
        say("the broker ended: starting it again")
        self._broker_restarts += 1
        self._broker_due = time.monotonic() + self._broker_wait
        self._broker_wait = min(self._broker_wait * 2, LONGEST_WAIT_S)
        try:
            self.broker.start(waiting=self._look_up)
        except LocalNodeError as error:
            say(str(error))
        self._write_state()

    def _broker_health(self, restarts: int) -> Health:
        if self.broker:
            running = self.broker.running
            ready = running and self.broker.answers()
            port = self.broker.port if running else None
            waiting, degraded = ("", _troubles()) if ready else ("not running", "")
            return Health("broker", running, ready, port, self.broker.pid, restarts, waiting, degraded)
        _, port = read_address(self._outside["DOORSTEP_BROKER_URL"]).hosts[0]
        ready = _broken(self._outside["DOORSTEP_BROKER_URL"]) is None
        waiting, degraded = ("", _troubles()) if ready else ("no connection", "")
        return Health("broker", ready, ready, port, None, 0, waiting, degraded)

    def _write_state(self) -> None:
        restarts = {part.name: part.restarts for part in self._parts} | {"broker": self._broker_restarts}
        write_private(self._run / "restarts.json", json.dumps(restarts))

    def _restarts(self) -> dict[str, int]:
        try:
            known: dict[str, int] = json.loads((self._run / "restarts.json").read_text())
        except FileNotFoundError:
            return {}
        return known


def _key_file(file: Path, prefix: str) -> Path:
    """Made once. Whoever loses it cannot read the sealed data any more."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o700)
        write_private(file, f"{prefix}{new_key()}\n")
    return file


def _troubles() -> str:
    """What the broker has run out of or lacks; "" where nobody can say, for it may be without management."""
    from operations.queues.alarms import troubles

    try:
        return "; ".join(troubles())
    except (WorldAway, SettingsError):
        return ""


def _broken(url: str) -> str | None:
    """Why the broker cannot be reached; None where it answers."""
    try:
        close_quietly(connect(url, "doorstep up"))
    except BROKER_AWAY as error:
        return str(error)
    return None


def settings_before_first_start(folder: Path) -> dict[str, str]:
    """Those that the first `doorstep up` in this folder will go on with. It makes the keys."""
    system = LocalSystem(folder)
    system.prepare_files()
    return system.environment()
