"""`doorstep reference announce`: copies that are new fill, and all others stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import delete, update

from chassis.database.guards import remove
from chassis.database.migrations import metadata_of
from chassis.inbox import INBOX
from chassis.messaging.outbox import OUTBOX
from demo.samples import PLACES, STAFF, sample
from deploy.local import PrivateBroker
from operations.services import SERVICES
from tests.e2e.conftest import MORNING, migrated
from tests.system import POLICIES, System

pytestmark = [pytest.mark.broker, pytest.mark.postgresql]

COPIED = {"isolation": ("places", "staff", "staff_history", "revisions")}
COPIED["notification"] = COPIED["isolation"]
NEW_HANDLERS = ("notification.keep_places", "notification.keep_staff")


@pytest.fixture
def system(
    tmp_path: Path, broker: PrivateBroker, broker_url: str, postgresql_url: Callable[..., str]
) -> Iterator[System]:
    urls = {service: postgresql_url(service, migrated(service)) for service in SERVICES}
    with System(tmp_path / "system", broker_url, urls, management_url=broker.management_url()) as system:
        system.prepare(MORNING)
        yield system


def copies(system: System) -> dict[str, list[Any]]:
    found = {
        f"{service}.{table}": sorted(
            map(tuple, system.ask(service, f"SELECT * FROM {table}")), key=lambda row: str(row)
        )
        for service, tables in COPIED.items()
        for table in tables
    }
    policies = system.ask("registration", "SELECT * FROM policies ORDER BY policy_id")
    return found | {"registration.policies": [tuple(row) for row in policies]}


def empty_the_copies_of_notification(system: System) -> None:
    """As an upgrade leaves a service that had no copies: what was said before never reached it."""
    database = system.database("notification")
    with database.begin() as conn:
        for table in COPIED["notification"]:
            remove(conn, delete(metadata_of("notification").tables[table]))
        remove(conn, delete(INBOX).where(INBOX.c.handler.in_(NEW_HANDLERS)))
    database.dispose()
    database = system.database("registration")
    with database.begin() as conn:  # long enough ago to be in nobody's hands
        conn.execute(update(OUTBOX).values(created_at=datetime.now(UTC) - timedelta(hours=1)))
    database.dispose()


def test_copies_that_are_new_fill_and_a_second_time_changes_nothing(system: System) -> None:
    for service in SERVICES:
        system.start(service, wait=False)
    system.wait_ready()
    system.cli("places", "import", str(sample(PLACES)))
    system.cli("staff", "import", str(sample(STAFF)))
    system.cli("policy", "import", str(POLICIES[0]))
    system.settled()
    before = copies(system)
    assert all(before.values())

    empty_the_copies_of_notification(system)
    code, audit = system.audit()
    assert code == 1 and {missing["what"] for missing in audit["missing"]} <= {
        "place.changed",
        "staff.changed",
        "copy of places",
        "copy of staff",
    }

    announced = system.cli("reference", "announce")["announced"]
    assert announced == {
        "place.changed": len(before["notification.places"]),
        "staff.changed": len(before["notification.staff"]),
        "policy.published": len(before["registration.policies"]),
    }
    system.settled()
    filled = copies(system)
    for table in ("places", "staff"):
        assert filled[f"notification.{table}"] == before[f"notification.{table}"]
    since, until = {row[-2] for row in filled["notification.staff_history"]}, -1
    assert since == {None} == {row[until] for row in filled["notification.staff_history"]}
    for name, rows in before.items():
        assert name.startswith("notification.") or filled[name] == rows

    system.cli("reference", "announce")
    system.settled()
    assert copies(system) == filled


def test_what_nobody_would_hear_is_not_said(system: System) -> None:
    with Connection(system.broker_url) as connection:
        connection.default_channel.queue_delete("notification.keep_staff")
    answer = system.run("reference", "announce")
    assert answer.code == 1 and not answer.out
    assert answer.err.startswith("doorstep: the broker has no queue notification.keep_staff, which takes ")
    assert not system.ask("registration", "SELECT * FROM outbox")
