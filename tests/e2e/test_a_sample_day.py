"""A morning of arrivals through the public doors: broker, client library and the `doorstep` command."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from contracts.registry import EVENT_TYPES
from demo.day import Day, Line
from demo.samples import STAFF, sample
from deploy.local import PrivateBroker, PrivatePostgres
from operations.services import SERVICES
from operations.settings import remember
from services.notification.texts.loading import FOLDER
from tests.conftest import own_vhost
from tests.e2e.conftest import MORNING, migrated
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

ARRIVALS = 200


def morning(arrivals: int = ARRIVALS) -> tuple[Day, list[Line]]:
    day = Day(arrivals, date(2022, 10, 1), now=MORNING)
    return day, list(day)


def personal(lines: Iterable[Line]) -> set[str]:
    """Every name, identity number and phone in these reports, and of the sample's staff."""
    found: set[str | None] = set()
    for line in lines:
        told = [json.loads(line["broken"]["body"])] if _broken_but_readable(line) else [line]
        for event in told:
            data = event.get("data", {}) if isinstance(event, dict) else {}
            for person in [data.get("person") or {}, *(data.get("companions") or [])]:
                found |= {person.get(name) for name in ("name", "identity_number", "phone")}
    with sample(STAFF).open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            found |= {row["name"], row["phone"]}
    return {value for value in found if value and len(value) > 1}


def _broken_but_readable(line: Line) -> bool:
    try:
        return "broken" in line and isinstance(json.loads(line["broken"]["body"]), dict)
    except ValueError:
        return False


def recorded_types(system: System) -> dict[str, set[str]]:
    """The event types that stand in each service's log of events."""
    log = text("SELECT DISTINCT routing_key FROM outbox WHERE exchange = 'doorstep.events'")
    types = {}
    for service in ("registration", "isolation", "notification"):
        with system.database(service).read() as conn:
            types[service] = set(conn.execute(log).scalars())
    return types


@dataclass(frozen=True)
class Flowed:
    """A system through which a morning has flowed, and the audit after it."""

    system: System
    day: Day
    lines: list[Line]
    audit: dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def flowed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    broker: PrivateBroker,
) -> Iterator[Flowed]:
    """One on each kind of database for the tests that only look, or put right again what they break."""
    directory = tmp_path_factory.mktemp("flowed")
    urls = {service: f"sqlite:///{directory}/{service}.sqlite" for service in SERVICES}
    if request.param == "postgresql":
        postgres: PrivatePostgres = request.getfixturevalue("postgres")
        urls = {service: postgres.create_database(f"flowed_{service}") for service in SERVICES}
    for service, url in urls.items():
        migrated(service)(url)
    management = broker.management_url()
    with (
        own_vhost(broker) as vhost,
        System(directory / "system", broker.url(vhost), urls, management_url=management) as system,
    ):
        system.prepare(MORNING)
        system.start_all()
        system.import_samples()
        day, lines = morning()
        system.publish(lines)
        yield Flowed(system, day, lines, system.settled())


@contextmanager
def set_to(system: System, **settings: str) -> Iterator[None]:
    """For the commands in the block."""
    before, system.environment = system.environment, {**system.environment, **settings}
    yield
    system.environment = before


@pytest.fixture(scope="module")
def from_high_risk(flowed: Flowed) -> dict[str, Any]:
    """The trace of an arrival from a place of high risk."""
    found: dict[str, Any] = flowed.system.cli("trace", "--pick", "high")
    return found


def test_a_morning_ends_balanced(flowed: Flowed):
    truth, sums = flowed.day.truth, flowed.audit["sums"]
    assert sums["reports"] == {
        "received": truth.reports,
        "registered": truth.reports - truth.invalid - truth.merged_reports,
        "merged": truth.merged_reports,
        "needs_correction": truth.invalid,
        "corrected": 0,
    }
    assert sums["arrivals"]["registered"] == sums["arrivals"]["with_case"] == truth.comings
    assert sums["messages"]["planned"] == sums["messages"]["found"] > 0
    assert flowed.audit["dead_letters"] == {"registration.receive_report": truth.broken}


def test_each_service_records_only_its_own_types_of_events(flowed: Flowed):
    for service, types in recorded_types(flowed.system).items():
        assert types <= {kind.name for kind in EVENT_TYPES.values() if kind.said_by == service}


