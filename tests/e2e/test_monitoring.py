"""A real Prometheus watches a real system through a sample day and six misfortunes, with the shipped rules.

One story in several tests: a day flows; every panel and every figure has data; then things go wrong one
after another, each alert goes out, and ends when the cause is mended. Durations in the rules are divided by
`FASTER`; that they are right undivided, promtool checks (tests/integration/deploy/test_alert_rules.py).
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import chain, count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import MetaData, Table

from chassis.clock import Clock
from chassis.database.engine import Database
from demo.day import PLAIN, Day
from deploy.grafana.make_dashboards import WHERE as DASHBOARDS
from deploy.local import PrivateBroker, freeport
from deploy.local.parts import readyz
from deploy.local.postgres import PrivatePostgres
from deploy.local.prometheus import PrivatePrometheus, as_targets
from doorstep_client import arrival_event
from operations.services import SERVICES
from services.console.accounts.queries import account_named
from services.console.phone_acts.settle import settle_act
from tests.bad_rows import bad_row
from tests.certificates import shown_with_tls
from tests.doors import console_process, door_process
from tests.e2e.conftest import MORNING, migrated
from tests.integration.console.trial import Trial as Console
from tests.integration.console.trial import prepare
from tests.integration.isolation.trial import StandingClock
from tests.system import KEYS, ROOT, SMS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, pytest.mark.postgresql, pytest.mark.slow]

SHIPPED = ROOT / "deploy/prometheus"
RULES = sorted((SHIPPED / "rules").glob("*.yml"))
FASTER = 60
SCRAPE_S = 0.4
ISOLATION = "watched_isolation"
DOOR, CONSOLE = "isolation_door", "console"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# The range that a panel leaves to Grafana. Long, so that a slow machine is still within it when asked.
RANGES = {"$__rate_interval": "10m", "$__range": "1h"}


# -- the shipped configuration, here -------------------------------------------------------------------------


def faster(rules: str) -> str:
    """The same rules with every duration divided."""

    def shortened(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) * SECONDS[found[3]] * 1000 // FASTER}ms{found[4]}"

    rules = re.sub(r"(\[)(\d+)([smhd])(\])", shortened, rules)
    return re.sub(r"^( +for: )(\d+)([smhd])()$", shortened, rules, flags=re.MULTILINE)


def here(config: dict[str, Any], broker: str) -> dict[str, Any]:
    """The shipped configuration with the addresses of this machine, looking more often."""
    config["global"] = {"scrape_interval": f"{SCRAPE_S * 1000:.0f}ms", "evaluation_interval": "400ms"}
    config["global"]["scrape_timeout"] = config["global"]["scrape_interval"]
    for job in config["scrape_configs"]:
        [found] = job.pop("dns_sd_configs")
        if sorted(found["names"]) == sorted(SERVICES):
            job["file_sd_configs"] = [{"files": ["services.json"]}]
        elif DOOR in found["names"]:
            job["file_sd_configs"] = [{"files": ["doors.json"]}]
        else:
            assert "rabbitmq" in found["names"]
            job["static_configs"] = [{"targets": [broker]}]
    return config


@dataclass
class Watched:
    """A running system, and the Prometheus that looks at it."""

    system: System
    broker: PrivateBroker
    prometheus: PrivatePrometheus
    door_port: int
    console_port: int

    def look_at(self) -> None:
        """Tell Prometheus the addresses of what runs, as the engine's name service does."""
        replicas = [one for one in self.system.replicas.values() if one.service != SMS]
        addresses = {
            name: [f"127.0.0.1:{r.port}" for r in replicas if r.service == name] for name in SERVICES
        }
        asked = {DOOR: [f"127.0.0.1:{self.door_port}"], CONSOLE: [f"127.0.0.1:{self.console_port}"]}
        for name, found in (("services", addresses), ("doors", asked)):
            file = self.prometheus.directory / f"{name}.json"
            file.with_suffix(".new").write_text(as_targets(found))
            file.with_suffix(".new").replace(file)

    def firing(self, name: str, **about: str) -> bool:
        wanted = {"alertname": name, **about}.items()
        return any(
            alert["state"] == "firing" and wanted <= alert["labels"].items()
            for alert in self.prometheus.alerts()
        )

    def goes_out(self, name: str, **about: str) -> None:
        eventually(lambda: self.firing(name, **about), every=0.2, show=lambda: self.state(name))

    def ends(self, name: str) -> None:
        eventually(lambda: not self.firing(name), every=0.2, show=lambda: self.state(name))

    def state(self, name: str) -> str:
        """For whoever reads that a test failed."""
        figures = {record: self.prometheus.ask(record)[:12] for record in recorded()}
        return f"{name}: {self.prometheus.alerts()}\n{figures}"

    def publish(self, count: int, seed: int, *, packed: int = 50) -> None:
        day = Day(count, date(2022, 10, 1), seed=seed, now=MORNING, shares=PLAIN)
        self.system.publish(day, packed=packed)


