"""Which signals end a system on this machine."""

import subprocess
import sys

from tests.processes import start

PROGRAM = """
import os, signal, sys
from deploy.local.running import asked_to_stop
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
stop = asked_to_stop()
os.kill(os.getpid(), signal.SIGHUP)
print("asked" if stop.wait(0.5) else "goes on")
"""


def answer(how: str) -> str:
    process = start([sys.executable, "-c", PROGRAM, how], stdout=subprocess.PIPE, text=True)
    return process.communicate(timeout=90)[0].strip()


def test_a_terminal_that_closes_ends_a_system_in_the_foreground():
    assert answer("terminal") == "asked"


def test_a_system_under_nohup_outlives_its_terminal():
    assert answer("nohup") == "goes on"