def test_no_log_line_names_anybody(flowed: Flowed):
    logged = flowed.system.log_text()
    secrets = personal(flowed.lines)
    leaks = {secret for secret in secrets if secret in logged or json.dumps(secret)[1:-1] in logged}
    assert not leaks, f"{len(leaks)} names, numbers or phones stand in the logs"


def test_a_trace_leads_from_the_report_to_risk_case_tasks_and_messages(from_high_risk: dict[str, Any]):
    arrival, isolation = from_high_risk["registration"], from_high_risk["isolation"]
    # In the order in which they were reported; which of two publishers' came first is the broker's.
    assert [report["outcome"] for report in arrival["reports"]].count("registered") == 1
    assert arrival["risk"]["level"] == "high" and arrival["risk"]["certainty"] == "exact"
    assert all(area["place"] and area["list"] for area in arrival["risk"]["areas"])
    case = isolation["case"]
    assert (case["policy"]["policy_id"], case["days"]) == ("cn-2022-06", 7)
    assert "ninth edition" in case["policy"]["edition"]
    assert case["test_days"] == [1, 2, 3, 5, 7]
    assert {day["date"] for day in isolation["days"]} == {"2022-10-01", "2022-10-02"}
    assert all(task["staff_id"] for day in isolation["days"] for task in day["tasks"])
    messages = from_high_risk["notification"]["messages"]
    assert {message["recipient"]["kind"] for message in messages} == {"resident", "staff"}
    assert all(message["state"] for message in messages)


def test_a_trace_masks_names_unless_asked_for(from_high_risk: dict[str, Any]):
    assert from_high_risk["registration"]["person"]["name"].endswith("*")


def test_the_id_of_a_report_leads_to_its_arrival(flowed: Flowed, from_high_risk: dict[str, Any]):
    by_report = flowed.system.cli("trace", from_high_risk["registration"]["reports"][0]["event_id"])
    assert from_high_risk["arrival_id"] in [one["arrival_id"] for one in _several(by_report)]


def test_personal_data_is_shown_only_to_a_named_person_and_each_view_is_recorded(
    flowed: Flowed, from_high_risk: dict[str, Any]
):
    system = flowed.system
    reveal = ("trace", from_high_risk["arrival_id"], "--reveal", "--why", "a test", "--json")
    before = len(viewers(system))
    with set_to(system, DOORSTEP_BY=""):  # as docker compose passes a $USER that is not set
        assert system.run(*reveal).code == 2, "nobody is shown to nobody"
    with set_to(system, DOORSTEP_BY="wang"):
        for by in ((), ("--by", "li")):
            answer = system.run(*reveal, *by)
            assert answer.code == 0 and "personal data" in answer.err
    assert viewers(system)[before:] == ["wang", "li"]


def test_revealed_messages_have_the_texts_signature_and_hotline_of_the_district(
    flowed: Flowed, from_high_risk: dict[str, Any]
):
    _has_texts_of_its_own(flowed.system)
    reveal = ("trace", from_high_risk["arrival_id"], "--reveal", "--why", "a test", "--by", "wang")
    messages = flowed.system.cli(*reveal)["notification"]["messages"]
    assert {message["text"] for message in messages} == {"【城关防疫】热线0931-12345"}


def viewers(system: System) -> list[str]:
    database = system.database("registration")
    with database.read() as conn:
        found = conn.execute(text("SELECT viewed_by FROM person_views ORDER BY id")).scalars().all()
    database.dispose()
    return list(found)


def _has_texts_of_its_own(system: System) -> None:
    """As `doorstep up` would have written it down."""
    folder = system.directory / "templates"
    folder.mkdir()
    for file in FOLDER.glob("*.yaml"):
        template = yaml.safe_load(file.read_text())
        template |= {"variables": ["hotline"], "text": {"zh-CN": "热线{{ hotline }}", "en": "{{ hotline }}"}}
        template.pop("on_phone", None)
        (folder / file.name).write_text(yaml.safe_dump(template, allow_unicode=True))
    settings = {"HOTLINE": "0931-12345", "SMS_SIGNATURE": "【城关防疫】", "TEMPLATES": str(folder)}
    (system.directory / "var").mkdir(exist_ok=True)
    remember(system.directory / "var", {f"DOORSTEP_{name}": value for name, value in settings.items()})


