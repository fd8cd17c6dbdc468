"""The dashboards have the structure that Grafana expects. No Grafana has shown them here.

That each expression finds data, a real Prometheus says: tests/e2e/test_monitoring.py.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.make_dashboards import WHERE, WIDTH, made

GRAFANA = WHERE.parent
FILES = sorted(WHERE.glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text())
    return found


def test_the_files_are_what_panels_py_says() -> None:
    assert {file: file.read_text() for file in FILES} == made(), "run `make docs`"
    assert {file.stem for file in FILES} == {"flow", "queues", "field"}


def test_dashboards_can_be_told_apart() -> None:
    found = [json.loads(file.read_text()) for file in FILES]
    assert len({one["uid"] for one in found}) == len({one["title"] for one in found}) == len(found)
    assert all(len(one["uid"]) <= 40 for one in found), "Grafana's limit"


def test_panels_have_a_number_a_title_words_and_a_unit(dashboard: dict[str, Any]) -> None:
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["type"] in ("timeseries", "stat", "bargauge")
        assert panel["title"] and panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"] in ("short", "s", "eps", "mps", "cps", "percentunit")


def test_panels_lie_side_by_side_and_not_on_each_other(dashboard: dict[str, Any]) -> None:
    covered = [
        {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        for place in (panel["gridPos"] for panel in dashboard["panels"])
    ]
    assert all(not one & other for one, other in combinations(covered, 2))
    assert max(x for one in covered for x, _ in one) < WIDTH


def test_thresholds_rise_and_series_have_names(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(set(values)), panel["title"]
        targets = panel["targets"]
        assert len({target["refId"] for target in targets}) == len(targets)
        if panel["type"] != "stat":
            assert all(target["legendFormat"] != "__auto" for target in targets), panel["title"]


def test_every_datasource_is_one_that_grafana_is_given(dashboard: dict[str, Any]) -> None:
    given = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    known = {one["uid"]: one["type"] for one in given["datasources"]}
    for panel in dashboard["panels"]:
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert known[source["uid"]] == source["type"]


def test_the_folder_that_grafana_reads_is_mounted_where_it_looks() -> None:
    given = yaml.safe_load((GRAFANA / "provisioning/dashboards/doorstep.yml").read_text())
    [folder] = [provider["options"]["path"] for provider in given["providers"]]
    compose = yaml.safe_load((Path(GRAFANA).parents[1] / "docker-compose.yml").read_text())
    mounts = dict(mount.split(":")[:2] for mount in compose["services"]["grafana"]["volumes"])
    assert mounts["./deploy/grafana/dashboards"] == folder
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
