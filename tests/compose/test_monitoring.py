"""The profile `monitoring` beside a deployment that runs: Prometheus finds everything and has the rules."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml

from deploy.local.ports import freeport
from tests.compose.deployment import DOORS, MOST_BYTES_BEYOND_BASE, ROOT, SERVICES, Deployment, service_of
from tests.waiting import eventually

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

RULES = ROOT / "deploy/prometheus/rules/doorstep.yml"
PROFILE = ("--profile", "monitoring")


class Watching:
    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, what: str, **parameters: str) -> Any:
        answer = self._session.get(f"{self._url}/{what}", params=parameters, timeout=10)
        answer.raise_for_status()
        return answer.json()["data"]


@pytest.fixture(scope="module")
def prometheus(stack: Deployment) -> Iterator[Watching]:
    subprocess.run(
        [ROOT / "deploy/registryless/images.sh", "prometheus"], check=True, stdin=subprocess.DEVNULL
    )
    port = freeport()
    stack.environment["DOORSTEP_PROMETHEUS_PORT"] = str(port)
    answer = stack.compose(*PROFILE, "up", "-d", "--no-deps", "prometheus")
    assert answer.code == 0, answer.err
    stack.wait_healthy()
    yield Watching(port)
    answer = stack.compose(*PROFILE, "rm", "-sf", "prometheus")
    assert answer.code == 0, answer.err


def test_prometheus_finds_every_replica_and_the_broker(stack: Deployment, prometheus: Watching) -> None:
    watched = (*SERVICES, *DOORS, "console")
    replicas = Counter(service_of(one) for one in stack.running() if service_of(one) in watched)
    expected = {**replicas, "rabbitmq": 1, "rabbitmq_queues": 1}

    def targets() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = prometheus.get("targets")["activeTargets"]
        return found

    def all_up() -> bool:
        found = targets()
        up = Counter(one["labels"]["job"] for one in found if one["health"] == "up")
        return up == expected and len(found) == sum(expected.values())

    eventually(all_up, every=1, show=lambda: [(one["scrapeUrl"], one["lastError"]) for one in targets()])


def test_the_rules_are_loaded_and_find_their_figures(prometheus: Watching) -> None:
    def numbers(expression: str) -> list[float]:
        return [float(one["value"][1]) for one in prometheus.get("query", query=expression)["result"]]

    shipped = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]

    def loaded() -> list[dict[str, Any]]:
        return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]

    def all_well() -> bool:
        up, consumers = numbers("doorstep:replicas_up"), numbers("doorstep:queue_consumers")
        doors = numbers("doorstep:doors_up")
        numbers_up = (*up, *doors, *consumers)
        well = [rule["health"] == "ok" for rule in loaded()] + [number > 0 for number in numbers_up]
        return (
            all(well)
            and (len(up), len(doors)) == (4, 4)
            and len(consumers) > 10
            and bool(numbers("doorstep_open_cases"))
        )

    eventually(all_well, every=1, show=loaded)
    assert [rule["name"] for rule in loaded()] == [rule.get("alert") or rule["record"] for rule in shipped]


def test_the_prometheus_container_is_as_small_and_as_closed_as_the_others(
    stack: Deployment, prometheus: Watching
) -> None:
    [one] = [found for found in stack.running() if service_of(found) == "prometheus"]
    assert one["HostConfig"]["ReadonlyRootfs"] and one["HostConfig"]["CapDrop"] == ["ALL"]
    assert one["HostConfig"]["Memory"] > 0
    assert stack.bytes_beyond_base(one["Config"]["Image"]) < MOST_BYTES_BEYOND_BASE
    assert stack.docker("exec", one["Id"], "id", "-u").strip() != "0"
    bound = [b["HostIp"] for bindings in one["NetworkSettings"]["Ports"].values() for b in bindings or ()]
    assert bound == ["127.0.0.1"]
