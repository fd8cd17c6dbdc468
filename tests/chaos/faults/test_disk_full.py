"""The disk of the broker or of the databases is full and has room again: all that was confirmed is there, and
what could not be done is done then."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local import PrivateBroker, PrivatePostgres
from operations.services import SERVICES
from tests.chaos.conftest import NO_SENDING, Chaos, Faultless, same, start
from tests.e2e.conftest import migrated
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

FULL_S = 4.0


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own: a full one gives the errors of a full disk, and nobody else's."""
    if os.geteuid():
        pytest.skip("only root may mount a file system; what runs everything runs as root")
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "doorstep-test", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            block = b"\0" * size
            try:
                while True:
                    file.write(block)
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


SOAKS = "DOORSTEP_SOAK_KILLS" in os.environ


@pytest.mark.timeout(600)  # on a busy machine
@pytest.mark.parametrize("kind", ["postgresql", *(["sqlite"] if SOAKS else [])])
def test_all_wait_while_the_disk_of_the_broker_and_then_that_of_the_databases_is_full(
    kind: str,
    tmp_path: Path,
    nodes_directory: Path,
    broker: PrivateBroker,
    vhost: str,
    durable_postgres: PrivatePostgres,
    faultless: Faultless,
    day: list[dict[str, Any]],
) -> None:
    with small_disk(nodes_directory / f"small-{kind}", 400) as disk, ExitStack() as left:
        postgres = durable_postgres
        if kind == "postgresql":
            small = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "16MB"}
            postgres = left.enter_context(PrivatePostgres(disk / "postgres", config=small))
            urls = {service: postgres.create_database(service) for service in SERVICES}
        else:
            urls = {service: f"sqlite:///{disk}/{service}.sqlite" for service in SERVICES}
        for service in SERVICES:
            migrated(service)(urls[service])
        system = left.enter_context(
            System(tmp_path, broker.url(vhost), urls, NO_SENDING, broker.management_url())
        )
        start(system)
        system.import_samples()
        chaos = Chaos(system, broker, postgres, day, vhost)
        with chaos.trickle():  # so that there is something to write down whenever a disk is full
            time.sleep(1)
            _broker_has_no_room(chaos)
            _databases_have_no_room(chaos, disk)
        same(chaos.settled_outcome(), faultless())
        eventually(lambda: all(replica.ready for replica in system.replicas.values()))
        eventually(lambda: "run out" not in _attention(chaos), 30, every=0.5, show=lambda: _attention(chaos))


def _broker_has_no_room(chaos: Chaos) -> None:
    """Below its limit a broker takes no more messages, long before its disk is full to the last byte."""
    chaos.broker.rabbitmqctl("set_disk_free_limit", "900000GB")
    try:
        eventually(lambda: "disk" in _attention(chaos), 60, every=0.5, show=lambda: _attention(chaos))
        time.sleep(FULL_S)
    finally:
        chaos.broker.rabbitmqctl("set_disk_free_limit", "200MB")


def _databases_have_no_room(chaos: Chaos, disk: Path) -> None:
    with full(disk):
        eventually(lambda: _one_waits_for_its_database(chaos), 60, every=0.2)
        time.sleep(FULL_S)
    if not chaos.postgres.running:  # it ends where it cannot write its log, and its supervisor starts it
        chaos.postgres.start()


def _attention(chaos: Chaos) -> str:
    found = chaos.system.cli("queues")["attention"]
    return "; ".join(one["what"] for one in found if one["where"] == "broker")


def _one_waits_for_its_database(chaos: Chaos) -> bool:
    waiting = (replica.readyz.get("waiting", {}) for replica in chaos.system.replicas.values())
    return any("database" in why for of_one in waiting for why in of_one.values())
