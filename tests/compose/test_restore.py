"""Backed up under load, destroyed, restored: what was lost with the machine comes back or is sent again.

Runs on the deployment as it is at the story's end, and also alone.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.day import PLAIN, Day
from deploy.compose.make_secrets import make
from doorstep_client import Publisher, Replies, Reply
from tests.compose.deployment import (
    MORNING,
    ROOT,
    SERVICES,
    Deployment,
    assert_all_taken,
    paced,
    sendable,
    service_of,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

NAME = "rail-lanzhou"
PER_SECOND = 50


@dataclass
class Load:
    """A publisher as it should be: knows what it sent, and when each report was answered."""

    url: str
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    answered: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.done = threading.Event()
        self.failures: list[BaseException] = []
        self.threads = [
            threading.Thread(target=self._guarded, args=(one,)) for one in (self._send, self._hear)
        ]
        for one in self.threads:
            one.start()

    def stop(self) -> None:
        self.done.set()
        for one in self.threads:
            one.join(60)
        assert not self.failures, self.failures

    def until_answered(self, count: int) -> None:
        eventually(lambda: self.failures or len(self.answered) >= count, show=lambda: len(self.answered))
        assert not self.failures, self.failures

    def unanswered(self, moment: datetime) -> list[dict[str, Any]]:
        """The reports that have to be sent again after a restore to `moment`."""
        late = datetime.max.replace(tzinfo=UTC)
        return [line for id, line in self.sent.items() if self.answered.get(id, late) >= moment]

    def _send(self) -> None:
        def lines() -> Iterator[Any]:
            for line in paced(
                Day(50_000, date(2022, 10, 1), seed=31, now=MORNING, shares=PLAIN), 3 * PER_SECOND
            ):
                if self.done.is_set():
                    return
                if line["source"].startswith(f"/{NAME}/"):
                    self.sent[line["id"]] = line
                    yield sendable(line)

        with Publisher(self.url, NAME, events_per_message=1, time_limit=5) as publisher:
            for outcome in publisher.stream(lines()):
                if outcome.accepted and outcome.id:
                    self.confirmed.add(outcome.id)

    def _hear(self) -> None:
        def heard(reply: Reply) -> None:
            self.answered.setdefault(reply.event_id, datetime.now(UTC))

        with Replies(self.url, NAME) as replies:
            replies.read(heard, until=self.done.is_set)

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:
            self.failures.append(error)


@dataclass
class Told:
    code: int
    out: str
    err: str


@dataclass
class Loss:
    """The state before the restore, and the state after it."""

    backup: Path
    identity: Path
    taken: dict[str, Any]
    restored: dict[str, Any]
    load: Load
    received_before: int
    running_after_restore: set[str]
    sms_before: set[str]
    sms_after: dict[str, int]
    accepted_in_backup: set[str]
    sent_again: list[dict[str, Any]]
    audit: dict[str, Any]


def backup_command(stack: Deployment, *args: str, **environment: str) -> Told:
    """As `make backup` and `make restore` call it."""
    files = {"COMPOSE_FILE": os.pathsep.join(("docker-compose.yml", *stack.overlays))}
    done = subprocess.run(
        args,
        cwd=ROOT,
        env=stack.environment | files | environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    return Told(done.returncode, done.stdout, done.stderr)


def restore(stack: Deployment, loss: Loss, backup: Path, **environment: str) -> Told:
    command = ("make", "restore", f"FROM={backup}", f"IDENTITY={loss.identity}")
    return backup_command(stack, *command, **environment)


def key_elsewhere(folder: Path) -> tuple[Path, str]:
    """The file of a new key, and its public part."""
    file = folder / "key.txt"
    subprocess.run(["age-keygen", "--output", file], check=True, capture_output=True)
    [public] = re.findall("age1[0-9a-z]+", file.read_text())
    return file, public


def prepare(stack: Deployment) -> None:
    """Where the story before was not told."""
    stack.doorstep("console", "administrator", "admin", "--by", "test")  # a link that nobody takes up
    if NAME in stack.passwords:
        return
    stack.set_clock(MORNING)
    stack.add_publisher(NAME)
    stack.doorstep("places", "import", "/files/places.csv")
    stack.doorstep("staff", "import", "/files/staff.csv")
    stack.doorstep("risk", "import", "/files/risk-areas-2022-10-01.json")
    stack.doorstep("policy", "import", "/policies/2022-11-twenty-measures.json")
    stack.doorstep("policy", "import", "/policies/2022-06-ninth-edition.json")


@pytest.fixture(scope="module")
def loss(stack: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Loss:
    prepare(stack)
    received_before = stack.settled()["sums"]["reports"]["received"]
    load = Load(stack.url(NAME))
    try:
        load.until_answered(100)
        to = tmp_path_factory.mktemp("backups")
        identity, public = key_elsewhere(tmp_path_factory.mktemp("elsewhere"))
        told = backup_command(
            stack, "python3", "-m", "deploy.backup", "backup", str(to), "--json", DOORSTEP_BACKUP_FOR=public
        )
        assert told.code == 0, told.err
        taken = json.loads(told.out)
        load.until_answered(len(load.answered) + 100)
        sms_before = set(stack.sms_sent()["per_key"])
        stack.remove()  # while reports are on their way
    finally:
        load.stop()

    command = ("python3", "-m", "deploy.backup", "restore", taken["folder"], "--json")
    without = backup_command(stack, *command)
    assert without.code == 1 and "IDENTITY=file" in without.err, without
    command = (*command, "--identity", str(identity))
    told = backup_command(stack, *command)
    assert told.code == 0, told.err
    restored = json.loads(told.out)
    running = {service_of(one) for one in stack.running()}
    accepted = stack.execute(
        "postgres",
        "psql",
        *("-U", "postgres", "-d", "notification", "-tAc"),
        "select id from messages where state = 'accepted'",
    )
    # The clock of the demo is no part of a backup. A little later, and before the next full hour: digests
    # that fall due at the start would be written beside the counting below.
    stack.set_clock(MORNING + timedelta(minutes=40))
    stack.doorstep("replay", "--since", restored["replay_since"], "--replies")
    stack.up()
    again = load.unanswered(datetime.fromisoformat(restored["taken_at"]))
    with Publisher(stack.url(NAME), NAME) as publisher:
        assert_all_taken(publisher.publish_many(again))
    return Loss(
        backup=Path(taken["folder"]),
        identity=identity,
        taken=taken,
        restored=restored,
        load=load,
        received_before=received_before,
        running_after_restore=running,
        sms_before=sms_before,
        audit=stack.settled(),
        sms_after=stack.sms_sent()["per_key"],
        accepted_in_backup=set(accepted.split()),
        sent_again=again,
    )


def test_after_a_total_loss_every_report_is_there_once_and_everything_adds_up(loss: Loss) -> None:
    load = loss.load
    assert load.confirmed <= load.sent.keys()
    assert len(load.confirmed) > 200, "there was a load"
    assert 0 < len(loss.sent_again) < len(load.sent), "some of it was in the backup, some was not"
    assert loss.audit["balanced"]
    assert loss.audit["sums"]["reports"]["received"] == loss.received_before + len(load.sent)


def test_every_report_answered_before_the_backup_is_in_it(loss: Loss) -> None:
    known = loss.taken["tables"]["registration"]["rows"]["reports"] - loss.received_before
    answered = len(loss.load.sent) - len(loss.sent_again)
    assert known >= answered > 0


def test_the_accounts_of_the_console_come_back_and_no_link_of_before_counts(
    loss: Loss, stack: Deployment
) -> None:
    def count(what: str) -> int:
        asked = f"select count(*) from {what}"
        return int(stack.execute("postgres", "psql", "-U", "postgres", "-d", "console", "-tAc", asked))

    kept = loss.taken["tables"]["console"]["rows"]
    assert count("accounts") == kept["accounts"] > 0
    assert count("one_time_links") == kept["one_time_links"] > 0
    assert count("one_time_links where ended_at is null") == 0


def test_the_backup_held_up_the_work_for_less_than_a_second_and_is_closed_to_others(loss: Loss) -> None:
    assert loss.taken["pause_ms"] < 1000
    assert {file.stat().st_mode & 0o777 for file in loss.backup.iterdir()} == {0o600}
    assert "sealed" not in loss.taken and "k1:" not in (loss.backup / "manifest.json").read_text()
    others = {file.name for file in loss.backup.iterdir()} - {"manifest.json", "SHA256SUMS"}
    assert others and all(
        (loss.backup / name).read_bytes().startswith(b"age-encryption.org") for name in others
    )


def test_publishers_keep_their_passwords_and_no_message_goes_out_before_the_start(
    loss: Loss,
) -> None:
    assert NAME in loss.restored["publishers"]  # and published with its old password since
    assert loss.running_after_restore == {"postgres", "rabbitmq"}


def test_a_message_that_the_backup_knew_keeps_its_key(loss: Loss) -> None:
    assert set(loss.sms_after.values()) == {1}
    assert loss.accepted_in_backup and not loss.accepted_in_backup & loss.sms_after.keys(), "not sent again"
    assert loss.sms_before & loss.sms_after.keys(), "sent after the backup: a gateway drops it by its key"


def test_a_report_sent_again_after_the_restore_gets_the_same_arrival_id(loss: Loss) -> None:
    def cases(messages: Iterable[str]) -> set[str]:
        """A message's id begins as its case's does, and that is its arrival's."""
        return {message[:13] for message in messages}

    late = cases(loss.sms_before) - cases(loss.accepted_in_backup)
    assert late, "people were told after the backup"
    assert late <= cases(loss.sms_after)


