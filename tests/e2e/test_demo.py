"""`doorstep demo`, as the two commands of the README run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from tests.processes import start
from tests.system import ROOT
from tests.waiting import PATIENCE_S, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, pytest.mark.slow]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A stranger's settings must not reach the demo: this database would be told invented persons."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    strange = {"DOORSTEP_REGISTRATION_DATABASE_URL": f"sqlite:///{tmp_path}/precious.db"}
    return own | strange | {"DOORSTEP_VAR": str(tmp_path / "var")}


def left_behind(directory: Path) -> list[str]:
    """Processes of the demo in this directory, the broker's epmd and helpers among them."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            about = [*(process.info["cmdline"] or []), *process.environ().values()]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if process.pid != os.getpid() and any(str(directory / "var" / "demo") in text for text in about):
            found.append(" ".join(process.info["cmdline"])[:80])
    return found


def assert_the_log_ins_work(said: str) -> None:
    """Those that a demo prints: pages open by their links, and the officer comes in."""
    links = re.findall(r"http://127\.0\.0\.1:\d+/\S+", said)
    ways = [link.split("/")[3] for link in links]
    assert ways == ["log-in", "take-up", "r", "take-up"], said
    pages = {link: requests.get(link, timeout=30) for link in links}
    assert {page.status_code for page in pages.values()} == {200}, pages
    typed = re.search(r"name (\S+), password: (.+), code: (\S+)", said)
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', pages[links[0]].text)
    assert typed and token
    answer = requests.post(
        links[0],
        data={"name": typed[1], "password": typed[2], "code": typed[3], "form_token": token[1]},
        # Browsers send it to this machine without TLS, too.
        headers={"Cookie": pages[links[0]].headers["Set-Cookie"].partition(";")[0]},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 303 and "__Host-doorstep=" in answer.headers["Set-Cookie"], answer.text


def test_once_it_shows_that_everything_adds_up_and_leaves_nothing_running(
    environment: dict[str, str], tmp_path: Path
):
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--once", "--arrivals", "60", "--days", "1", "--json"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["adds_up"] and all(line["right"] for line in found["lines"])
    assert found["audit"]["balanced"] and not found["audit"]["in_flight"]
    counted = {line["what"]: line["found"] for line in found["lines"]}
    acts = (
        "first contacts made",
        "check-ins",
        "abnormal",
        "staff who were told of these at once",
        "tasks done",
    )
    assert all(counted[act] for act in acts), counted
    assert found["trace"]["isolation"]["case"]["test_days"] == [1, 2, 3, 5, 7]
    assert not left_behind(tmp_path)
    assert not (tmp_path / "precious.db").exists()


def test_the_demo_stays_up_until_ctrl_c_and_other_commands_reach_it(
    environment: dict[str, str], tmp_path: Path
):
    said = tmp_path / "said"
    with said.open("wb") as output:
        demo = start(
            [sys.executable, "-m", "cli.main", "demo", "--arrivals", "20"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        eventually(lambda: "until Ctrl-C" in said.read_text(), every=0.2, show=lambda: said.read_text())
        assert_the_log_ins_work(said.read_text())
        inside = {name: value for name, value in environment.items() if not name.startswith("DOORSTEP_")}
        inside["DOORSTEP_VAR"] = str(tmp_path / "var" / "demo")
        for command in (["status", "--json"], ["audit", "--json"], ["trace", "--pick", "none", "--json"]):
            asked = subprocess.run(
                [sys.executable, "-m", "cli.main", *command], env=inside, cwd=ROOT, timeout=60
            )
            assert asked.returncode == 0, command
        demo.send_signal(signal.SIGINT)
        assert demo.wait(PATIENCE_S) == 0
    finally:
        demo.kill()
        demo.wait()
    assert not left_behind(tmp_path)
