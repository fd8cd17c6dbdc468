"""One deployment through its first days: it comes up, works, grows, survives, and is closed to others.

The tests build on each other, in this order.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
import pyotp
import pytest
import requests

from demo.day import PLAIN, Day
from doorstep_client import BrokerError, Publisher, Raw, Replies, arrival_event
from tests.compose.deployment import (
    DOORS,
    MORNING,
    MOST_BYTES_BEYOND_BASE,
    PUBLISHERS,
    SERVICES,
    TLS,
    Deployment,
    assert_all_taken,
    image_of,
    service_of,
)
from tests.compose.load import Load
from tests.waiting import eventually

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

Act = Callable[[Any], object]
EDGE = ("console", "edge")
PASSWORD = "four words in a row"


# -- it comes up ---------------------------------------------------------------------------------------------


def test_the_compose_file_is_clean(stack: Deployment) -> None:
    answer = stack.compose("config", "-q")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_up_on_an_empty_machine_ends_with_a_working_system(stack: Deployment) -> None:
    jobs = {
        service_of(one): one["State"]["ExitCode"] for one in stack.containers() if not one["State"]["Running"]
    }
    assert jobs == {"migrate": 0, "topology": 0, "certificate": 0}
    running = {service_of(one) for one in stack.running()}
    assert running == {*SERVICES, *DOORS, *EDGE, "postgres", "rabbitmq", "sms"}
    assert stack.doorstep("topology", "check") == {"ok": True, "differences": []}
    assert stack.doorstep("audit")["balanced"]


def test_images_are_small_and_hold_no_build_tools(stack: Deployment) -> None:
    for image in {one["Config"]["Image"] for one in stack.containers()}:
        assert stack.bytes_beyond_base(image) < MOST_BYTES_BEYOND_BASE, image
    tools = stack.execute("registration", "sh", "-c", "command -v gcc cc make git curl; true")
    assert tools.strip() == ""


def test_containers_are_neither_root_nor_able_to_change_themselves(stack: Deployment) -> None:
    for one in stack.containers():
        assert one["HostConfig"]["ReadonlyRootfs"], one["Name"]
        assert one["HostConfig"]["CapDrop"] == ["ALL"], one["Name"]
        assert one["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"], one["Name"]
        assert one["HostConfig"]["Memory"] > 0, one["Name"]
    for one in stack.running():
        assert stack.docker("exec", one["Id"], "id", "-u").strip() != "0", one["Name"]
        answer = stack.docker("exec", one["Id"], "sh", "-c", "touch /usr/bin/x 2>&1 || true")
        assert "Read-only file system" in answer, one["Name"]


def test_only_what_must_be_reached_can_be_and_only_from_this_machine(stack: Deployment) -> None:
    published = {
        (service_of(one), port): [binding["HostIp"] for binding in bindings]
        for one in stack.running()
        for port, bindings in one["NetworkSettings"]["Ports"].items()
        if bindings
    }
    reached = (
        *(("rabbitmq", "5672/tcp"), ("rabbitmq", "15672/tcp")),
        *(("edge", "8080/tcp"), ("edge", "8443/tcp")),
    )
    assert published == {one: ["127.0.0.1"] for one in reached}


def test_no_secret_stands_in_an_environment_or_a_command(stack: Deployment) -> None:
    secrets = [file.read_text().strip() for file in stack.secrets.iterdir() if file.suffix != ".json"]
    secrets += [stack.password(user) for user in (*SERVICES, "operator")]
    told = str([(one["Config"], one["Args"]) for one in stack.containers()])
    assert [secret for secret in secrets if secret and secret in told] == []


# -- it does its work ----------------------------------------------------------------------------------------


def test_the_demo_comes_out_as_it_must(stack: Deployment) -> None:
    shown = stack.doorstep("demo")
    assert shown["adds_up"] and all(line["right"] for line in shown["lines"])
    assert shown["trace"]["isolation"]["case"]["test_days"] == [1, 2, 3, 5, 7]
    refused = stack.run("demo")
    assert refused.code == 1 and "the demo needs an empty one" in refused.err


def test_a_sample_day_published_from_outside_comes_out_as_it_must(stack: Deployment) -> None:
    stack.import_samples()
    before, dead_before = stack.settled()["sums"], len(stack.doorstep("dead", "list"))
    day = Day(1000, date(2022, 10, 1), seed=8, now=MORNING)
    stack.publish(day)
    after = stack.settled()["sums"]

    truth = day.truth
    assert after["reports"]["received"] == before["reports"]["received"] + truth.reports
    assert after["arrivals"]["registered"] == before["arrivals"]["registered"] + truth.comings
    assert after["cases"]["all"] == after["arrivals"]["registered"]
    assert set(stack.sms_sent()["per_key"].values()) == {1}
    assert len(stack.doorstep("dead", "list")) > dead_before, "the day's broken messages"


def test_a_publisher_reads_what_became_of_its_reports(stack: Deployment) -> None:
    heard: list[Any] = []
    with Replies(stack.url("rail-lanzhou"), "rail-lanzhou") as replies:
        replies.read(heard.append, idle=3)
    assert {reply.publisher for reply in heard} == {"rail-lanzhou"}
    assert {reply.accepted for reply in heard} == {True, False}


def test_the_sample_file_of_arrivals_is_taken(stack: Deployment) -> None:
    replies = stack.doorstep("publish", "/files/arrivals.csv", "--replies")["replies"]
    assert (replies["registered"], replies["rejected"], replies["missing"]) == (3, 0, 0)


def test_another_system_reports_by_http_and_is_answered_at_once(stack: Deployment) -> None:
    key = stack.doorstep("publisher", "key", "rail-lanzhou")["key"]
    line = next(iter(Day(1, date(2022, 10, 1), seed=9, now=MORNING, shares=PLAIN)))
    reports = [{"id": f"by-http-{n}", "data": data} for n, data in enumerate((line["data"], {}))]

    def post(key: str) -> requests.Response:
        url = f"http://127.0.0.1:{stack.console_port}/api/v1/arrivals"
        return requests.post(url, json=reports, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    assert [one["outcome"] for one in post(key).json()["outcomes"]] == ["accepted", "rejected"]
    assert [one["outcome"] for one in post(key).json()["outcomes"]] == ["repeated", "repeated"]
    assert post("guessed").status_code == 401
    assert stack.settled()["balanced"]


def test_an_administrator_comes_in_from_outside_under_tls_alone(stack: Deployment, tmp_path: Path) -> None:
    pages = f"https://localhost:{stack.https_port}"
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = str(tmp_path / "tls.crt")
    (tmp_path / "tls.crt").write_text(stack.execute("edge", "cat", "/etc/nginx/tls/tls.crt"))

    def send(page: str, **typed: str) -> requests.Response:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get(page, timeout=30).text)
        assert found
        return browser.post(page, data={"form_token": found[1], **typed}, timeout=30)

    link = stack.doorstep("console", "administrator", "admin", "--by", "test")["link"]
    assert link.startswith(f"{pages}/take-up/")
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", browser.get(link, timeout=30).text)
    assert secret
    authenticator = pyotp.TOTP(secret[1].replace(" ", ""))
    assert send(link, password=PASSWORD, again=PASSWORD, code=authenticator.now()).status_code == 200
    assert browser.get(link, timeout=30).status_code == 404
    # The code of now was used up; that of the next half minute is taken already.
    code = authenticator.at(datetime.now(), counter_offset=1)
    account = send(f"{pages}/log-in", name="admin", password=PASSWORD, code=code)
    assert (account.status_code, account.url) == (200, f"{pages}/account")
    assert account.headers["Strict-Transport-Security"] and "nginx/" not in account.headers["Server"]
    assert {cookie.name for cookie in browser.cookies if not cookie.secure} == set()

    assert browser.get(f"{pages}/metrics", timeout=30).status_code == 404
    plain = requests.get(f"http://127.0.0.1:{stack.console_port}/log-in", timeout=30)
    assert plain.status_code == 426 and "https" in plain.text
    assert link.rpartition("/")[2] not in stack.compose("logs", "--no-color", "edge", "console").out


# -- it is closed to others ----------------------------------------------------------------------------------


def refusal(url: str, act: Act) -> str:
    """The broker's refusal; fails where the broker refuses nothing."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
            act(channel)
        assert caught.value.reply_code == 403
        return str(caught.value.reply_text)
    finally:
        if connection.is_open:
            connection.close()


