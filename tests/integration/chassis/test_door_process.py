"""A door as a process of its own: threads, slow clients, SIGTERM and a worker that dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from deploy.local.ports import freeport
from tests.doors import door_process
from tests.waiting import PATIENCE_S, eventually


def prepare(url: str) -> None:
    database = Database(url)
    upgrade("isolation", database)
    database.dispose()


def status(port: int, path: str) -> int:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code
    except requests.RequestException:
        return 0


@pytest.fixture
def running(sqlite_url: Callable[..., str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = freeport()
    process = door_process("isolation", sqlite_url("isolation", prepare), port, tmp_path / "door.log")
    try:
        eventually(lambda: status(port, "/readyz") == 200)
        yield process, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_it_answers_outlives_its_worker_and_ends_at_sigterm(
    running: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    process, port = running
    assert (status(port, "/livez"), status(port, "/lists/open_cases")) == (200, 401)
    [worker] = psutil.Process(process.pid).children()
    worker.kill()
    eventually(lambda: status(port, "/readyz") == 200)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    modules = (tmp_path / "door.log").read_text()
    assert "Traceback" not in modules


def test_a_client_that_drips_is_cut_off_and_holds_up_nobody(
    running: tuple[subprocess.Popen[bytes], int],
) -> None:
    _, port = running
    began = time.monotonic()
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(6)]
    for one in slow:
        one.sendall(b"POST /commands/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        one.settimeout(30)
    assert status(port, "/lists/open_cases") == 401
    for one in slow:
        assert one.recv(100)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 404")
        one.close()
    assert time.monotonic() - began < 25


def test_a_door_needs_no_broker_and_names_the_setting_it_lacks(
    sqlite_url: Callable[..., str], tmp_path: Path
) -> None:
    log = tmp_path / "door.log"
    url = sqlite_url("isolation", prepare)
    process = door_process("isolation", url, freeport(), log, DOORSTEP_DOOR_PUBLIC_KEY="x")
    assert process.wait(30) == 2
    assert log.read_text().startswith("isolation: DOORSTEP_DOOR_PUBLIC_KEY must be one or more public keys")
