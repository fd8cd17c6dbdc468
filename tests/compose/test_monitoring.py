"""The profile `monitoring` beside a deployment that runs: Prometheus finds everything and has the rules."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml
from deployment import MOST_BYTES_BEYOND_BASE, ROOT, SERVICES, Deployment, service_of

from deploy.local.ports import freeport

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
    replicas = Counter(service_of(one) for one in stack.running() if service_of(one) in SERVICES)
    expected = {**replicas, "rabbitmq": 1, "rabbitmq_queues": 1}
    deadline = time.monotonic() + 90  # names are asked every 15 s, and so is each target
    while True:
        targets = prometheus.get("targets")["activeTargets"]
        up = Counter(one["labels"]["job"] for one in targets if one["health"] == "up")
        if up == expected and len(targets) == sum(expected.values()):
            return
        assert time.monotonic() < deadline, [(one["scrapeUrl"], one["lastError"]) for one in targets]
        time.sleep(1)


def test_the_rules_are_loaded_and_find_their_figures(prometheus: Watching) -> None:
    def numbers(expression: str) -> list[float]:
        return [float(one["value"][1]) for one in prometheus.get("query", query=expression)["result"]]

    shipped = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    deadline = time.monotonic() + 90
    while True:  # they are worked out every 15 s
        loaded = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
        up, consumers = numbers("doorstep:replicas_up"), numbers("doorstep:queue_consumers")
        well = [rule["health"] == "ok" for rule in loaded] + [number > 0 for number in (*up, *consumers)]
        if all(well) and len(up) == 4 and len(consumers) > 10 and numbers("doorstep_open_cases"):
            break
        assert time.monotonic() < deadline, (loaded, up, consumers)
        time.sleep(1)
    assert [rule["name"] for rule in loaded] == [rule.get("alert") or rule["record"] for rule in shipped]


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
