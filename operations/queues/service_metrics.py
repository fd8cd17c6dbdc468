"""The services' own figures from /metrics, those of all replicas of a service together.

DOORSTEP_<SERVICE>_ADDRESS is a host:port, or several with commas; a name that stands for several replicas is
asked at each of its addresses. Without it: this machine, at the service's health port.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

ANSWER_S = 3.0

MESSAGES, RETRIES = "doorstep_messages_total", "doorstep_retries_total"
LAG = "doorstep_message_lag_seconds_bucket"
# Every replica shows the same number.
DEAD_WAITING = "doorstep_dead_letters_waiting"
OUTBOX_PENDING, OUTBOX_OLDEST = "doorstep_outbox_pending", "doorstep_outbox_oldest_age_seconds"
SAME_IN_ALL = (DEAD_WAITING, OUTBOX_PENDING, OUTBOX_OLDEST)
# One replica shows the first.
CANARY_AGE, RETRY_DELAY = "doorstep_canary_age_seconds", "doorstep_retry_delay_seconds"

Labels = tuple[str, ...]


@dataclass
class Counts:
    """Sums over replicas since each started, by (metric, handler, outcome) or (metric, handler, le)."""

    values: dict[Labels, float] = field(default_factory=lambda: defaultdict(float))

    def get(self, *key: str) -> float:
        return self.values.get(key, 0.0)

    def since(self, earlier: Counts) -> Counts:
        """The difference; of a counter that began at 0 again, all that it has."""
        found = Counts()
        for key, value in self.values.items():
            before = earlier.get(*key)
            found.values[key] = value - before if value >= before else value
        return found

    def lag(self, handler: str, share: float) -> float | None:
        """Seconds within which this share was done, between the histogram's bounds as Prometheus does it.

        None where nothing was handled. Over the last bound it is that bound.
        """
        bounds = sorted(
            (float(key[2]), value) for key, value in self.values.items() if key[:2] == (LAG, handler)
        )
        total = bounds[-1][1] if bounds else 0
        if not total:
            return None
        below, low = 0.0, 0.0
        for bound, count in bounds:
            if count >= share * total:
                if bound == float("inf"):
                    return low
                return low + (bound - low) * (share * total - below) / (count - below)
            below, low = count, bound
        return low


@dataclass
class ServiceFigures:
    """Of the replicas of one service that answered. `failure`: why one did not, or none can be found."""

    service: str
    replicas: int = 0
    failure: str | None = None
    counts: Counts = field(default_factory=Counts)
    gauges: dict[Labels, float] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        return self.replicas > 0


def ask_services(services: Sequence[str], given: Mapping[str, str]) -> dict[str, ServiceFigures]:
    """All at once: who does not answer holds up nobody longer than ANSWER_S."""
    figures = {service: ServiceFigures(service) for service in services}
    places: list[tuple[ServiceFigures, str, str, int]] = []
    for service in services:
        name = service.upper()
        port = given.get(f"DOORSTEP_{name}_HEALTH_PORT", "").strip()
        default = f"127.0.0.1:{port}" if port.strip("0") else ""
        addresses = given.get(f"DOORSTEP_{name}_ADDRESS", "").strip() or default
        if not addresses:
            figures[service].failure = f"not known where it is: set DOORSTEP_{name}_ADDRESS=host:port"
        for address in filter(None, map(str.strip, addresses.split(","))):
            try:
                places += ((figures[service], address, *place) for place in _places(address))
            except (OSError, ValueError):
                figures[service].failure = f"no answer at {address}: is it running?"
    with ThreadPoolExecutor(max(1, len(places))) as pool:
        for (of_service, address, *_), text in zip(places, pool.map(_read, places), strict=True):
            if text is None:
                of_service.failure = f"no answer at {address}: is it running?"
            elif _take_in(of_service, text):
                of_service.replicas += 1
            else:
                of_service.failure = f"no metrics at {address}: is that {of_service.service}?"
    return figures


def _places(address: str) -> list[tuple[str, int]]:
    """Raises OSError, ValueError."""
    host, _, port = address.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    return sorted({(str(entry[4][0]), int(port)) for entry in found})


def _read(place: tuple[Any, str, str, int]) -> str | None:
    *_, host, port = place
    session = requests.Session()
    session.trust_env = False  # no proxy between us and the services
    try:
        answer = session.get(
            f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics?now", timeout=ANSWER_S
        )
    except requests.RequestException:
        return None
    return answer.text if answer.ok else None


def _take_in(figures: ServiceFigures, text: str) -> bool:
    """False where this is no page of this service."""
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError:
        return False
    ours = False
    for sample in (sample for family in families for sample in family.samples):
        labels = sample.labels
        if sample.name in (MESSAGES, RETRIES):
            ours |= labels["handler"].startswith(f"{figures.service}.")
            figures.counts.values[sample.name, labels["handler"], labels.get("outcome", "")] += sample.value
        elif sample.name == LAG:
            figures.counts.values[LAG, labels["handler"], labels["le"]] += sample.value
        elif sample.name in (*SAME_IN_ALL, CANARY_AGE, RETRY_DELAY):
            key = (sample.name, *labels.values())
            figures.gauges[key] = max(sample.value, figures.gauges.get(key, 0.0))
    return ours
