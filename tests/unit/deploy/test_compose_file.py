"""What docker-compose.yml lets each container reach, and how many processes it may have."""

from __future__ import annotations

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