def recorded() -> list[str]:
    rules = chain.from_iterable(
        group["rules"] for file in RULES for group in yaml.safe_load(file.read_text())["groups"]
    )
    return [rule["record"] for rule in rules if "record" in rule]


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, nodes_directory: Path, postgres: PrivatePostgres
) -> Iterator[Watched]:
    """On a broker of its own, for it has the Prometheus plugin and an alarm. SQLite is enough here, but for
    isolation, whose database is to be away."""
    directory = tmp_path_factory.mktemp("monitoring")
    port = freeport()
    broker = PrivateBroker(
        nodes_directory / "watched",
        plugins=("rabbitmq_prometheus",),
        config={
            "prometheus.tcp.ip": "127.0.0.1",
            "prometheus.tcp.port": str(port),
            "collect_statistics_interval": "500",
        },
    )
    urls = {}
    for service in SERVICES:
        urls[service] = f"sqlite:///{directory}/{service}.db"
        if service == "isolation":
            postgres.create_database(ISOLATION)
            urls[service] = postgres.url(ISOLATION)
        migrated(service)(urls[service])
    config = here(yaml.safe_load((SHIPPED / "prometheus.yml").read_text()), f"127.0.0.1:{port}")
    prometheus = PrivatePrometheus(
        directory / "prometheus", config, {file.name: faster(file.read_text()) for file in RULES}
    )
    with broker, System(directory / "system", broker.url(), urls) as system:
        watched = Watched(system, broker, prometheus, freeport(), freeport())
        system.prepare(MORNING)
        system.start_all()
        with (
            prometheus,
            a_door_that_is_asked(watched.door_port, urls["isolation"], directory),
            a_console_where_an_act_waits(watched.console_port, directory),
        ):
            watched.look_at()
            system.import_samples()
            yield watched


@contextmanager
def a_door_that_is_asked(port: int, url: str, directory: Path) -> Iterator[None]:
    """Isolation's, of whom somebody without a token asks something again and again."""
    door = door_process("isolation", url, port, directory / "door.log", **KEYS)
    with asked_again_and_again(door, port, "/lists/open_cases"):
        yield


@contextmanager
def asked_again_and_again(process: subprocess.Popen[bytes], port: int, path: str) -> Iterator[None]:
    """The process ends with the block."""
    left = threading.Event()

    def ask() -> None:
        while not left.wait(0.1):
            with suppress(OSError, HTTPException):
                connection = HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                connection.getresponse().read()
                connection.close()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        yield
    finally:
        left.set()
        asking.join(10)
        process.terminate()
        process.wait(30)


@contextmanager
def a_console_where_an_act_waits(port: int, directory: Path) -> Iterator[None]:
    """Of a phone, since yesterday."""
    url = f"sqlite:///{directory}/console.db"
    prepare(url)
    console = Console(url, StandingClock(datetime.now(UTC) - timedelta(hours=13)))
    console.owner("zhou.ming", "officer", "o-0004")
    with console.work.unit() as uow:
        account = account_named(uow.conn, "zhou.ming")
        assert account
        settle_act(uow, "sealed", account, "unreadable", known=False)
    console.database.dispose()
    with shown_with_tls(directory) as edge:
        watched = {"DOORSTEP_CONSOLE_CERTIFICATES": edge}
        process = console_process(url, port, directory / "console.log", **watched)
        with asked_again_and_again(process, port, "/log-in"):
            yield


# -- the story -----------------------------------------------------------------------------------------------


def test_the_durations_of_the_rules_are_all_divided() -> None:
    for file in RULES:
        before, after = file.read_text(), faster(file.read_text())
        durations = re.findall(r"for: \d+[smhd]|\[\d+[smhd]\]", before)
        assert durations and len(re.findall(r"for: \d+ms|\[\d+ms\]", after)) == len(durations)
        assert not re.search(r"for: \d+[smhd]$|\[\d+[smhd]\]", after, re.MULTILINE)


