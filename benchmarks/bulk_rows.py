"""The rows that the bulk load puts into each table: SQL for every column, in terms of the arrival's number.

`i` is the number of the arrival, `at` when it came, `ms` that time as the first 48 bits of an id, `j` the
number of the row among those of one arrival.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import orjson

from benchmarks.arrivals import event
from chassis.sealing import Sealer
from services.registration.persons.keys import FORM
from services.registration.persons.likeness import FORM as LIKENESS_FORM
from services.registration.reports.report import SEAL_PURPOSE

KEYS = {"bulk": os.urandom(32)}
"""Of this process; whoever does not ask for them cannot open what was loaded."""
_SEALS = 32  # different seals of one kind; rows take them in turn
_GRIDS = 300


@dataclass(frozen=True, slots=True)
class Rows:
    """`each` rows of a table for every arrival that `where` lets through."""

    table: str
    columns: Mapping[str, str] = field(repr=False)
    each: int = 1
    where: str = ""


def new_id(kind: str, numbers: str = "i", version: int = 7) -> str:
    """A time-ordered UUID, the same for the same kind and numbers in every database."""
    digest = f"md5('{kind}' || {numbers})"
    timed = f"overlay({digest} placing ms from 1)"
    return f"overlay(overlay({timed} placing '{version}' from 13) placing '8' from 17)::uuid"


def key(kind: str, numbers: str = "i") -> str:
    """A value that looks like a blind index: 32 hex characters in no order."""
    return f"md5('{kind}' || {numbers} || 'blind')"


@cache
def sealed(kind: str) -> str:
    """One of some real seals."""
    sealer = Sealer(KEYS)
    seals = []
    for number in range(_SEALS):
        reported = event(number, "bulk")
        person, destination = reported["data"]["person"], reported["data"]["destination"]
        known = {name: person[name] for name in ("name", "phone", "identity_type", "identity_number")}
        contact = {"name": person["name"], "phone": person["phone"]}
        what = {
            "report": reported,
            "person": {**known, "address": destination["address"]},
            "contact": contact,
        }
        seals.append(sealer.seal(what[kind], SEAL_PURPOSE if kind == "report" else "person"))
    listed = ", ".join(f"'{seal}'" for seal in seals)
    return f"(ARRAY[{listed}])[1 + i %% {_SEALS}]"


def json(value: object) -> str:
    return "'" + orjson.dumps(value).decode().replace("%", "%%").replace("'", "''") + "'"


ARRIVAL, PERSON, HOUSEHOLD = new_id("arrival"), new_id("person"), new_id("household")
_STREET = "'620102' || lpad((1 + i %% 24)::text, 3, '0')"
_COMMUNITY = f"{_STREET} || '80' || (1 + i / 24 %% 3)"
_GRID = f"{_COMMUNITY} || '-g' || (1 + i %% 3)"
_WORKER = f"'w' || lpad((1 + i %% {_GRIDS})::text, 4, '0')"
_EVENT_ID = "md5('event' || i)::uuid::text"
_OVER = "at + interval '7 days'"
# Chassis tables live in real time: within their retention, so that nothing is cleaned away meanwhile.
_HANDLED = "now() - interval '20 days' * (1 - i / %(all)s::float8)"
_PUBLISHED = "now() - interval '5 days' * (1 - i / %(all)s::float8)"


def _inbox(handler: str, source: str, event_id: str) -> Rows:
    columns = {"handler": f"'{handler}'", "source": source, "event_id": event_id}
    return Rows("inbox", {**columns, "body_hash": "substr(md5('body' || i), 1, 16)", "handled_at": _HANDLED})


def _outbox(routing_key: str) -> Rows:
    """A message of fifty events, its body kept short: nobody reads it, and disk is not measured."""
    columns = {
        "id": new_id("outbox"),
        "exchange": "'doorstep.events'",
        "routing_key": f"'{routing_key}'",
        "events": "50",
        "body": sealed("report"),
        "created_at": _PUBLISHED,
        "published_at": _PUBLISHED,
    }
    return Rows("outbox", columns, where="i %% 50 = 0")


REGISTRATION = (
    Rows(
        "reports",
        {
            "id": new_id("report"),
            "source": "'/rail-lanzhou/departures'",
            "event_id": _EVENT_ID,
            "publisher": "'rail-lanzhou'",
            "reported_at": "at",
            "received_at": "at",
            "outcome": "'registered'",
            "arrival_id": ARRIVAL,
            "sealed": sealed("report"),
            "correlation_id": _EVENT_ID,
        },
    ),
    Rows(
        "person_keys",
        {
            "key": "CASE j WHEN 0 THEN " + key("identity") + " ELSE " + key("phone") + " END",
            "person_id": PERSON,
            "form": str(FORM),
        },
        each=2,
    ),
    Rows(
        "arrivals",
        {
            "id": ARRIVAL,
            "version": "1",
            "state": "'assigned'",
            "person_id": PERSON,
            "household_id": HOUSEHOLD,
            "sealed": sealed("person"),
            "language": "'zh-CN'",
            "arrived_at": "at",
            "expected": "false",
            "source_kinds": json(["transport"]),
            "reports": "1",
            "place_key": _COMMUNITY,
            "placed_with": "1",
            "likeness_form": str(LIKENESS_FORM),
            "division": _COMMUNITY,
            "street": _STREET,
            "community": _COMMUNITY,
            "grid": _GRID,
            "placed_by": "'code'",
            "worker": _WORKER,
            "risk_level": "'high'",
            "risk_certainty": "'exact'",
            "left_on": "at::date",
            "risk_areas": json(
                [
                    {
                        "list": "2022-09-01T08",
                        "level": "high",
                        "division": "620402",
                        "place": "京怡家园4号楼",
                        "certainty": "exact",
                        "stop": 0,
                    }
                ]
            ),
            "risk_list": "'2022-09-01T08'",
            "correlation_id": _EVENT_ID,
            "created_at": "at",
            "updated_at": "at",
        },
    ),
    _inbox("registration.receive_report", "'/rail-lanzhou/departures'", _EVENT_ID),
    _outbox("arrival.registered"),
)

ISOLATION = (
    Rows(
        "cases",
        {
            "case_id": ARRIVAL,
            "version": "1",
            "arrival_version": "1",
            "state": "'released'",
            "measure": "'central_isolation'",
            "days": "7",
            "counted_from": "at::date",
            "release_on": f"({_OVER})::date",
            "risk_level": "'high'",
            "policy_id": "'cn-2022-06'",
            "policy_epoch": "1",
            "chapters": '\'[[1,"\' || at || \'",[["high","\' || at::date || \'"]],"cn-2022-06"]]\'',
            "arrived_at": "at",
            "person": sealed("person"),
            "language": "'zh-CN'",
            "household_id": HOUSEHOLD,
            "division": _COMMUNITY,
            "street": _STREET,
            "community": _COMMUNITY,
            "grid": _GRID,
            "worker": _WORKER,
            "team": json(
                [["grid_worker", "w0001"], ["health_worker", "h0001"], ["community_officer", "o0001"]]
            ),
            "owner": _WORKER,
            "staff_epoch": "1",
            "tasks_planned": "8",
            "plan_number": "7",
            "notes": "2",
            "planned_until": f"({_OVER})::date",
            "opened_at": "at",
            "closed_at": _OVER,
            "correlation_id": _EVENT_ID,
        },
    ),
    Rows(
        "tasks",
        {
            "task_id": new_id("task", "i || '-' || j"),
            "case_id": ARRIVAL,
            "kind": "(ARRAY['visit','test','check_in','check_in'])[1 + j %% 4]",
            "about": "''",
            "day": "j / 2",
            "due_from": "at + interval '12 hours' * j",
            "due_by": "at + interval '12 hours' * (j + 1)",
            "role": "(ARRAY['grid_worker','health_worker','resident'])[1 + j %% 3]",
            "staff_id": _WORKER,
            "state": "'done'",
            "told": "0",
        },
        each=8,
    ),
    Rows(
        "case_history",
        {
            "case_id": ARRIVAL,
            "number": "1 + j",
            "at": "at + interval '7 days' * j",
            "what": "(ARRAY['opened','released'])[1 + j]",
            "event_id": f"CASE j WHEN 0 THEN 'arrival.registered:' || {ARRIVAL} || ':1' END",
            "detail": json({"measure": "central_isolation", "policy": "cn-2022-06"}),
        },
        each=2,
    ),
    _inbox("isolation.open_case", "'/doorstep/registration'", f"'arrival.registered:' || {ARRIVAL} || ':1'"),
    _outbox("case.opened"),
)

_MESSAGE = new_id("message", "i || '-' || j", version=8)
NOTIFICATION = (
    Rows(
        "notices",
        {
            "case_id": ARRIVAL,
            "notice": "'opened:1'",
            "arrival_id": ARRIVAL,
            "household_id": HOUSEHOLD,
            "event": "'case.opened'",
            "version": "1",
            "supersedes": "false",
            "planned": "2",
            "plan": f"'resident_central_isolation>resident,worker_at_the_door>' || {_WORKER}",
            "person": sealed("person"),
            "worker": sealed("contact"),
            "parameters": json(
                {
                    "measure": "central_isolation",
                    "days": 7,
                    "counted_from": "2022-09-01",
                    "release_on": "2022-09-08",
                    "risk_level": "high",
                }
            ),
            "correlation_id": _EVENT_ID,
            "handled_at": "at",
        },
    ),
    Rows(
        "messages",
        {
            "id": _MESSAGE,
            "case_id": ARRIVAL,
            "notice": "'opened:1'",
            "rule": "(ARRAY['resident_central_isolation','worker_at_the_door'])[1 + j]",
            "recipient_kind": "(ARRAY['resident','staff'])[1 + j]",
            "staff_id": f"CASE j WHEN 1 THEN {_WORKER} END",
            "role": "CASE j WHEN 1 THEN 'grid_worker' END",
            "contact": f"CASE j WHEN 1 THEN {sealed('contact')} END",
            "language": "'zh-CN'",
            "template": "(ARRAY['resident_central_isolation','worker_case'])[1 + j]",
            "template_version": "1",
            "channels": "'sms'",
            "urgency": "0",
            "state": "'delivered'",
            "due_at": _HANDLED,
            "attempts": "1",
            "provider_reference": "substr(md5('sms' || i || j), 1, 20)",
            "created_at": "at",
        },
        each=2,
    ),
    Rows(
        "message_attempts",
        {
            "message_id": _MESSAGE,
            "id": new_id("attempt", "i || '-' || j"),
            "at": "at",
            "channel": "'sms'",
            "attempt": "1",
            "state": "'delivered'",
        },
        each=2,
    ),
    _inbox("notification.tell_case_opened", "'/doorstep/isolation'", f"'case.opened:' || {ARRIVAL} || ':1'"),
)

ROWS = {"registration": REGISTRATION, "isolation": ISOLATION, "notification": NOTIFICATION}
