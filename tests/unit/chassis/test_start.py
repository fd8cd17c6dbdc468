"""What a process of a service loads at its start, and how it looks up hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

# The native lookup waits until a green thread has had its turn: it would wait in vain if it held them up.
SCRIPT = """
import json, sys
import chassis.running.process
import services.notification.service, services.registration.service, services.isolation.service
loaded = sorted({name.partition(".")[0] for name in sys.modules if sys.modules[name]})

import _socket, socket
import eventlet
from eventlet.patcher import original
had_its_turn = original("threading").Event()

def slow(*_):
    assert had_its_turn.wait(30), "a lookup holds up green threads"
    raise socket.gaierror(socket.EAI_NONAME, "unknown")

_socket.getaddrinfo = slow
eventlet.spawn_after(0.01, had_its_turn.set)
try:
    socket.create_connection(("broker.example", 5672))
except socket.gaierror as error:
    print(json.dumps({"loaded": loaded, "error": error.strerror}))
"""


def test_a_service_starts_without_what_only_others_need_and_lookups_hold_up_no_green_thread() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["error"] == "unknown"
    not_needed = {"alembic", "mako", "dns", "rich", "pygments", "attr", "flask", "gunicorn", "typer", "pika"}
    assert not not_needed & set(found["loaded"])