def test_a_day_flows_and_prometheus_counts_what_the_audit_counts(watched: Watched) -> None:
    system, ask = watched.system, watched.prometheus.ask
    day = Day(200, date(2022, 10, 1), now=MORNING)
    system.publish(day)
    lost = {"person": {"name": "安小满"}, "destination": {"address": "没有人知道的地方"}}
    data = next(iter(Day(1, date(2022, 10, 1), seed=5, now=MORNING, shares=PLAIN)))["data"] | lost
    system.publish([arrival_event("/rail-lanzhou/lost", data, id="lost", time=MORNING)])
    sums = system.settled()["sums"]

    def shown(expression: str) -> float:
        return sum(value for _, value in ask(expression))

    expected = {
        'doorstep_messages_total{handler="registration.receive_report", outcome="dead"}': day.truth.broken,
        "doorstep:dead_letters_waiting": day.truth.broken,
        "doorstep_arrivals_total": sums["arrivals"]["registered"],
        "doorstep_reports_needing_correction": sums["reports"]["needs_correction"],
        "doorstep_open_cases": sums["cases"]["all"] - sums["cases"]["closed"],
        "doorstep_messages_waiting": 0,  # also before the first was planned
        "doorstep_messages_settled_total": sums["messages"]["found"],
    }

    def differing() -> list[object]:
        return [(text, number, ask(text)) for text, number in expected.items() if shown(text) != number]

    eventually(lambda: not differing(), every=0.2, show=differing)
    # A busy machine answers now and then later than the short time between two looks.
    eventually(lambda: {target["health"] for target in watched.prometheus.targets()} == {"up"}, every=0.2)
    assert {labels["job"] for labels, _ in ask("up")} == {
        *SERVICES,
        DOOR,
        CONSOLE,
        "rabbitmq",
        "rabbitmq_queues",
    }
    watched.goes_out("PhoneActsWait", because="unreadable")


def test_dead_letters_are_told(watched: Watched) -> None:
    watched.goes_out("DeadLettersPresent", handler="registration.receive_report")


@pytest.mark.parametrize("record", recorded())
def test_every_figure_that_an_alert_compares_has_data(watched: Watched, record: str) -> None:
    eventually(lambda: watched.prometheus.ask(record), every=0.2)


def panels() -> Iterable[tuple[str, str]]:
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}: {target['legendFormat']}", target["expr"]


@pytest.mark.parametrize(("name", "expression"), [pytest.param(*one, id=one[0]) for one in panels()])
def test_every_panel_has_data(watched: Watched, name: str, expression: str) -> None:
    for ours, given in RANGES.items():
        expression = expression.replace(ours, given)
    assert "$" not in expression, "a variable of Grafana that this test does not know"

    def shown() -> bool:  # NaN is no number
        return any(value == value for _, value in watched.prometheus.ask(expression))

    eventually(shown, every=0.2, show=lambda: f"{name}: {expression}")


@contextmanager
def no_connections(postgres: PrivatePostgres, database: str) -> Iterator[None]:
    """The server takes none to this database while it lasts, and has ended those that there were."""

    def allow(allowed: bool) -> None:
        url = postgres.url("postgres").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {allowed}")
            if not allowed:
                ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(ending, [database])

    allow(False)
    try:
        yield
    finally:
        allow(True)


def test_a_queue_whose_database_is_away_is_told_until_it_is_back(
    watched: Watched, postgres: PrivatePostgres
) -> None:
    with no_connections(postgres, ISOLATION):
        watched.publish(40, seed=2)
        watched.goes_out("QueueNotDraining", queue="isolation.open_case")
    watched.ends("QueueNotDraining")
    watched.system.settled()


def test_a_process_that_hangs_loses_its_connection_and_is_told_until_it_goes_on(watched: Watched) -> None:
    """It sends no heartbeat, so the broker gives its queues to nobody, and what comes waits."""
    isolation = watched.system.replicas["isolation", 0].process
    isolation.send_signal(signal.SIGSTOP)
    try:
        watched.goes_out("NoConsumer", queue="isolation.open_case")
        watched.goes_out("ServiceDown", job="isolation")
    finally:
        isolation.send_signal(signal.SIGCONT)
    watched.ends("NoConsumer")
    watched.ends("ServiceDown")


