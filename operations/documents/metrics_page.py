"""docs/metrics.md, made from the metrics that the code declares."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from prometheus_client.metrics import MetricWrapperBase

from operations.services import SERVICES

HEAD = """# Metrics

What a service, a door or the console shows on `/metrics`. Made from the code by `make docs`; what to do with
them is in [operations/alerts.md](operations/alerts.md).

Counters begin at 0 with each process and are added up over its replicas: `sum(rate(…[1m]))`. Gauges are read
from the service's database every 5 s (the console's when Prometheus asks) and are the same in each of its
replicas: `max by (…)`. Reading takes at most 2 % of the time: what takes longer is read less often. At
1,000,000 open cases and 3,000,000 tasks, on PostgreSQL, isolation's take 0.15 s.
"""


def metrics_page() -> str:
    parts = [HEAD, *_table("Every service", "chassis.telemetry")]
    for service in SERVICES:
        parts += _table(f"{service.title()} only", f"services.{service}.metrics")
    parts += _table("Every door", "chassis.doors.app")
    parts += _table("The console", "services.console.app")
    parts += _table("The console, where it has a database", "services.console.phone_acts.figures")
    parts += _table("Of certificates: the console, and registration under TLS", "chassis.certificates")
    return "\n".join(parts) + "\n"


def _table(title: str, module: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| metric | kind | labels | |\n| --- | --- | --- | --- |"
    for metric in vars(import_module(module)).values():
        if isinstance(metric, MetricWrapperBase):
            [described] = metric.describe()
            name = described.name + ("_total" if described.type == "counter" else "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            about = described.documentation.partition(" (the same in every replica")[0]
            yield f"| `{name}` | {described.type} | {labels} | {about} |"
    yield ""
