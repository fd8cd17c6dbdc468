"""Each alert goes out when it should, not before its time, and not while all is well: by promtool's tests.

Series are written in promtool's notation, a value every 15 s: `0x4 7x8` is five times 0, then nine times 7.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.services import SERVICES, handlers_of
from tests.pages_of_docs import anchors

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "deploy/prometheus/prometheus.yml"
RULES = ROOT / "deploy/prometheus/rules/doorstep.yml"

ALERTS = {
    rule["alert"]: rule
    for group in yaml.safe_load(RULES.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}

RECORDS = [
    rule
    for group in yaml.safe_load(RULES.read_text())["groups"]
    for rule in group["rules"]
    if "record" in rule
]

Series = dict[str, str]

REPORT = "registration.receive_report"
OPEN_CASE = 'queue="isolation.open_case"'
MESSAGES = f"rabbitmq_detailed_queue_messages{{{OPEN_CASE}}}"
CONSUMERS = f"rabbitmq_detailed_queue_consumers{{{OPEN_CASE}}}"
ACKED = f'rabbitmq_detailed_channel_messages_acked_total{{{OPEN_CASE}, channel="x"}}'
PHONE_ACTS = "doorstep_console_phone_acts_oldest_age_seconds"

OVERDUE = 'chore="isolation.find_overdue"'
SUCCEEDED = f"doorstep_chore_last_success_timestamp_seconds{{{OVERDUE}}}"
EVERY = f"doorstep_chore_every_seconds{{{OVERDUE}}}"

RETRY_5S = 'rabbitmq_detailed_queue_messages{queue="doorstep.retry.5s"}'
LAG = "doorstep_message_lag_seconds_bucket"
PASSED_OVER = f'doorstep_passed_over_total{{handler="{REPORT}"}}'
CANARY = 'queue="doorstep.retry.30s"'
CERTIFICATE = 'doorstep_certificate_ends_timestamp_seconds{address="edge:8443"}'
BACKUP = 'doorstep_last_backup_timestamp_seconds{database="registration"}'
DISK = 'rabbitmq_disk_space_available_bytes{instance="e"}'
DISK_LIMIT = 'rabbitmq_disk_space_available_limit_bytes{instance="e"}'

WELL: Series = {
    'up{job="registration", instance="a"}': "1x240",
    'up{job="isolation", instance="b"}': "1x240",
    'up{job="isolation", instance="c"}': "1x20 0x20 1x200",  # one of two is away for a while
    'up{job="notification", instance="d"}': "1x240",
    'up{job="rabbitmq", instance="e"}': "1x240",
    'up{job="isolation_door", instance="f"}': "1x240",
    'up{job="console", instance="g"}': "1x240",
    f'{PHONE_ACTS}{{because="gone"}}': "28000+15x240",
    'doorstep_door_requests_total{job="isolation_door", status="200"}': "0+100x240",
    'doorstep_door_requests_total{job="isolation_door", status="503"}': "0+1x240",
    'doorstep_door_request_duration_seconds_bucket{job="isolation_door", le="0.1"}': "0+100x240",
    'doorstep_door_request_duration_seconds_bucket{job="isolation_door", le="+Inf"}': "0+101x240",
    'doorstep_dead_letters_waiting{handler="isolation.open_case"}': "0x240",
    MESSAGES: "0 500 20 0 800 900 300 0x40 5x192",
    CONSUMERS: "2x20 1x20 2x200",
    ACKED: "0+9x240",
    'rabbitmq_detailed_queue_messages{queue="isolation.open_case.dead"}': "3x240",
    'rabbitmq_detailed_queue_consumers{queue="isolation.open_case.dead"}': "0x240",
    RETRY_5S: "40x240",
    f'doorstep_retries_total{{handler="{REPORT}"}}': "0 1 2x238",  # one event that failed twice
    f'{LAG}{{handler="{REPORT}", le="60"}}': "0x240",  # of a publisher that sends in the evening
    f'{LAG}{{handler="{REPORT}", le="+Inf"}}': "0+50x240",
    f'{LAG}{{handler="isolation.open_case", le="60"}}': "0+96x240",
    f'{LAG}{{handler="isolation.open_case", le="300"}}': "0+100x240",
    f'{LAG}{{handler="isolation.open_case", le="+Inf"}}': "0+100x240",
    PASSED_OVER: "0x240",
    CERTIFICATE: "1300000x240",
    BACKUP: "0x240",  # promtool's time begins at 0, too
    DISK: "9e9-1e5x240",
    DISK_LIMIT: "1e9x240",
    'rabbitmq_detailed_queue_consumers{queue="doorstep.retry.5s"}': "0x240",
    'rabbitmq_detailed_queue_messages{queue="doorstep.replies.rail"}': "9000x240",
    'rabbitmq_detailed_queue_consumers{queue="doorstep.replies.rail"}': "0x240",
    'rabbitmq_detailed_queue_messages{queue="doorstep.unrouted"}': "0x240",
    f"doorstep_canary_age_seconds{{{CANARY}}}": "0 10 0x40 0+15x10 0x187",  # behind copies for a while
    f"doorstep_retry_delay_seconds{{{CANARY}}}": "30x240",
    'doorstep_outbox_oldest_age_seconds{service="isolation"}': "0 3 0x20 0+15x4 0x213",
    'doorstep_arrivals_without_owner_oldest_age_seconds{service="registration"}': "0+15x110 0x129",
    'doorstep_cases_without_owner_oldest_age_seconds{service="isolation"}': "0x240",
    'doorstep_overdue_tasks{level="district"}': "3x240",
    'doorstep_overdue_tasks{level="nobody"}': "0x240",
    'doorstep_staff_not_reached_total{level="street"}': "0+1x240",
    'doorstep_staff_not_reached_total{level="nobody"}': "0x240",
    'doorstep_messages_waiting{state="pending", channel="sms"}': "40x240",
    'doorstep_messages_settled_total{state="accepted", channel="sms"}': "0+100x240",
    'doorstep_world_away_total{handler="isolation.open_case"}': "0x9 1 3 3x229",  # a short restart
    'doorstep_stuck_rows{chore="isolation.find_overdue"}': "0x240",
    'doorstep_chore_failures_total{chore="isolation.find_overdue"}': "3x240",
    SUCCEEDED: "0+15x40 600x20 900+15x179",  # five minutes without a success, as after a restart
    EVERY: "10x240",
    "rabbitmq_alarms_memory_used_watermark": "0x20 1x2 0x216",
    "rabbitmq_alarms_free_disk_space_watermark": "0x240",
    "rabbitmq_alarms_file_descriptor_limit": "0x240",
}


@dataclass(frozen=True)
class Case:
    """
    :param then: moment -> `firing`, `pending` or nothing, with the labels that tell alerts apart.
    :param every: from one sample of a series to the next.
    """

    alert: str
    what: str
    series: Series
    then: dict[str, dict[str, Any] | None]
    every: str = "15s"

    def __str__(self) -> str:
        return f"{self.alert}: {self.what}"


def firing(**labels: str) -> dict[str, Any]:
    return {"alertstate": "firing", **labels}


def pending(**labels: str) -> dict[str, Any]:
    return {"alertstate": "pending", **labels}


CASES = (
    Case(
        "DeadLettersPresent",
        "after a minute, once however many replicas count them, and no more when they are settled",
        {
            f'doorstep_dead_letters_waiting{{instance="a", handler="{REPORT}"}}': "0x3 7x20 0x20",
            f'doorstep_dead_letters_waiting{{instance="b", handler="{REPORT}"}}': "0x3 7x20 0x20",
        },
        {
            "45s": None,
            "1m": pending(handler=REPORT),
            "1m45s": pending(handler=REPORT),
            "2m": firing(handler=REPORT),
            "6m": firing(handler=REPORT),
            "6m30s": None,
        },
    ),
    Case(
        "QueueNotDraining",
        "five minutes after the last ack of a consumer that is there, until it acks again",
        {MESSAGES: "0x3 900x60", CONSUMERS: "1x60", ACKED: "0+100x4 400x36 400+100x20"},
        {
            "5m": pending(queue="isolation.open_case"),
            "6m45s": pending(queue="isolation.open_case"),
            "7m": firing(queue="isolation.open_case"),
            "11m": None,
        },
    ),
    Case(
        "QueueNotDraining",
        "also for a consumer that has never acked, and for what it holds unacked",
        {MESSAGES: "3x60", CONSUMERS: "1x60"},
        {"4m45s": pending(queue="isolation.open_case"), "5m": firing(queue="isolation.open_case")},
    ),
    Case(
        "QueueNotDraining",
        "not where nobody consumes: that is another alert",
        {MESSAGES: "900x60", CONSUMERS: "0x60"},
        {"14m": None},
    ),
    Case(
        "QueueNotDraining",
        "not for a long queue that drains",
        {MESSAGES: "90000x60", CONSUMERS: "1x60", ACKED: "0+1x60"},
        {"14m": None},
    ),
    Case(
        "QueueNotDraining",
        "not where only one batch is finished a minute",
        {MESSAGES: "900x60", CONSUMERS: "1x60", ACKED: "0x3 9x3 18x3 27x3 36x3 45x3 54x3 63x3 72x3 81x20"},
        {"9m": None},
    ),
    Case(
        "NoConsumer",
        "after two minutes, so that a restart is over by then",
        {CONSUMERS: "1x4 0x7 1x4 0x20"},
        {
            "1m30s": pending(queue="isolation.open_case"),
            "3m": pending(queue="isolation.open_case"),
            "3m30s": None,
            "6m15s": pending(queue="isolation.open_case"),
            "6m30s": firing(queue="isolation.open_case"),
        },
    ),
    Case(
        "OutboxStuck",
        "when the oldest is over half a minute old for two minutes",
        {'doorstep_outbox_oldest_age_seconds{service="isolation"}': "0+15x20 0x10"},
        {
            "30s": None,
            "45s": pending(service="isolation"),
            "2m30s": pending(service="isolation"),
            "2m45s": firing(service="isolation"),
            "5m15s": None,
        },
    ),
    Case(
        "OutboxStuck",
        "not for rows that come and go",
        {'doorstep_outbox_oldest_age_seconds{service="isolation"}': "29x60"},
        {"14m": None},
    ),
    Case(
        "ArrivalWithoutOwner",
        "after half an hour in the time of the field",
        {'doorstep_arrivals_without_owner_oldest_age_seconds{service="registration"}': "1740+15x10 0x9"},
        {
            "1m": None,
            "1m15s": pending(service="registration"),
            "2m": pending(service="registration"),
            "2m15s": firing(service="registration"),
            "2m45s": None,
        },
    ),
    Case(
        "ArrivalWithoutOwner",
        "a case without an owner counts as well",
        {'doorstep_cases_without_owner_oldest_age_seconds{service="isolation"}': "7200x20"},
        {"1m": firing(service="isolation")},
    ),
    Case(
        "NobodyToTell",
        "after a minute, until there is staff",
        {'doorstep_overdue_tasks{level="nobody"}': "0x3 2x20 0x9"},
        {"45s": None, "1m": pending(), "2m": firing(), "6m30s": None},
    ),
    Case(
        "NobodyToTell",
        "for an hour where a message to the highest level did not arrive",
        {
            'doorstep_overdue_tasks{level="nobody"}': "0x300",
            'doorstep_staff_not_reached_total{level="nobody"}': "0x3 1x297",
        },
        {"45s": None, "1m": pending(), "2m": firing(), "59m": firing(), "62m": None},
    ),
    Case(
        "NothingSent",
        "ten minutes after ten minutes without one accepted message while others wait",
        {
            'doorstep_messages_waiting{state="pending", channel="sms"}': "5x200",
            'doorstep_messages_settled_total{state="accepted", channel="sms"}': "0+3x20 60x100 60+3x80",
            'doorstep_messages_settled_total{state="failed", channel="sms"}': "0+3x200",
        },
        {"15m": pending(), "24m30s": pending(), "25m": firing(), "31m": None},
    ),
    Case(
        "NothingSent",
        "not while nothing waits",
        {
            'doorstep_messages_waiting{state="pending", channel="sms"}': "0x200",
            'doorstep_messages_settled_total{state="accepted", channel="sms"}': "60x200",
        },
        {"49m": None},
    ),
    Case(
        "ServiceDown",
        "when it does not answer",
        {
            **{key: "1x20" for key in WELL if key.startswith("up")},
            'up{job="rabbitmq", instance="e"}': "1 0x20",
        },
        {"1m": pending(job="rabbitmq"), "1m15s": firing(job="rabbitmq")},
    ),
    Case(
        "ServiceDown",
        "when its last container is gone, and its address with it",
        {
            **{key: "1x40" for key in WELL if key.startswith("up")},
            'up{job="notification", instance="d"}': "1x3 stale",
        },
        {"45s": None, "2m": firing(job="notification")},
    ),
    Case(
        "DoorDown",
        "when it does not answer",
        {'up{job="isolation_door", instance="f"}': "1x3 0x40"},
        {
            "45s": None,
            "1m30s": pending(job="isolation_door"),
            "2m": firing(job="isolation_door"),
        },
    ),
    Case(
        "DoorDown",
        "when its last container is gone, and its address with it",
        {'up{job="console", instance="g"}': "1x3 stale"},
        {"45s": None, "2m15s": firing(job="console")},
    ),
    Case(
        "RequestsFail",
        "after five minutes in which more than two of a hundred requests fail, at a door or at the console",
        {
            'doorstep_console_requests_total{job="console", status="200"}': "0+97x60",
            'doorstep_console_requests_total{job="console", status="500"}': "0+3x60",
        },
        {"5m": pending(job="console"), "6m": firing(job="console")},
    ),
    Case(
        "RequestsSlow",
        "after ten minutes in which one of twenty takes more than a second",
        {
            'doorstep_door_request_duration_seconds_bucket{job="isolation_door", le="1"}': "0+90x60",
            'doorstep_door_request_duration_seconds_bucket{job="isolation_door", le="2.5"}': "0+100x60",
            'doorstep_door_request_duration_seconds_bucket{job="isolation_door", le="+Inf"}': "0+100x60",
        },
        {"10m": pending(job="isolation_door"), "11m": firing(job="isolation_door")},
    ),
    Case(
        "PhoneActsWait",
        "after twelve hours, until an officer has settled it",
        {
            f'{PHONE_ACTS}{{because="left"}}': "42900+15x40 0x20",
            f'{PHONE_ACTS}{{because="gone"}}': "0+15x60",
        },
        {
            "5m": None,
            "5m30s": pending(because="left"),
            "6m30s": firing(because="left"),
            "10m30s": None,
        },
    ),
    Case(
        "BrokerNodeLost",
        "two minutes after one of three is gone",
        {
            'up{job="rabbitmq", instance="rabbitmq"}': "1x40",
            'up{job="rabbitmq", instance="rabbitmq-2"}': "1x40",
            'up{job="rabbitmq", instance="rabbitmq-3"}': "1x3 stale",
        },
        {"45s": None, "1m": pending(job="rabbitmq"), "3m": firing(job="rabbitmq")},
    ),
    Case(
        "BrokerNodeLost",
        "not where the only one is gone: that is another alert",
        {'up{job="rabbitmq", instance="rabbitmq"}': "1x3 0x40"},
        {"9m": None},
    ),
    Case(
        "DatabaseOrBrokerAway",
        "when a handler waits for them again and again",
        {'doorstep_world_away_total{handler="isolation.open_case"}': "0x4 3+3x20 63x20"},
        {
            "3m": pending(handler="isolation.open_case"),
            "3m30s": firing(handler="isolation.open_case"),
            "9m": None,
        },
    ),
    Case(
        "DatabaseOrBrokerAway",
        "also when nothing comes in: the figures cannot be read",
        {
            'doorstep_world_away_total{handler="isolation.open_case"}': "0x44",
            'doorstep_world_away_total{handler="isolation.figures"}': "0x4 1+1x40",  # a try lasts up to 10 s
            'doorstep_dead_letters_waiting{handler="isolation.open_case"}': "0x4 _x40",
        },
        {
            "3m": pending(handler="isolation.figures"),
            "3m30s": firing(handler="isolation.figures"),
        },
    ),
    Case(
        "RowsStuck",
        "after a minute, once however many replicas count them, until they are done",
        {
            f'doorstep_stuck_rows{{instance="a", {OVERDUE}}}': "0x3 2x20 0x20",
            f'doorstep_stuck_rows{{instance="b", {OVERDUE}}}': "0x3 2x20 0x20",
        },
        {
            "45s": None,
            "1m": pending(chore="isolation.find_overdue"),
            "2m": firing(chore="isolation.find_overdue"),
            "6m30s": None,
        },
    ),
    Case(
        "ChoreFails",
        "after one failure, for ten minutes",
        {f"doorstep_chore_failures_total{{{OVERDUE}}}": "0x3 1x80"},
        {
            "45s": None,
            "1m": pending(chore="isolation.find_overdue"),
            "2m15s": firing(chore="isolation.find_overdue"),
            "12m": None,
        },
    ),
    Case(
        "ChoreStandsStill",
        "after five minutes and three times its rhythm, in whichever replica it succeeded last",
        {
            f'doorstep_chore_last_success_timestamp_seconds{{instance="a", {OVERDUE}}}': "0x60",
            f'doorstep_chore_last_success_timestamp_seconds{{instance="b", {OVERDUE}}}': "0+15x4 60x56",
            f'doorstep_chore_every_seconds{{instance="a", {OVERDUE}}}': "10x60",
            f'doorstep_chore_every_seconds{{instance="b", {OVERDUE}}}': "10x60",
        },
        {
            "6m30s": None,
            "6m45s": pending(chore="isolation.find_overdue"),
            "7m45s": firing(chore="isolation.find_overdue"),
        },
    ),
    Case(
        "ChoreStandsStill",
        "not for what is done once an hour",
        {SUCCEEDED: "0x400", EVERY: "3600x400"},
        {"99m": None},
    ),
    Case(
        "RetriesGoOn",
        "after five minutes in which something was tried again, until five minutes after the last one",
        {f'doorstep_retries_total{{handler="{REPORT}"}}': "0x3 1+1x40 41x60"},
        {
            "45s": None,
            "1m15s": pending(handler=REPORT),
            "6m30s": firing(handler=REPORT),
            "15m": firing(handler=REPORT),
            "17m": None,
        },
    ),
    Case(
        "RetryQueueFull",
        "after five minutes with more than a thousand copies",
        {RETRY_5S: "1000x8 1001x40 900x20"},
        {
            "2m": None,
            "2m15s": pending(queue="doorstep.retry.5s"),
            "7m15s": firing(queue="doorstep.retry.5s"),
            "12m30s": None,
        },
    ),
    Case(
        "LagLong",
        "after five minutes in which one event of twenty takes longer than a minute",
        {
            f'{LAG}{{handler="isolation.open_case", le="60"}}': "0+90x80",
            f'{LAG}{{handler="isolation.open_case", le="300"}}': "0+100x80",
            f'{LAG}{{handler="isolation.open_case", le="+Inf"}}': "0+100x80",
        },
        {"5m": pending(handler="isolation.open_case"), "6m": firing(handler="isolation.open_case")},
    ),
    Case(
        "MessagesPassedOver",
        "after a minute, for an hour after the last one",
        {PASSED_OVER: "0x3 1x300"},
        {
            "45s": None,
            "1m": pending(handler=REPORT),
            "2m": firing(handler=REPORT),
            "59m": firing(handler=REPORT),
            "62m": None,
        },
    ),
    Case(
        "DiskSoonFull",
        "an hour after it is on the way to be full within a day",
        {DISK: "50e9-1e6x20 50e9-20e6x400", DISK_LIMIT: "1e9x420"},
        {"5m": None, "30m": pending(instance="e"), "80m": firing(instance="e")},
    ),
    Case(
        "CertificateEndsSoon",
        "an hour after it is 14 days to its end, until there is another",
        {CERTIFICATE: "1213200x500 9e7x20"},
        {
            "1h": None,
            "1h30s": pending(address="edge:8443"),
            "2h1m": firing(address="edge:8443"),
            "2h6m": None,
        },
    ),
    Case(
        "BackupTooOld",
        "from 26 hours and another one on, until there is a newer one",
        {BACKUP: "0x1624 97500x5"},
        {
            "26h": None,
            "26h1m": pending(database="registration"),
            "27h2m": firing(database="registration"),
            "27h6m": None,
        },
        every="1m",  # a day by quarters of a minute takes promtool a minute of a busy machine
    ),
    Case(
        "CanaryLost",
        "three minutes and another one after it should have been back, whichever replica sends it",
        {
            f'doorstep_canary_age_seconds{{instance="a", {CANARY}}}': "0 0+15x5 stale",
            f'doorstep_canary_age_seconds{{instance="b", {CANARY}}}': "_x6 90+15x20 0x9",
            f'doorstep_retry_delay_seconds{{instance="a", {CANARY}}}': "30x60",
            f'doorstep_retry_delay_seconds{{instance="b", {CANARY}}}': "30x60",
        },
        {
            "3m30s": None,
            "3m45s": pending(queue="doorstep.retry.30s"),
            "4m45s": firing(queue="doorstep.retry.30s"),
            "7m30s": None,
        },
    ),
    Case(
        "UnroutedMessages",
        "after a minute",
        {'rabbitmq_detailed_queue_messages{queue="doorstep.unrouted"}': "0 1x20"},
        {"1m": pending(), "1m15s": firing()},
    ),
    Case(
        "BrokerAlarm",
        "names what is short",
        {
            "rabbitmq_alarms_memory_used_watermark": "0x20",
            "rabbitmq_alarms_free_disk_space_watermark": "0 1x20",
            "rabbitmq_alarms_file_descriptor_limit": "0x20",
        },
        {"1m": pending(alarm="disk"), "1m15s": firing(alarm="disk")},
    ),
)


def promtool(*args: str | Path) -> str:
    done = subprocess.run(["promtool", *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(directory: Path, series: Series, every: str = "15s", **tests: Any) -> None:
    """promtool's verdict on one test of the shipped rules.

    :param every: from one sample of each series to the next, and from one look at the rules to the next.
    """
    test = {
        "interval": every,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        **tests,
    }
    file = directory / "test.yml"  # JSON is YAML
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": every, "tests": [test]}))
    promtool("test", "rules", file)


def alerts_are(expression: str, at: str, *expected: dict[str, Any]) -> dict[str, Any]:
    samples = [
        {"labels": "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items()) + "}", "value": 1}
        for labels in expected
    ]
    return {"expr": expression, "eval_time": at, "exp_samples": samples}


def test_the_configuration_and_its_rules_are_valid() -> None:
    assert "1 rule files found" in promtool("check", "config", PROMETHEUS)


def test_while_all_is_well_there_is_no_alert(tmp_path: Path) -> None:
    moments = ("5m", "8m", "10m", "15m", "20m", "30m", "45m", "59m")
    check(
        tmp_path,
        WELL,
        promql_expr_test=[alerts_are('ALERTS{alertstate="firing"}', at) for at in moments],
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alert(case: Case, tmp_path: Path) -> None:
    labels = {name for expected in case.then.values() if expected for name in expected}
    expression = f'sum by ({", ".join(sorted(labels))}) (ALERTS{{alertname="{case.alert}"}})'
    check(
        tmp_path,
        case.series,
        case.every,
        promql_expr_test=[
            alerts_are(expression, at, *([expected] if expected else []))
            for at, expected in case.then.items()
        ],
    )


def test_every_alert_has_a_case_in_which_it_goes_out() -> None:
    assert {
        case.alert
        for case in CASES
        if any(expected and expected["alertstate"] == "firing" for expected in case.then.values())
    } == set(ALERTS)


def test_lag_is_judged_of_every_handler_but_those_to_which_other_systems_write() -> None:
    [rule] = [rule for rule in RECORDS if rule["record"] == "doorstep:lag_seconds:p95"]
    left_out = re.search(r'handler!~"([^"]+)"', rule["expr"])
    assert left_out
    pattern = left_out[1].replace("\\\\", "\\")
    for service in SERVICES:
        for handler in handlers_of(service):
            name = handler.queue(service)
            assert bool(re.fullmatch(pattern, name)) == handler.from_outside, name


def test_an_alert_is_told_in_words_with_what_it_is_about(tmp_path: Path) -> None:
    rule = ALERTS["ArrivalWithoutOwner"]
    annotations = {
        "summary": "an arrival has had nobody for 2h 0m 0s (registration)",
        "description": "Its doorstep is not known, or no worker is on duty there. "
        "Nobody goes to the door until then.",
        "runbook_url": rule["annotations"]["runbook_url"],
    }
    expected = {
        "exp_labels": {"service": "registration", **rule["labels"]},
        "exp_annotations": annotations,
    }
    check(
        tmp_path,
        {'doorstep_arrivals_without_owner_oldest_age_seconds{service="registration"}': "7200x20"},
        alert_rule_test=[{"eval_time": "2m", "alertname": "ArrivalWithoutOwner", "exp_alerts": [expected]}],
    )


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_grave_it_is_and_where_it_is_explained(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor in anchors(ROOT / page)
