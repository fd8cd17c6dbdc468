"""`make upgrade` on a deployment of an earlier commit: its data, publishers and secrets go on.

The publisher keeps its password and its client of that time throughout.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from demo.day import PLAIN, Day
from deploy.backup import folder
from deploy.local.checkout import unpack
from tests.compose.deployment import (
    MORNING,
    ROOT,
    SERVICES,
    Deployment,
    image_of,
    running,
    sendable,
    service_of,
)
from tests.processes import Answer, start

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

EARLIER = "43d68119521756c6d6e1e940cc126b0b66bdb70d"
IMAGE = "doorstep:test-upgrade"
NAME = "rail-lanzhou"
REPORTS = 60
PUBLISH = """
import json, sys
from doorstep_client import Publisher
with Publisher(sys.argv[1], sys.argv[2]) as publisher:
    outcomes = publisher.publish_many([json.loads(line) for line in sys.stdin])
assert outcomes.complete, outcomes.counts()
"""
# In one container: each takes seconds to start.
IMPORT = f"""
doorstep places import /files/places.csv
doorstep staff import /files/staff.csv
doorstep risk import /files/risk-areas-2022-10-01.json
doorstep policy import /policies/2022-06-ninth-edition.json
doorstep publisher add {NAME} --json
"""
OFFICIAL = ("rabbitmq", "postgres", "edge")


@pytest.fixture
def earlier(images: None) -> Iterator[Deployment]:
    """A deployment of the earlier commit, with its own image, compose file and secrets."""
    directory = Path(tempfile.mkdtemp(prefix="doorstep-upgrade-"))
    source = directory / "doorstep"
    unpack(EARLIER, source)
    # It needs none that is not in today's, and so the layer with the packages is there already.
    shutil.copy(ROOT / "requirements.lock", source)
    environment = {**os.environ, "DOORSTEP_IMAGE": IMAGE}
    images_of_then = [source / "deploy/registryless/images.sh", "doorstep"]
    subprocess.run(images_of_then, env=environment, check=True, stdin=subprocess.DEVNULL)
    for service in ("rabbitmq", "postgres"):  # what is in them is the same, under the names of then
        names = (image_of(service), image_of(service, source))
        subprocess.run(["docker", "tag", *names], check=True)
    one = Deployment(directory, f"doorstep-upgrade-{os.getpid()}", source=source)
    one.environment |= {"DOORSTEP_IMAGE": IMAGE, "COMPOSE_PROFILES": "demo"}
    with running(one):
        yield one


def test_one_command_upgrades_a_deployment_of_an_earlier_commit(earlier: Deployment, tmp_path: Path) -> None:
    client = shutil.copytree(earlier.source / "clients", tmp_path / "clients")
    day = Day(20 * REPORTS, date(2022, 10, 1), seed=7, now=MORNING, shares=PLAIN)
    lines = islice((line for line in day if line["source"].startswith(f"/{NAME}/")), REPORTS)
    backups = tmp_path / "backups"
    import_what_reports_need(earlier)
    publish(earlier, client, islice(lines, REPORTS // 3))
    before = earlier.settled()
    secrets = secrets_of(earlier)
    containers = {one["Id"] for one in earlier.containers()}
    take_files_of_today(earlier)

    (earlier.secrets / "index_key").chmod(0o644)
    (earlier.secrets / "index_key").write_text("")
    answer = upgrade(earlier, backups)
    assert answer.code != 0 and "index_key is empty: put back your copy" in answer.err, answer
    assert {one["Id"] for one in earlier.containers()} == containers and not backups.exists()
    (earlier.secrets / "index_key").write_text(secrets["index_key"])

    upgrade_killed_at("starting this version", earlier, backups)
    publish(earlier, client, islice(lines, REPORTS // 3))
    answer = upgrade(earlier, backups)
    assert answer.code == 0, answer
    assert_all_of_this_version(earlier)
    assert {name: secrets_of(earlier)[name] for name in secrets} == secrets
    assert folder.check(min(backups.iterdir()))["tables"]["registration"]["rows"]["reports"] == REPORTS // 3

    assert_each_role_has_its_own(earlier)
    publish(earlier, client, lines)
    after = earlier.settled()
    assert after["sums"]["reports"]["received"] == 3 * before["sums"]["reports"]["received"] == REPORTS


def import_what_reports_need(stack: Deployment) -> None:
    stack.set_clock(MORNING)
    in_a_shell = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "sh", "doorstep", "-ec")
    answer = stack.compose(*in_a_shell, IMPORT)
    assert answer.code == 0, answer.err
    stack.passwords[NAME] = json.loads(answer.out.splitlines()[-1])["password"]


def publish(stack: Deployment, client: Path, lines: Iterable[dict[str, Any]]) -> None:
    """With the client library in this folder."""
    subprocess.run(
        [sys.executable, "-c", PUBLISH, stack.url(NAME), NAME],
        input="\n".join(json.dumps(sendable(line)) for line in lines),
        env={**os.environ, "PYTHONPATH": str(client)},
        text=True,
        check=True,
        timeout=120,
    )


def take_files_of_today(stack: Deployment) -> None:
    """As `git pull` does. The deployment's name for its image is given to today's, as by a build."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    shutil.rmtree(stack.source)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():  # in the index, and not removed in the working tree
            (stack.source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, stack.source / name)
    stack.docker("tag", "doorstep:latest", IMAGE)


def upgrade(stack: Deployment, backups: Path) -> Answer:
    return stack.make("upgrade", f"TO={backups}", "BUILD=no")


def upgrade_killed_at(step: str, stack: Deployment, backups: Path) -> None:
    """As soon as it says that it begins the step, it and all that it started are gone."""
    command = ("make", "upgrade", f"TO={backups}", "BUILD=no")
    process = start(
        command,
        cwd=stack.source,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    told = []
    try:
        assert process.stdout
        for line in process.stdout:
            told.append(line)
            if step in line:
                return
        pytest.fail("".join(told))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def assert_each_role_has_its_own(stack: Deployment) -> None:
    """What services of then owned is handed over."""
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = $$public$$"
    may = "SELECT has_table_privilege($$isolation$$, $$views$$, $$DELETE$$)"
    asked = ("psql", "-U", "postgres", "-d", "isolation", "-tAc")
    assert stack.execute("postgres", *asked, owners).split() == ["isolation_owner"]
    assert stack.execute("postgres", *asked, may).split() == ["f"]


def secrets_of(stack: Deployment) -> dict[str, str]:
    """Those that are not made of others."""
    return {one.name: one.read_text() for one in stack.secrets.iterdir() if one.suffix != ".json"}


def assert_all_of_this_version(stack: Deployment) -> None:
    stack.wait_healthy()
    image = stack.docker("image", "inspect", "-f", "{{.Id}}", "doorstep:latest").strip()
    images = {service_of(one): one["Image"] for one in stack.containers()}
    assert {name for name, found in images.items() if found != image} == {*OFFICIAL}
    assert {"registration_door", "isolation_door", "notification_door", "console"} <= images.keys()
    assert stack.doorstep("topology", "check")["ok"]
    assert stack.doorstep("console", "administrator", "admin", "--by", "test")["name"] == "admin"
    users = json.loads((ROOT / "deploy/rabbitmq/users.json").read_text())
    for name in SERVICES:
        granted = stack.management(f"permissions/%2F/{name}")
        kinds = ("configure", "write", "read")
        assert {kind: granted[kind] for kind in kinds} == {kind: users[name][kind] for kind in kinds}
