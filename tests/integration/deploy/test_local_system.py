"""`doorstep up` as a supervisor: real broker, stand-ins for the services."""

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import LocalNodeError
from deploy.local.parts import Part
from deploy.local.processes import alive
from deploy.local.system import LocalSystem, Stopped
from operations.settings import environment
from tests.waiting import eventually

STAND_IN = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"ready": true, "waiting": {}}')
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


class StandIns(LocalSystem):
    broken = ""

    def _part(self, name: str) -> Part:
        part = super()._part(name)
        program = STAND_IN if name != self.broken else "raise SystemExit('DOORSTEP_X is not set: set it')"
        part.command = [sys.executable, "-c", program, str(part.port)]
        return part

    def _prepare(self, say) -> None:
        """The stand-ins need no tables and no queues."""


@pytest.fixture
def whole_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """With a private broker of its own, as on a machine where nothing is set."""
    for name in [name for name in os.environ if name.startswith("DOORSTEP_")]:
        monkeypatch.delenv(name)
    system = StandIns(tmp_path / "var")
    yield system
    system.stop()


@pytest.fixture
def system(tmp_path: Path, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """With a broker that is there already: quicker."""
    monkeypatch.setenv("DOORSTEP_BROKER_URL", broker_url)
    system = StandIns(tmp_path / "var")
    yield system
    system.stop()


def pids(system: LocalSystem) -> dict[str, int]:
    return {part.name: part.pid for part in system.health() if part.pid}


@pytest.mark.broker
def test_all_parts_become_ready_and_stop_ends_every_one(whole_system: StandIns):
    whole_system.start()
    assert all(part.ready for part in whole_system.health())
    started = pids(whole_system)
    assert set(started) == {"broker", "sms", "registration", "isolation", "notification", "doors", "console"}

    whole_system.stop()

    assert not any(alive(pid) for pid in started.values())
    assert not any(part.running for part in whole_system.health())


@pytest.mark.broker
def test_a_service_that_dies_is_started_again_and_counted(system: StandIns):
    system.start()
    before = pids(system)
    assert system.is_up() and system.pid_of("isolation") == before["isolation"]
    os.kill(before["isolation"], signal.SIGKILL)
    eventually(lambda: not system.is_up())

    def again() -> bool:
        system.watch()
        return pids(system).get("isolation") not in (None, before["isolation"])

    eventually(again)
    eventually(system.is_up)
    after = {part.name: part.restarts for part in system.health()}
    parts = ("broker", "sms", "registration", "notification", "doors", "console")
    assert after == {"isolation": 1, **dict.fromkeys(parts, 0)}


@pytest.mark.broker
def test_a_service_that_keeps_dying_is_started_less_and_less_often(system: StandIns):
    system.start()
    isolation = next(part for part in system._parts if part.name == "isolation")
    isolation.command = [sys.executable, "-c", "pass"]
    os.kill(isolation.pid, signal.SIGKILL)

    said: list[str] = []
    eventually(lambda: system.watch(said.append) or len(said) >= 3)
    assert [line.rsplit("again in ")[1] for line in said] == ["1 s", "2 s", "4 s"]


@pytest.mark.broker
def test_a_broker_that_dies_is_started_again_with_the_same_address(whole_system: StandIns):
    whole_system.start()
    url = whole_system.broker.url()
    whole_system.broker.kill()
    whole_system.watch()
    assert whole_system.broker.running and whole_system.broker.url() == url


@pytest.mark.broker
def test_processes_that_a_killed_up_left_behind_are_ended_by_the_next_command(whole_system: StandIns):
    whole_system.start()
    left = pids(whole_system)
    StandIns(whole_system.directory).stop()
    assert not any(alive(pid) for pid in left.values())


@pytest.mark.broker
def test_a_service_that_ends_while_starting_is_said_with_its_last_words(system: StandIns):
    system.broken = "isolation"
    with pytest.raises(LocalNodeError, match="isolation ended while starting: DOORSTEP_X is not set"):
        system.start()


def test_asked_to_stop_while_starting_it_does(tmp_path: Path):
    stop = threading.Event()
    stop.set()
    system = StandIns(tmp_path / "var", stopped=stop.is_set)
    with pytest.raises(Stopped):
        system.start()
    system.stop()
    assert not any(part.running for part in system.health())


def test_a_setting_given_as_a_file_is_as_good_as_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"BROKER_URL": "amqp://elsewhere:99/", "SMS_URL": "http://elsewhere/"}.items():
        monkeypatch.delenv(f"DOORSTEP_{name}", raising=False)
        (tmp_path / name).write_text(value)
        monkeypatch.setenv(f"DOORSTEP_{name}_FILE", str(tmp_path / name))
    system = LocalSystem(tmp_path / "var")
    assert system.broker is None
    assert {part.name: part.port for part in system.health()} == {
        "broker": 99,
        "registration": None,
        "isolation": None,
        "notification": None,
        "doors": None,
        "console": None,
    }
    system.prepare_files()
    assert not {"DOORSTEP_BROKER_URL", "DOORSTEP_SMS_URL"} & set(system.chosen())


@pytest.mark.broker
def test_other_commands_find_what_up_chose_and_the_secrets_are_private(
    whole_system: StandIns, monkeypatch: pytest.MonkeyPatch
):
    system = whole_system
    system.start()
    found = environment(system.directory)
    assert found["DOORSTEP_BROKER_URL"] == system.broker.url()
    for secret in (found["DOORSTEP_SEAL_KEYS_FILE"], found["DOORSTEP_INDEX_KEY_FILE"], "environment.json"):
        assert stat.S_IMODE((system.directory / secret).stat().st_mode) == 0o600
    monkeypatch.setenv("DOORSTEP_BROKER_URL", "amqp://elsewhere/")
    assert environment(system.directory)["DOORSTEP_BROKER_URL"] == "amqp://elsewhere/"
