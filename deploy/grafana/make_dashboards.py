"""Writes deploy/grafana/dashboards/: python -m deploy.grafana.make_dashboards (`make docs` does it too)

Grafana's JSON says the same things many times; panels.py says each panel once.
"""

import json
from pathlib import Path
from typing import Any

from deploy.grafana.panels import DASHBOARDS, Panel

WHERE = Path(__file__).parent / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "doorstep"}
WIDTH = 24


def dashboard(uid: str, title: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    return {
        "uid": f"doorstep-{uid}",
        "title": title,
        "tags": ["doorstep"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": []},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": "Doorstep",
                "tags": ["doorstep"],
                "asDropdown": False,
                "keepTime": True,
                "includeVars": False,
                "targetBlank": False,
                "icon": "dashboard",
            }
        ],
        "panels": [
            as_grafana(number, panel, place)
            for number, (panel, place) in enumerate(zip(panels, places(panels), strict=True), 1)
        ],
    }


def places(panels: tuple[Panel, ...]) -> list[dict[str, int]]:
    """From left to right, then the next line; panels of one line are equally high."""
    found = []
    x = y = high = 0
    for panel in panels:
        if x + panel.wide > WIDTH:
            x, y = 0, y + high
        found.append({"x": x, "y": y, "w": panel.wide, "h": panel.high})
        x, high = x + panel.wide, panel.high
    return found


def as_grafana(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    options = dict(panel.options)
    base, first = options.pop("base", "green"), options.pop("first", None)
    steps = [{"color": base, "value": None}]
    steps += [
        {"color": colour, "value": value} for value, colour in ((first,) if first else ()) + panel.steps
    ]
    now = panel.kind == "bargauge"
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "gridPos": place,
        "datasource": DATASOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": DATASOURCE,
                "expr": expr,
                "legendFormat": legend or "__auto",
                "instant": now,
                "range": not now,
            }
            for place, (expr, legend) in enumerate(panel.asks)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "noValue": "none",
                "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": _lines(panel) if panel.kind == "timeseries" else {},
            },
            "overrides": [
                {
                    "matcher": {"id": "byName", "options": name},
                    "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
                }
                for name, colour in panel.colours.items()
            ],
        },
        "options": _OPTIONS[panel.kind] | options,
    }


def _lines(panel: Panel) -> dict[str, Any]:
    return {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if panel.stacked else 10,
        "showPoints": "auto",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if panel.steps else "off"},
    }


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": _LAST,
        "colorMode": "value",
        "graphMode": "area",
        "textMode": "value",
        "justifyMode": "center",
        "orientation": "auto",
    },
    "bargauge": {
        "reduceOptions": _LAST,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "minVizWidth": 0,
        "minVizHeight": 10,
    },
}


def made() -> dict[Path, str]:
    """File -> content."""
    return {
        WHERE / f"{uid}.json": json.dumps(dashboard(uid, title, panels), indent=1, ensure_ascii=False) + "\n"
        for uid, (title, panels) in DASHBOARDS.items()
    }


if __name__ == "__main__":
    for file, content in made().items():
        file.write_text(content)