DELETED = {
    "arrival": ("registration", "arrivals", "id"),
    "report": ("registration", "reports", "id"),
    "case": ("isolation", "cases", "case_id"),
    "task": ("isolation", "tasks", "task_id"),
    "message": ("notification", "messages", "id"),
}


@pytest.mark.parametrize("what", DELETED)
def test_the_audit_names_a_row_removed_by_hand(flowed: Flowed, what: str):
    service, table, key = DELETED[what]
    row = _removed(flowed.system, service, table, key)
    try:
        code, found = flowed.system.audit()
    finally:
        _restored(flowed.system, service, table, row)
    assert code == 1 and found["balanced"] is False
    about = {"task": "case_id", "report": "event_id", "message": "case_id"}.get(what, key)
    named = [one for one in found["missing"] if one["what"] == what and str(row[about]) in one["id"]]
    assert named and named[0]["why"], found["missing"]


def test_the_audit_balances_again_with_all_rows_put_back(flowed: Flowed):
    assert flowed.system.audit()[0] == 0


def _removed(system: System, service: str, table: str, key: str) -> dict[str, Any]:
    database = system.database(service)
    with database.begin() as conn:
        found = conn.execute(text(f"SELECT * FROM {table} ORDER BY {key} LIMIT 1")).mappings().one()
        conn.execute(text(f"DELETE FROM {table} WHERE {key} = :id"), {"id": found[key]})
    database.dispose()
    return dict(found)


def _restored(system: System, service: str, table: str, row: dict[str, Any]) -> None:
    database = system.database(service)
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with database.begin() as conn:
        conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
    database.dispose()


def test_ten_times_and_in_any_order_is_as_once_and_in_order(new_system):
    lines = [line for line in morning(100)[1] if "broken" not in line]
    once = new_system("once")
    once.publish(lines)
    shuffled = [line for line in lines for _ in range(10)]
    random.Random(1).shuffle(shuffled)
    often = new_system("often")
    often.publish(shuffled)

    once.settled()
    often.settled()
    first, second = outcome(once), outcome(often)
    assert first.keys() == second.keys()
    for reports, expected in first.items():
        found = second[reports]
        assert found["case"] == expected["case"], reports
        assert found["tasks"] == expected["tasks"], reports
        if expected["version"] == found["version"] == 1:  # nothing was told and then corrected
            assert found["messages"] == expected["messages"], reports


def outcome(system: System) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The outcome of each arrival, named by its reports, without the choice among equal workers."""
    registration, isolation, notification = (
        system.database(service) for service in ("registration", "isolation", "notification")
    )
    told_by: dict[str, set[tuple[str, int]]] = {}
    with registration.read() as conn:
        for event, position, arrival in conn.execute(
            text(
                "SELECT event_id, 0, arrival_id FROM reports WHERE arrival_id IS NOT NULL UNION ALL "
                "SELECT event_id, position, companion_arrivals.arrival_id FROM companion_arrivals "
                "JOIN reports ON reports.id = report_id"
            )
        ):
            told_by.setdefault(str(arrival), set()).add((event, position))
        versions = {str(id): v for id, v in conn.execute(text("SELECT id, version FROM arrivals"))}
    with isolation.read() as conn:
        cases = {
            str(row.case_id): tuple(str(value) for value in row[1:])
            for row in conn.execute(
                text("SELECT case_id, measure, days, counted_from, release_on, risk_level, state FROM cases")
            )
        }
        tasks = _by_case(
            conn.execute(text("SELECT case_id, kind, day, role FROM tasks WHERE state <> 'cancelled'"))
        )
    with notification.read() as conn:
        messages = _by_case(conn.execute(text("SELECT case_id, template, recipient_kind FROM messages")))
    for database in (registration, isolation, notification):
        database.dispose()
    return {
        tuple(sorted(told_by[id])): {
            "case": cases[id],
            "tasks": tasks.get(id, []),
            "messages": messages.get(id, []),
            "version": version,
        }
        for id, version in versions.items()
    }


def _by_case(rows: Iterable[Any]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for case_id, *rest in rows:
        found.setdefault(str(case_id), []).append(tuple(rest))
    return {case_id: sorted(several) for case_id, several in found.items()}


def _several(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