def say(exchange: str, key: str) -> Act:
    return lambda channel: channel.basic_publish(exchange, key, b"{}")


PUBLISHER_MAY_NOT: dict[str, Act] = {
    "read a work queue": lambda c: c.basic_get("registration.receive_report"),
    "consume a work queue": lambda c: c.basic_consume("isolation.open_case", lambda *_: None),
    "read another's replies": lambda c: c.basic_get("doorstep.replies.air-lanzhou"),
    "read what was not routed": lambda c: c.basic_get("doorstep.unrouted"),
    "declare a queue": lambda c: c.queue_declare("mine"),
    "declare an exchange": lambda c: c.exchange_declare("mine"),
    "delete its reply queue": lambda c: c.queue_delete("doorstep.replies.rail-lanzhou"),
    "delete the exchange": lambda c: c.exchange_delete("doorstep.arrivals"),
    "listen to arrivals": lambda c: c.queue_bind("doorstep.replies.rail-lanzhou", "doorstep.arrivals", "#"),
    "publish events of the services": say("doorstep.events", "arrival.registered"),
    "publish straight into a queue": say("", "isolation.open_case"),
    "publish to a retry queue": say("doorstep.retry.5s", "isolation.open_case"),
    "answer itself": say("doorstep.replies", "rail-lanzhou"),
    "publish as another": say("doorstep.arrivals", "arrival.reported.air-lanzhou"),
    "publish another type": say("doorstep.arrivals", "risk_list.published"),
    "publish below its name": say("doorstep.arrivals", "arrival.reported.rail-lanzhou.x"),
}


