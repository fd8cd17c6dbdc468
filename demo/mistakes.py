"""Mistakes in reports: fields that need correction, and bodies that nobody can read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from stdnum.cn.ric import calc_check_digit

CLOUDEVENT = "application/cloudevents+json"
Wrong = list[tuple[str, str]]  # field and reason code that registration must name


def _break_checksum(person: dict[str, Any]) -> None:
    number = person["identity_number"]
    right = calc_check_digit(number)
    person["identity_number"] = number[:-1] + ("0" if right != "0" else "1")


def _checksum(data: dict[str, Any], now: datetime) -> Wrong:
    """Of everybody: otherwise only whoever has the wrong number waits for correction."""
    for person in (data["person"], *data["companions"]):
        _break_checksum(person)
    others = [f"companions[{number}]" for number in range(len(data["companions"]))]
    return [(f"{path}.identity_number", "identity_checksum") for path in ("person", *others)]


def _division(data: dict[str, Any], now: datetime) -> Wrong:
    data["stops"][0]["division"] = "999999"
    return [("stops[0].division", "division_unknown"), *_checksum(data, now)]


def _phone(data: dict[str, Any], now: datetime) -> Wrong:
    data["person"]["phone"] = "12345"
    return [("person.phone", "phone_invalid"), *_checksum(data, now)]


def _dates(data: dict[str, Any], now: datetime) -> Wrong:
    stop = data["stops"][0]
    stop["from"], stop["to"] = stop["to"], stop["from"]
    return [("stops[0].from", "stop_ends_before_it_begins"), *_checksum(data, now)]


def _future(data: dict[str, Any], now: datetime) -> Wrong:
    data["arrival"] = {"at": (now + timedelta(days=3)).isoformat(), "expected": False}
    return [("arrival.at", "arrival_in_future")]


def _not_a_date(data: dict[str, Any], now: datetime) -> Wrong:
    data["arrival"]["at"] = f"{now:%Y/%m/%d %H:%M}"
    return [("arrival.at", "contract")]


def _several(data: dict[str, Any], now: datetime) -> Wrong:
    data["person"]["phone"] = "12345"
    return [("person.phone", "phone_invalid"), *_division(data, now)]


MISTAKES: tuple[Callable[[dict[str, Any], datetime], Wrong], ...] = (
    _checksum,
    _division,
    _phone,
    _dates,
    _several,
    _future,
    _not_a_date,
)
"""Each leaves nobody who can be known, or a time that cannot be: the whole report waits for correction."""


def _text(event: dict[str, Any]) -> str:
    return orjson.dumps(event).decode()


BROKEN: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "not_json": lambda event: (_text(event)[:-40], CLOUDEVENT),
    "wrong_content_type": lambda event: (_text(event), "text/plain"),
    "unknown_type": lambda event: (_text(event | {"type": "arrival.imagined"}), CLOUDEVENT),
    "unknown_version": lambda event: (
        _text(event | {"dataschema": "urn:doorstep:arrival.reported:2"}),
        CLOUDEVENT,
    ),
    "no_id": lambda event: (_text({k: v for k, v in event.items() if k != "id"}), CLOUDEVENT),
}