def test_a_row_that_is_set_aside_is_told_until_it_is_mended(
    watched: Watched, postgres: PrivatePostgres
) -> None:
    """The service stays ready, says that it is degraded, and does the others."""
    system, database = watched.system, Database(postgres.url(ISOLATION))
    with database.begin() as conn:
        key = conn.exec_driver_sql("SELECT case_id::text FROM cases ORDER BY case_id LIMIT 1").scalar_one()
        conn.exec_driver_sql("UPDATE cases SET district = NULL")
    chore = "isolation.name_districts"
    with bad_row(database, Table("cases", MetaData()), "case_id", key):
        with database.begin() as conn:
            conn.exec_driver_sql("DELETE FROM district_walks")
        # First that which does not last: the row is tried again only after a while.
        watched.goes_out("ChoreFails", chore=chore)
        watched.goes_out("RowsStuck", chore=chore)
        [stuck] = system.cli("stuck", "list")
        assert (stuck["chore"], stuck["row"]) == (chore, key)
        said = readyz(system.replicas["isolation", 0].port)
        assert said.ready and chore in said.degraded
    assert system.cli("stuck", "retry", "--all", "--wait", "60") == {
        "retried": 1,
        "done": 1,
        "failed_again": 0,
        "waiting": 0,
    }
    watched.ends("RowsStuck")
    watched.ends("ChoreFails")
    eventually(lambda: readyz(system.replicas["isolation", 0].port) == (True, "", ""))
    database.dispose()


@contextmanager
def memory_alarm(broker: PrivateBroker) -> Iterator[None]:
    """The broker takes no message while it lasts."""
    broker.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
    try:
        yield
    finally:
        broker.rabbitmqctl("set_vm_memory_high_watermark", "0.6")


def test_while_the_broker_takes_nothing_the_rest_goes_wrong_too_and_all_is_told(watched: Watched) -> None:
    system = watched.system
    with memory_alarm(watched.broker):
        # Hours pass in the field: tasks become overdue, which isolation cannot tell.
        Clock(system.clock_file).set(MORNING + timedelta(hours=7))
        watched.goes_out("BrokerAlarm", alarm="memory")
        watched.goes_out("ArrivalWithoutOwner", service="registration")
        watched.goes_out("ArrivalWithoutOwner", service="isolation")

        system.stop("notification")
        watched.look_at()
        watched.goes_out("NoConsumer", queue="notification.tell_case_opened")
        watched.goes_out("ServiceDown", job="notification")
        system.start("notification")
        watched.look_at()
        watched.ends("NoConsumer")
        watched.ends("ServiceDown")

        for letter in system.cli("dead", "list"):
            system.cli("dead", "discard", letter["id"], "--reason", "made up for a test")
        watched.ends("DeadLettersPresent")

        watched.goes_out("OutboxStuck", service="isolation")
    watched.ends("BrokerAlarm")
    watched.ends("OutboxStuck")


@contextmanager
def no_case_opens(database: Database) -> Iterator[None]:
    """The work on each arrival fails, and nothing else."""
    with database.begin() as conn:
        conn.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a bug'; END $$"
        )
        conn.exec_driver_sql("CREATE TRIGGER refuse BEFORE INSERT ON cases EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        with database.begin() as conn:
            conn.exec_driver_sql("DROP TRIGGER refuse ON cases")


def test_work_that_fails_again_and_again_is_told_before_anything_is_a_dead_letter(
    watched: Watched, postgres: PrivatePostgres
) -> None:
    seeds = count(100)
    database = Database(postgres.url(ISOLATION))

    def told() -> bool:
        watched.publish(1, seed=next(seeds))
        return watched.firing("RetriesGoOn", handler="isolation.open_case")

    with no_case_opens(database):
        eventually(told, every=0.5, show=lambda: watched.state("RetriesGoOn"))
    assert not watched.firing("DeadLettersPresent", handler="isolation.open_case")
    watched.ends("RetriesGoOn")
    database.dispose()


def test_the_page_of_metrics_names_what_the_services_show_and_nothing_else(watched: Watched) -> None:
    jobs = "|".join((*SERVICES, DOOR, CONSOLE))
    found = watched.prometheus.ask(f'group by (__name__) ({{job=~"{jobs}", __name__=~"doorstep_.+"}})')
    shown = {re.sub("_(bucket|sum|count|created)$", "", labels["__name__"]) for labels, _ in found}
    page = set(re.findall(r"^\| `(doorstep_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE))
    assert {name.removesuffix("_total") for name in shown} == {name.removesuffix("_total") for name in page}