@pytest.mark.parametrize("what", PUBLISHER_MAY_NOT)
def test_a_publisher_may_not(stack: Deployment, what: str) -> None:
    assert "ACCESS_REFUSED" in refusal(stack.url("rail-lanzhou"), PUBLISHER_MAY_NOT[what])


def test_a_report_in_another_publishers_name_is_refused_by_its_content_too(stack: Deployment) -> None:
    event = arrival_event("/air-lanzhou/landings", {"source_kind": "transport", "person": {"name": "王芳"}})
    parameters = pika.URLParameters(stack.url("rail-lanzhou"))
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.confirm_delivery()
    body = json.dumps(event, ensure_ascii=False, default=str).encode()
    properties = pika.BasicProperties(content_type="application/cloudevents+json", delivery_mode=2)
    channel.basic_publish("doorstep.arrivals", "arrival.reported.rail-lanzhou", body, properties)
    connection.close()
    heard: list[Any] = []
    with Replies(stack.url("rail-lanzhou"), "rail-lanzhou") as replies:
        replies.read(heard.append, until=lambda: bool(heard), idle=30)
    assert [reply.accepted for reply in heard] == [False]
    assert "source" in {reason.field for reason in heard[0].reasons}


SERVICES_MAY_NOT: dict[str, tuple[str, Act]] = {
    "isolation reads reports": ("isolation", lambda c: c.basic_get("registration.receive_report")),
    "isolation declares": ("isolation", lambda c: c.queue_declare("mine")),
    "isolation deletes its queue": ("isolation", lambda c: c.queue_delete("isolation.open_case")),
    "isolation says who arrived": ("isolation", say("doorstep.events", "arrival.registered")),
    "isolation reads replies": ("isolation", lambda c: c.basic_get("doorstep.replies.selfreg")),
    "registration opens cases": ("registration", say("doorstep.events", "case.opened")),
    "registration deletes the exchange": ("registration", lambda c: c.exchange_delete("doorstep.events")),
    "registration reads replies": ("registration", lambda c: c.basic_get("doorstep.replies.selfreg")),
    "notification reports arrivals": ("notification", say("doorstep.arrivals", "arrival.reported.selfreg")),
    "notification listens to arrivals": (
        "notification",
        lambda c: c.queue_bind("notification.tell_case_opened", "doorstep.events", "arrival.registered"),
    ),
}


@pytest.mark.parametrize("what", SERVICES_MAY_NOT)
def test_a_service_may_not(stack: Deployment, what: str) -> None:
    user, act = SERVICES_MAY_NOT[what]
    assert "ACCESS_REFUSED" in refusal(stack.url(user), act)


