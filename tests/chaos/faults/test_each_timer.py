"""A poisoned row for each timer of each service, in a system that runs: the row is set aside and named, all
others are done, and it is done too once it is mended. A new timer fails here until it has a row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

from chassis.handlers import Service
from chassis.ids import new_id
from chassis.masking import masked_key
from demo.samples import STAFF, sample
from operations.services import SERVICES
from tests.bad_rows import bad_row
from tests.chaos.conftest import Chaos
from tests.e2e.conftest import MORNING
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

# After staff are told of their day.
NEXT_DAY = MORNING.replace(hour=6, minute=45) + timedelta(days=1)


@dataclass(frozen=True)
class Poison:
    """One row that no statement of this kind can touch.

    :param choose: SQL that gives the keys of rows which may be it; its first is taken. `:n` tells those of
        several timers apart, `:worker` is the member of staff who leaves.
    :param due: SQL that leaves the timer something to do, as an older version did or a long time does.
    :param left: SQL that gives the keys of rows which are still to be done.
    """

    table: str
    key: str
    choose: str
    left: str
    due: tuple[str, ...] = ()
    on: str = "UPDATE"


OPEN = "SELECT case_id::text FROM cases WHERE closed_at IS NULL"
OTHERS = f"{OPEN} AND owner <> :worker AND plan_next IS NOT NULL ORDER BY case_id OFFSET :n"
LAST_CASES = "FROM cases WHERE closed_at IS NULL ORDER BY cases.case_id DESC LIMIT 5"
"""Others than most timers get, for whoever is given something to do with a few."""
FIRST_INFORMED = "FROM cases WHERE closed_at IS NULL AND days = 0 ORDER BY cases.case_id LIMIT 3"
"""Others than whoever has a measure, whom most timers get; their tasks are not done, so their cases go on."""
OF_UNTOLD_BREACHES = "case_id IN (SELECT case_id FROM breaches WHERE told_confirmed IS NOT NULL)"
OF_MADE_RESULTS = "case_id IN (SELECT case_id FROM test_results WHERE source = '/made')"
INFORMED = (
    f"{OPEN} AND days = 0 AND release_on < '2022-10-02' AND NOT EXISTS (SELECT 1 FROM tasks k "
    "WHERE k.case_id = cases.case_id AND k.state IN ('due', 'missed', 'not_possible'))"
)
IN_A_ROUND = "street = (SELECT place FROM test_rounds)"
WALK_ANEW = "DELETE FROM district_walks"


def of_cases(left: str, *due: str) -> Poison:
    return Poison("cases", "case_id", OTHERS, f"{OPEN} AND {left}", due)


def of_positives(column: str, half: str) -> Poison:
    """Of one half of the cases, for each of two timers looks at all of a row."""
    here = f"right(case_id::text, 1) {half} '8'"
    return Poison(
        "positives",
        "case_id",
        f"{OPEN} AND owner <> :worker AND plan_next IS NOT NULL AND {here} ORDER BY case_id DESC",
        f"SELECT case_id::text FROM positives WHERE {column} < '2022-10-01'",
        (
            f"INSERT INTO positives (case_id, {column}, told) SELECT case_id, '2022-09-01', '[]' FROM cases "
            f"WHERE closed_at IS NULL AND {here}",
        ),
    )


LAST_BATCH = "SELECT id FROM closed_batches ORDER BY id DESC LIMIT 1"

POISONS: dict[str, Poison] = {
    "isolation.open_waiting": Poison(
        "waiting_for_policy",
        "arrival_id",
        "SELECT arrival_id::text FROM waiting_for_policy ORDER BY 1",
        "SELECT arrival_id::text FROM waiting_for_policy",
        on="DELETE",
    ),
    "isolation.assign_waiting": of_cases(
        "unassigned_since IS NOT NULL AND staff_epoch = 0",
        "UPDATE cases SET unassigned_since = opened_at, staff_epoch = 0 "
        "WHERE closed_at IS NULL AND owner <> :worker",
    ),
    "isolation.hand_over": Poison(
        "cases", "case_id", f"{OPEN} AND owner = :worker ORDER BY 1", f"{OPEN} AND owner = :worker"
    ),
    "isolation.apply_policies": of_cases(
        "policy_epoch = 0", "UPDATE cases SET policy_epoch = 0 WHERE closed_at IS NULL"
    ),
    "isolation.name_districts": of_cases(
        "district IS NULL AND street IS NOT NULL", "UPDATE cases SET district = NULL", WALK_ANEW
    ),
    "isolation.link_households": Poison(
        "links",
        "household",
        f"{OPEN} AND household_id IS NOT NULL ORDER BY case_id",
        f"{OPEN} AND household_id NOT IN (SELECT household FROM links)",
        ("DELETE FROM links", WALK_ANEW),
        on="INSERT",
    ),
    "isolation.index_identities": of_cases("identity IS NULL", "UPDATE cases SET identity = NULL"),
    "isolation.plan_next_day": of_cases("plan_next <= DATE '2022-10-03'"),
    "isolation.look_at_merged": Poison(
        "merged_cases",
        "case_id",
        "SELECT case_id::text FROM merged_cases ORDER BY 1",
        "SELECT case_id::text FROM merged_cases WHERE look_at < '2022-06-01'",
        (
            # As if each were made one with another that is followed; nothing is to be carried over.
            "INSERT INTO merged_cases (case_id, version, goes_on_as, was_followed, look_at) "
            f"SELECT gen_random_uuid(), 1, case_id, false, '2022-01-01' {LAST_CASES} OFFSET 5",
        ),
    ),
    "isolation.plan_again": Poison(
        "needs",
        "task_id",
        "SELECT task_id::text FROM needs ORDER BY 1",
        "SELECT n.task_id::text FROM needs n JOIN tasks k ON k.task_id = n.task_id "
        "WHERE k.state = 'cancelled'",
        (
            "INSERT INTO tasks (task_id, case_id, kind, about, day, due_from, due_by, role, state, told) "
            "SELECT gen_random_uuid(), case_id, 'meet_need', case_id::text, 0, '2022-10-01T01:00:00Z', "
            f"'2022-10-03T01:00:00Z', 'grid_worker', 'cancelled', 0 {LAST_CASES}",
            "INSERT INTO needs (need_id, case_id, people, kind, needs_cold, at, received_at, task_id, told, "
            "source, event_id) SELECT gen_random_uuid(), case_id, json_build_array(case_id), 'food', false, "
            "due_from, due_from, task_id, '[]', '/made', task_id::text FROM tasks "
            "WHERE about = case_id::text",
        ),
    ),
    "isolation.propose_releases": Poison(
        "release_checks",
        "case_id",
        OTHERS,
        "SELECT case_id::text FROM release_checks WHERE check_at < '2022-06-01'",
        (
            "INSERT INTO release_checks (case_id, check_at, lacks) "
            "SELECT case_id, '2022-01-01', '' FROM cases WHERE closed_at IS NULL "
            "ON CONFLICT (case_id) DO UPDATE SET check_at = excluded.check_at",
        ),
    ),
    "isolation.end_informed": Poison(
        "cases",
        "case_id",
        f"{INFORMED} ORDER BY 1",
        INFORMED,
        (
            "UPDATE tasks SET state = 'done', tell_at = NULL WHERE case_id IN (SELECT case_id FROM cases "
            "WHERE closed_at IS NULL AND days = 0 ORDER BY case_id DESC LIMIT 15 OFFSET 10)",
        ),
    ),
    "isolation.find_late": Poison(
        "outings",
        "case_id",
        OTHERS,
        "SELECT case_id::text FROM outings WHERE check_at < '2022-10-01'",
        (
            "INSERT INTO permits (permit_id, case_id, people, kind, asked, at, received_at, begins, ends, "
            "task_id, told, version, source, event_id) "
            "SELECT case_id, case_id, json_build_array(case_id::text), 'emergency', '', '2022-09-01', "
            "'2022-09-01', '2022-09-01', '2022-09-02', case_id, '[]', 0, '/x', 'x' FROM cases "
            "WHERE closed_at IS NULL ON CONFLICT DO NOTHING",
            "INSERT INTO outings (permit_id, number, case_id, begins, ends, check_at) "
            "SELECT case_id, 0, case_id, '2022-09-01', '2022-09-02', '2022-09-02' FROM cases "
            "WHERE closed_at IS NULL ON CONFLICT DO NOTHING",
        ),
    ),
    "isolation.see_to_positives": of_positives("look_at", "<"),
    "isolation.make_contacts": of_positives("contacts_at", ">="),
    "isolation.find_positives": Poison(
        "positives",
        "case_id",
        f"{OPEN} AND {OF_MADE_RESULTS} ORDER BY 1",
        f"{OPEN} AND {OF_MADE_RESULTS} AND case_id NOT IN (SELECT case_id FROM positives)",
        (
            "INSERT INTO test_results (result_id, case_id, sample_id, pool_size, sampled_at, reported_at, "
            "method, stage, result, source, event_id, received_at) "
            "SELECT gen_random_uuid(), case_id, 's', 1, '2022-10-01', '2022-10-01', 'pcr', 'confirmed', "
            f"'positive', '/made', case_id::text, '2022-10-01T01:00:00Z' {FIRST_INFORMED} OFFSET 3",
            f"DELETE FROM positives WHERE {OF_MADE_RESULTS}",
        ),
        on="INSERT",
    ),
    "isolation.tell_breaches": Poison(
        "cases",
        "case_id",
        f"{OPEN} AND {OF_UNTOLD_BREACHES} ORDER BY 1",
        f"{OPEN} AND {OF_UNTOLD_BREACHES}",
        (
            "INSERT INTO breaches (breach_id, case_id, why, at, suspected_at, task_id, judge_task_id, "
            "judgement, judged_at, version, state, told_confirmed) "
            "SELECT gen_random_uuid(), case_id, 'not_at_home', '2022-10-01', '2022-10-01', "
            "gen_random_uuid(), gen_random_uuid(), 'confirmed', '2022-10-01T12:00Z', 1, 'confirmed', false "
            f"{FIRST_INFORMED}",
        ),
    ),
    "isolation.see_to_rounds": Poison(
        "round_people",
        "case_id",
        f"{OPEN} AND {IN_A_ROUND} ORDER BY case_id DESC",
        f"{OPEN} AND {IN_A_ROUND} AND case_id NOT IN "
        "(SELECT case_id FROM round_people WHERE case_id IS NOT NULL)",
        (
            "INSERT INTO test_rounds (round_id, place, street, begins_at, ends_at, version, opened_at, "
            "source, event_id) SELECT gen_random_uuid(), street, street, '2022-10-01', '2022-10-05', 1, "
            "'2022-10-01', '/console/x', 'x' FROM cases WHERE closed_at IS NULL AND street IS NOT NULL "
            "GROUP BY street ORDER BY count(*) DESC LIMIT 1",
        ),
        on="INSERT",
    ),
    "isolation.strip_cases": Poison(
        "cases",
        "case_id",
        "SELECT case_id::text FROM cases WHERE strip_on < '2022-06-01' ORDER BY 1",
        "SELECT case_id::text FROM cases WHERE strip_on < '2022-06-01'",
        (
            "UPDATE cases SET strip_on = '2022-01-01', closed_at = '2021-01-01', state = 'cancelled' "
            "WHERE version = 0 OR case_id IN (SELECT case_id FROM cases WHERE closed_at IS NOT NULL)",
        ),
    ),
    "isolation.find_overdue": Poison(
        "tasks",
        "task_id",
        "SELECT task_id::text FROM tasks WHERE tell_at < '2022-10-01T12:00:00Z' ORDER BY 1",
        "SELECT task_id::text FROM tasks WHERE tell_at <= '2022-10-01T22:45:00Z'",
    ),
    "registration.assign_waiting": Poison(
        "arrivals",
        "id",
        "SELECT id::text FROM arrivals WHERE worker = :worker ORDER BY 1",
        "SELECT id::text FROM arrivals WHERE worker = :worker",
    ),
    "registration.strip_arrivals": Poison(
        "arrivals",
        "id",
        "SELECT id::text FROM arrivals WHERE strip_on < '2022-06-01' ORDER BY 1",
        "SELECT id::text FROM arrivals WHERE strip_on < '2022-06-01'",
        ("UPDATE arrivals SET strip_on = '2022-01-01' WHERE expected",),
    ),
    "registration.renew_keys": Poison(
        "person_keys",
        "key",
        "SELECT key FROM person_keys ORDER BY 1",
        "SELECT key FROM person_keys WHERE form = 0",
        ("UPDATE person_keys SET form = 0",),
    ),
    "registration.write_likenesses": Poison(
        "arrivals",
        "id",
        "SELECT id::text FROM arrivals WHERE worker <> :worker ORDER BY 1",
        "SELECT id::text FROM arrivals WHERE likeness_form = 0",
        ("DELETE FROM likenesses", "UPDATE arrivals SET likeness_form = 0"),
    ),
    "registration.settle_batches": Poison(
        "closed_batches",
        "id",
        "SELECT id::text FROM closed_batches ORDER BY 1",
        "SELECT id::text FROM closed_batches WHERE settled_at IS NULL",
        (
            "UPDATE closed_batches SET settled_at = NULL, looked_at = looked_at - interval '1 hour', "
            f"received_at = received_at - interval '1 hour' WHERE id <> ({LAST_BATCH})",
        ),
    ),
    "registration.forget_batches": Poison(
        "closed_batches",
        "id",
        "SELECT id::text FROM closed_batches ORDER BY 1 DESC",
        "SELECT id::text FROM closed_batches WHERE settled_at < '2022-01-01'",
        (f"UPDATE closed_batches SET settled_at = '2021-01-01' WHERE id = ({LAST_BATCH})",),
        on="DELETE",
    ),
    "notification.write_digests": Poison(
        "digest_counts",
        "id",
        "SELECT id::text FROM digest_counts ORDER BY 1",
        "SELECT id::text FROM digest_counts",
        on="DELETE",
    ),
    "notification.forget_numbers": Poison(
        "number_days",
        "number",
        "SELECT number FROM number_days WHERE day < '2022-01-01' ORDER BY 1",
        "SELECT number FROM number_days WHERE day < '2022-01-01'",
        (
            "INSERT INTO number_days (day, number, texts, urgent) "
            "SELECT '2021-01-01', 'n' || n, 1, 0 FROM generate_series(1, 5) n",
        ),
        on="DELETE",
    ),
}
BY_HAND = {"isolation.plan_staff_days"}
"""Poisoned without a trigger: by a row that is too long for any event."""


def timers() -> set[str]:
    found = set()
    for name in SERVICES:
        service: Service = import_module(f"services.{name}.service").SERVICE
        found |= {f"{name}.{timer.name}" for timer in service.timers}
    return found


def test_each_timer_of_each_service_has_a_poisoned_row() -> None:
    assert set(POISONS) | BY_HAND == timers()


@pytest.mark.timeout(600)
def test_each_timer_sets_its_poisoned_row_aside_and_serves_all_others(chaos: Chaos, tmp_path: Path) -> None:
    chaos.day = chaos.day[:120]
    with chaos.flow(seconds=1):
        pass
    chaos.system.settled(180)
    stopped(chaos)
    worker = ask(chaos, "isolation", _MOST_CASES)[0]
    guilty = {"isolation.plan_staff_days": ask(chaos, "isolation", _SOMEBODY_ELSE, worker=worker)[0]}
    for chore, poison in POISONS.items():
        make_due(chaos, chore, poison, worker)
    for number, (chore, poison) in enumerate(POISONS.items()):
        chosen = ask(chaos, service_of(chore), poison.choose, n=number, worker=worker)
        assert chosen, f"{chore} has nothing to do"
        guilty[chore] = chosen[0]
    with ExitStack() as mended:
        for chore, poison in POISONS.items():
            database = chaos.system.database(service_of(chore))
            mended.callback(database.dispose)
            key = guilty[chore]
            if poison.table == "links":  # known by its case
                [key] = ask(chaos, "isolation", _HOUSEHOLD, case=key)
            mended.enter_context(bad_row(database, table_of(chore, poison), poison.key, key, on=poison.on))
        mended.enter_context(too_long_for_an_event(chaos, guilty["isolation.plan_staff_days"]))
        chaos.system.set_clock(NEXT_DAY)
        started(chaos)
        chaos.system.cli("staff", "import", str(without(worker, tmp_path)))
        eventually(lambda: not unnamed(chaos, guilty), 240, every=1, show=lambda: unnamed(chaos, guilty))
        for chore, poison in POISONS.items():
            wait_for_all_others(chaos, chore, poison, worker, set(guilty.values()))
        stopped(chaos)  # what it has read of staff is read again
    started(chaos)
    chaos.system.cli("stuck", "retry", "--all")
    chaos.system.set_clock(NEXT_DAY + timedelta(minutes=1))  # timers that look once an hour look now
    eventually(
        lambda: not chaos.system.cli("stuck", "list"),
        180,
        every=1,
        show=lambda: [(one["chore"], one["row"], one["times"]) for one in chaos.system.cli("stuck", "list")],
    )
    for chore, poison in POISONS.items():
        wait_for_all_others(chaos, chore, poison, worker, set())


def wait_for_all_others(chaos: Chaos, chore: str, poison: Poison, worker: str, guilty: set[str]) -> None:
    def left() -> set[str]:
        """Without those that are set aside because several timers meet at a row."""
        aside = {one["row"] for one in chaos.system.cli("stuck", "list")}
        return set(ask(chaos, service_of(chore), poison.left, worker=worker)) - guilty - aside

    eventually(lambda: not left(), 60, every=0.5, show=lambda: (chore, sorted(left())))


def unnamed(chaos: Chaos, guilty: Mapping[str, str]) -> list[tuple[str, str]]:
    """Poisoned rows that nobody has been told of."""
    named = {(one["chore"], one["row"]) for one in chaos.system.cli("stuck", "list")}
    return sorted(
        (chore, masked_key(key)) for chore, key in guilty.items() if (chore, masked_key(key)) not in named
    )


def service_of(chore: str) -> str:
    return chore.partition(".")[0]


def table_of(chore: str, poison: Poison) -> Table:
    tables: Table = import_module(f"services.{service_of(chore)}.metadata").metadata.tables[poison.table]
    return tables


def ask(chaos: Chaos, service: str, sql: str, **given: Any) -> list[str]:
    """The first column, as text."""
    used = {name: value for name, value in given.items() if f":{name}" in sql}
    return [str(row[0]) for row in chaos.system.ask(service, sql, **used)]


def do(chaos: Chaos, service: str, sql: str, **given: Any) -> None:
    database = chaos.system.database(service)
    with database.begin() as conn:
        conn.execute(text(sql), {name: value for name, value in given.items() if f":{name}" in sql})
    database.dispose()


def stopped(chaos: Chaos) -> None:
    for service in SERVICES:
        chaos.system.stop(service)


def started(chaos: Chaos) -> None:
    for service in SERVICES:
        chaos.system.start(service, wait=False)
    chaos.system.wait_ready()


def make_due(chaos: Chaos, chore: str, poison: Poison, worker: str) -> None:
    for statement in poison.due:
        do(chaos, service_of(chore), statement, worker=worker)
    if chore == "isolation.open_waiting":
        bodies = ask(
            chaos, "registration", "SELECT body FROM outbox WHERE routing_key = 'arrival.registered'"
        )
        for event in [event for body in bodies for event in json.loads(body)][:5]:
            given = {
                "arrival": event["subject"],
                "event": json.dumps(event),
                "number": event["aggregateversion"],
            }
            do(chaos, "isolation", _WAITS, **given)
    if chore == "notification.write_digests":
        for row in chaos.system.ask("notification", _DIGESTS):
            counts = json.dumps(
                [[row.staff_id, 1, row.role, row.contact, row.language, row.channels, row.case_id]]
            )
            do(chaos, "notification", _COUNTS, id=new_id(), hour=row.hour, counts=counts)


_MOST_CASES = (
    "SELECT owner FROM cases WHERE closed_at IS NULL AND owner IS NOT NULL GROUP BY owner "
    "ORDER BY count(*) DESC, owner LIMIT 1"
)
_SOMEBODY_ELSE = (
    "SELECT staff_id FROM tasks WHERE state = 'due' AND staff_id <> :worker AND role = 'grid_worker' "
    "GROUP BY staff_id ORDER BY count(*), staff_id LIMIT 1"
)
_HOUSEHOLD = "SELECT household_id FROM cases WHERE case_id::text = :case"
_WAITS = (
    "INSERT INTO waiting_for_policy (arrival_id, version, event, since, policy_epoch) "
    "VALUES (CAST(:arrival AS uuid), :number, CAST(:event AS json), now(), 0)"
)
_DIGESTS = "SELECT staff_id, hour, role, contact, language, channels, case_id::text FROM digests LIMIT 3"
_COUNTS = (
    "INSERT INTO digest_counts (id, hour, cases, counts) "
    "VALUES (CAST(:id AS uuid), :hour, 1, CAST(:counts AS json))"
)


@contextmanager
def too_long_for_an_event(chaos: Chaos, staff_id: str) -> Iterator[None]:
    [person] = ask(chaos, "isolation", "SELECT person FROM staff WHERE staff_id = :staff", staff=staff_id)
    change = "UPDATE staff SET person = :person WHERE staff_id = :staff"
    do(chaos, "isolation", change, person="x" * 1_200_000, staff=staff_id)
    yield
    do(chaos, "isolation", change, person=person, staff=staff_id)


def without(worker: str, folder: Path) -> Path:
    """The staff of the samples, after this one has left."""
    rows = list(csv.DictReader(io.StringIO(sample(STAFF).read_text(encoding="utf-8"))))
    file = folder / "staff.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows([row | {"active": "false"} if row["staff_id"] == worker else row for row in rows])
    return file