def refused(stack: Deployment, loss: Loss, backup: Path, reason: str, **environment: str) -> None:
    before = {one["Id"] for one in stack.running()}
    told = restore(stack, loss, backup, **environment)
    assert told.code != 0 and reason in told.err, told
    assert "Traceback" not in told.err
    assert {one["Id"] for one in stack.running()} == before, "nothing was stopped"


def test_a_deployment_with_data_is_not_overwritten(stack: Deployment, loss: Loss) -> None:
    refused(stack, loss, loss.backup, "FORCE=1")


def test_a_damaged_backup_is_refused(stack: Deployment, loss: Loss, tmp_path: Path) -> None:
    damaged = shutil.copytree(loss.backup, tmp_path / "damaged")
    file = damaged / "isolation.dump.age"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    refused(stack, loss, damaged, "isolation.dump.age is damaged")


def test_a_backup_is_refused_where_the_keys_are_others(stack: Deployment, loss: Loss, tmp_path: Path) -> None:
    others = shutil.copytree(stack.secrets, tmp_path / "secrets")
    for name in ("seal_keys", "index_key"):
        (others / name).unlink()
    make(others)
    refused(stack, loss, loss.backup, "another key k1", DOORSTEP_SECRETS=str(others))


def test_a_database_on_another_server_is_neither_backed_up_nor_replaced(
    stack: Deployment, loss: Loss, tmp_path: Path
) -> None:
    moved = shutil.copytree(stack.secrets, tmp_path / "secrets")
    url = moved / "isolation_database_url"
    url.chmod(0o644)
    url.write_text(url.read_text().replace("@postgres:5432/", "@db-2.example:5433/"))
    elsewhere = {"DOORSTEP_SECRETS": str(moved)}
    reason = "the database of isolation is on db-2.example"
    refused(stack, loss, loss.backup, reason, FORCE="1", **elsewhere)
    told = backup_command(stack, "make", "backup", f"TO={tmp_path / 'backups'}", **elsewhere)
    assert told.code != 0 and reason in told.err, told
    assert not (tmp_path / "backups").exists()


def test_the_system_still_runs(stack: Deployment, loss: Loss) -> None:
    assert stack.settled()["sums"] == loss.audit["sums"]
    assert {service_of(one) for one in stack.running()} >= {*SERVICES, "postgres", "rabbitmq"}


def test_a_new_key_seals_while_the_old_one_still_opens(stack: Deployment, loss: Loss) -> None:
    before = stack.settled()["sums"]
    stack.close_shell()
    for step in ("add", "promote"):
        done = backup_command(stack, "make", "keys", f"DO={step}")
        assert done.code == 0, done.err
    resealed = stack.doorstep("keys", "reseal")
    assert resealed["newest"] == "k2" and resealed["renewed"]["k1"] > 0 and not resealed["unopened"]
    refused = backup_command(stack, "make", "keys", "DO=retire", "KEY=k1")
    assert refused.code != 0 and (stack.secrets / "seal_keys").read_text().startswith("k2:")
    assert stack.doorstep("keys", "status")["keys"] == ["k2", "k1"], "the log of what was said holds it"
    assert stack.settled()["sums"] == before
