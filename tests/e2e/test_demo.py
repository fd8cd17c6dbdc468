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

DAYS = int(os.environ.get("DOORSTEP_SOAK_DAYS") or 1)
"""`make soak` plays all fourteen."""

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
    """Those that a demo prints: pages open by their links, and officers find what they may try."""
    links = re.findall(r"http://127\.0\.0\.1:\d+/\S+", said)
    ways = [link.split("/")[3] for link in links]
    assert ways == ["take-up", "r", "log-in", "log-in", "take-up"], said
    assert {requests.get(link, timeout=30).status_code for link in links} == {200}, said
    street, community = re.findall(r"name (\S+), password: (.+), code: (\S+)", said)
    console = links[2].removesuffix("/log-in")
    away = re.search(r"(\S+) \(w\d+\) is away", said)
    assert away
    board = as_officer(console, street, "/board")
    assert re.search(rf">{away[1]}</a>\s*<br><small[^>]*>[^<]*<strong>不在岗", board), board
    pairs = as_officer(console, community, "/lists/possible_duplicates")
    assert pairs.count("姓名、电话相同") >= 1 and "/lists/possible_duplicates/" in pairs


def as_officer(console: str, typed: tuple[str, str, str], path: str) -> str:
    """A page as somebody sees it who has logged in with a name, a password and a code."""
    page = requests.get(f"{console}/log-in", timeout=30)
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert token
    answer = requests.post(
        f"{console}/log-in",
        data=dict(zip(("name", "password", "code"), typed, strict=True)) | {"form_token": token[1]},
        # Browsers send it to this machine without TLS, too.
        headers={"Cookie": page.headers["Set-Cookie"].partition(";")[0]},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 303 and "__Host-doorstep=" in answer.headers["Set-Cookie"], answer.text
    cookie = re.search(r"__Host-doorstep=[^;]+", answer.headers["Set-Cookie"])
    assert cookie
    shown = requests.get(f"{console}{path}", headers={"Cookie": cookie[0]}, timeout=30)
    assert shown.status_code == 200, shown.text
    return shown.text


def _odd(said: str) -> str:
    """The lines that do not add up, and the audit."""
    found = json.loads(said)
    lines = [line for line in found["lines"] if line["expected"] not in (None, line["found"])]
    return json.dumps({"lines": lines, "audit": found["audit"]}, ensure_ascii=False)[:5000]


def test_once_it_shows_that_everything_adds_up_and_leaves_nothing_running(
    environment: dict[str, str], tmp_path: Path
):
    asked = ["--once", "--arrivals", "60", "--days", str(DAYS), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", *asked],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300 + 60 * DAYS,
    )
    assert done.returncode == 0, done.stderr + _odd(done.stdout)
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
        # A system starts, a morning is handled, and the day is played on: with waits for its timers.
        eventually(
            lambda: "until Ctrl-C" in said.read_text(),
            3 * PATIENCE_S,
            every=0.2,
            show=lambda: said.read_text(),
        )
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
