"""What docker-compose.yml lets each container reach, and how many processes it may have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.processes import ROOT

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(Path(ROOT, "docker-compose.yml").read_text())["services"]
OF_DOORSTEP = sorted(name for name, one in SERVICES.items() if "DOORSTEP_IMAGE" in str(one.get("image")))


def test_only_who_must_reach_the_world_is_on_the_network_outside() -> None:
    """Those with a port, whoever asks the gateway, and the operator's tools."""
    outside = {name for name, one in SERVICES.items() if "outside" in one["networks"]}
    assert outside == {"edge", "rabbitmq", "prometheus", "grafana", "notification", "doorstep"}


@pytest.mark.parametrize("name", OF_DOORSTEP)
def test_no_process_of_doorstep_can_have_thousands_of_others(name: str) -> None:
    assert SERVICES[name]["pids_limit"] == 256


def test_the_owner_of_the_tables_is_known_to_who_makes_them_and_to_nobody_else() -> None:
    knowing = {name for name, one in SERVICES.items() if "_owner_" in str(one)}
    assert knowing == {"migrate", "postgres"}
    assert not [secret for secret in SERVICES["migrate"]["secrets"] if "_owner_" not in secret]


def test_images_are_of_an_exact_version() -> None:
    """But our own, which is made here."""
    others = {name: one["image"] for name, one in SERVICES.items() if name not in OF_DOORSTEP}
    assert others.keys() == {"rabbitmq", "postgres", "edge", "prometheus", "grafana"}
    for image in others.values():
        (usual,) = re.findall(":-(.+)}", image)
        parts = 2 if usual.startswith("postgres") else 3  # PostgreSQL has two
        assert re.fullmatch(rf"[\w./-]+:v?\d+(\.\d+){{{parts - 1}}}(-management)?", usual), usual
    cluster = Path(ROOT, "deploy/cluster/docker-compose.cluster.yml").read_text()
    assert others["rabbitmq"] in cluster