@pytest.mark.parametrize("url", ["guest", "removed"])
def test_an_unknown_user_gets_no_connection(stack: Deployment, url: str) -> None:
    stack.passwords["guest"] = "guest"
    if url == "removed":
        stack.add_publisher("removed")
        stack.doorstep("publisher", "remove", "removed")
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        pika.BlockingConnection(pika.URLParameters(stack.url(url)))


def test_every_user_has_its_limits(stack: Deployment) -> None:
    limits = {one["user"]: one["value"] for one in stack.management("user-limits")}
    for user in (*SERVICES, "operator", "monitor"):
        assert limits[user] == {"max-connections": 300, "max-channels": 1000}, user
    for name in PUBLISHERS:
        assert limits[name] == {"max-connections": 20, "max-channels": 100}, name


def test_a_publisher_that_connects_again_and_again_is_stopped_by_its_limit(stack: Deployment) -> None:
    parameters = pika.URLParameters(stack.url("selfreg"))
    connections = []
    try:
        with pytest.raises(pika.exceptions.AMQPConnectionError, match="connection limit"):
            for _ in range(40):  # nodes count them with a little delay
                connections.append(pika.BlockingConnection(parameters))
        assert len(connections) >= 20
    finally:
        for connection in connections:
            connection.close()


def test_each_service_reaches_only_its_own_database(stack: Deployment) -> None:
    own = (stack.secrets / "isolation_database_password").read_text().strip()
    command = "psql -h 127.0.0.1 -U isolation -d {} -tAc 'select count(*) from pg_tables'"
    run = ["sh", "-c"]
    ours = stack.execute("postgres", *run, f"PGPASSWORD='{own}' {command.format('isolation')}")
    assert int(ours) > 0
    other = stack.execute(
        "postgres", *run, f"PGPASSWORD='{own}' {command.format('registration')} 2>&1 || true"
    )
    assert "permission denied for database" in other


def test_a_service_can_neither_change_a_table_nor_a_trail(stack: Deployment) -> None:
    own = (stack.secrets / "isolation_database_password").read_text().strip()
    for statement in (
        "DROP TRIGGER views__removal_is_refused ON views",
        "ALTER TABLE views DISABLE TRIGGER ALL",
        "ALTER TABLE cases ADD COLUMN more int",
        "DELETE FROM views",
        "UPDATE removed_rows SET removed_by = NULL",
    ):
        asked = (
            f"PGPASSWORD='{own}' psql -h 127.0.0.1 -U isolation -d isolation -tAc '{statement}' 2>&1 || true"
        )
        answer = stack.execute("postgres", "sh", "-c", asked)
        assert "permission denied" in answer or "must be owner" in answer, (statement, answer)


def test_the_script_that_makes_roles_and_databases_may_be_run_again(stack: Deployment) -> None:
    def found() -> str:
        question = (
            "select rolname, rolpassword, rolconnlimit from pg_authid where rolcanlogin union all "
            "select datname, datacl::text, datdba::int from pg_database order by 1, 2"
        )
        return stack.execute("postgres", "psql", "-U", "postgres", "-tAc", question)

    before = found()
    stack.execute("postgres", "bash", "/docker-entrypoint-initdb.d/10-services.sh")
    assert found() == before


def test_a_database_server_that_cannot_read_what_makes_its_roles_does_not_start(
    stack: Deployment, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    start = "docker-entrypoint.sh postgres 2>&1; echo exit $?; ls -A $PGDATA"
    answer = stack.docker(
        *("run", "--rm", "--user", "postgres", "--env", "POSTGRES_PASSWORD=x", "--entrypoint", "sh"),
        *("--volume", f"{tmp_path}:/docker-entrypoint-initdb.d:ro", image_of("postgres"), "-c", start),
    )
    assert answer == "/docker-entrypoint-initdb.d/ is not for postgres to read\nexit 1\n"


def test_malformed_messages_become_dead_letters_with_a_reason_and_nothing_personal(
    stack: Deployment,
) -> None:
    before = {letter["id"] for letter in stack.doorstep("dead", "list")}
    body = '{"name": "王芳", "phone": "13800138000", "no": %d'
    kind = "application/cloudevents+json"
    with Publisher(stack.url("rail-lanzhou"), "rail-lanzhou") as publisher:
        # Fewer than are kept a day of one publisher, with those of the sample day.
        outcomes = publisher.publish_many(Raw((body % n).encode(), kind, "rail-lanzhou") for n in range(50))
    assert_all_taken(outcomes)
    stack.settled()
    letters = [letter for letter in stack.doorstep("dead", "list") if letter["id"] not in before]
    assert len(letters) == 50
    assert {letter["handler"] for letter in letters} == {"registration.receive_report"}
    assert all(letter["error"] for letter in letters)
    told = json.dumps(letters, ensure_ascii=False) + stack.compose("logs", "--no-color").out
    assert "王芳" not in told and "13800138000" not in told, "neither in the list nor in any container's log"
    assert stack.doorstep("dead", "replay", "--all", "--error", "not JSON", "--dry-run")["letters"] >= 50


# -- it grows and survives -----------------------------------------------------------------------------------


def test_isolation_runs_three_times(stack: Deployment) -> None:
    before = stack.settled()["sums"]["arrivals"]["registered"]
    stack.up("--scale", "isolation=3", "--no-recreate")
    eventually(lambda: stack.consumers("isolation.open_case") == 3, every=1)
    replicas = {service["name"]: service["replicas"] for service in stack.doorstep("queues")["services"]}
    assert replicas == {"registration": 1, "isolation": 3, "notification": 1}

    day = Day(500, date(2022, 10, 1), seed=11, now=MORNING, shares=PLAIN)
    stack.publish(day)
    assert stack.settled()["sums"]["arrivals"]["registered"] == before + day.truth.comings


def test_every_container_restarted_in_turn_under_load_loses_and_doubles_nothing(stack: Deployment) -> None:
    """And then the services made anew in turn, as an upgrade does it."""
    restarted = []
    with Load(stack, seed=12, per_second=25) as load:
        for container in stack.running():
            stack.restart(container)
            restarted.append(service_of(container))
        before = {one["Id"] for one in stack.running() if service_of(one) in SERVICES}
        for service in SERVICES:
            stack.up("--no-deps", "--force-recreate", "--scale", "isolation=3", service)
        assert not before & {one["Id"] for one in stack.running()}
    assert sorted(restarted) == sorted(
        [*SERVICES, *DOORS, *EDGE, "isolation", "isolation", "postgres", "rabbitmq", "sms"]
    )
    assert load.sent > 100
    load.assert_all_came_of_it()


def test_stored_data_survives_new_containers(stack: Deployment) -> None:
    before = stack.settled()
    stack.down()
    stack.up()
    after = stack.settled()
    assert after["sums"] == before["sums"]
    assert after["dead_letters"] == before["dead_letters"]
    with Publisher(stack.url("rail-lanzhou"), "rail-lanzhou"):
        pass


def test_as_many_replicas_as_are_set_come_up_at_every_up(stack: Deployment) -> None:
    stack.environment["DOORSTEP_ISOLATION_REPLICAS"] = "2"
    for _ in range(2):
        stack.up()
        replicas = Counter(service_of(one) for one in stack.running() if service_of(one) in SERVICES)
        assert replicas == {"registration": 1, "isolation": 2, "notification": 1}


def test_with_certificates_everybody_talks_to_broker_and_databases_in_secret(stack: Deployment) -> None:
    before = stack.settled()["sums"]
    authority = stack.make_certificates("broker.example")
    stack.overlays.append(TLS)
    stack.up()

    event = arrival_event("/rail-lanzhou/x", {"source_kind": "transport", "person": {"name": "王芳"}})
    with Publisher(stack.tls_url("rail-lanzhou", authority), "rail-lanzhou") as publisher:
        assert publisher.publish(event).accepted
    with pytest.raises(BrokerError, match="certificate verify failed"):
        Publisher(stack.tls_url("rail-lanzhou"), "rail-lanzhou", connect_limit=5).open()
    assert stack.settled()["sums"]["reports"]["received"] == before["reports"]["received"] + 1

    connections = {(one["user"], one["ssl"]) for one in stack.management("connections")}
    assert connections >= {(service, True) for service in SERVICES}
    assert {user for user, encrypted in connections if not encrypted} == set()

    question = (
        "select usename, bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) "
        "where client_addr is not null group by usename order by usename"
    )
    answer = stack.execute("postgres", "psql", "-U", "postgres", "-tAc", question)
    assert answer.split() == [f"{user}|t" for user in sorted((*SERVICES, "console"))]
