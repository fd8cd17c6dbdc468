"""A valid example of each event, as it travels. One story; everybody in it is invented."""

from __future__ import annotations

from typing import Any

from contracts.registry import EVENT_TYPES

REPORT_EVENT = "G2001/2022-10-01/05/12F"
REPORT = "0183917b-6c40-7d1e-9f3a-5b1d6a0e4c01"
ARRIVAL = "0183917b-6c41-7a52-8d10-3f0c9b7e2a11"
PERSON = "0183917b-6c41-7a52-8d10-3f0c9b7e2a12"
HOUSEHOLD = "0183917b-6c41-7a52-8d10-3f0c9b7e2a13"
TASK = "0183917b-70a9-7c33-b2f4-91d2c4e8aa21"
MESSAGE = "0183917b-74c2-7e19-a6c5-08c1d5f3bb31"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

# What a sealed field looks like; opens with no key.
SEALED = "k1.RXhhbXBsZSBvZiBhIHNlYWxlZCBmaWVsZDogbm8ga2V5IG9wZW5zIGl0Lg=="


def _event(
    type: str,
    data: dict[str, Any],
    *,
    source: str,
    id: str,
    time: str,
    subject: str | None = None,
    version: int | None = None,
    correlation: str = REPORT_EVENT,
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": time,
        "datacontenttype": "application/json",
    }
    if subject:
        event["subject"] = subject
    if source.startswith("/doorstep/"):
        event["dataschema"] = f"urn:doorstep:{type}:{EVENT_TYPES[type].major}"
        if version is not None:
            event["aggregateversion"] = version
        event["correlationid"] = correlation
        event["traceparent"] = f"00-{TRACE}-00f067aa0ba902b7-01"
    return {**event, "data": data}


def _from(
    service: str, type: str, subject: str, version: int, data: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return _event(
        type,
        data,
        source=f"/doorstep/{service}",
        id=f"{type}:{subject}:{version}",
        subject=subject,
        version=version,
        **more,
    )


def _reply(type: str, data: dict[str, Any]) -> dict[str, Any]:
    return _event(
        type,
        data,
        source="/doorstep/registration",
        id=f"{type}:{data['report_id']}",
        subject=data["report_id"],
        time=data["received_at"],
    )


_ARRIVAL: dict[str, Any] = {
    "arrival_id": ARRIVAL,
    "person_id": PERSON,
    "household_id": HOUSEHOLD,
    "person": SEALED,
    "language": "zh-CN",
    "arrived_at": "2022-09-30T22:12:00Z",
    "expected": False,
    "source_kinds": ["transport"],
    "reports": 1,
    "destination": {
        "division": "620102002",
        "street": "jiuquanlu",
        "community": "jiuquanlu-03",
        "grid": "jiuquanlu-03-g2",
        "placed_by": "name",
    },
    "worker": "w-0117",
    "risk": {
        "level": "medium",
        "certainty": "exact",
        "left_on": "2022-10-01",
        "areas": [
            {
                "list": "2022-10-01T08",
                "level": "medium",
                "division": "620402",
                "place": "白银市 白银区 京怡家园4号楼",
                "certainty": "exact",
                "stop": 0,
                "left_on": "2022-10-01",
            }
        ],
    },
    "change": None,
}

_CASE: dict[str, Any] = {
    "case_id": ARRIVAL,
    "arrival_id": ARRIVAL,
    "state": "open",
    "measure": "home_isolation",
    "days": 7,
    "counted_from": "2022-10-01",
    "release_on": "2022-10-08",
    "risk_level": "medium",
    "policy": {"policy_id": "cn-2022-06", "edition": "ninth edition (2022-06)"},
    "person": SEALED,
    "language": "zh-CN",
    "household_id": HOUSEHOLD,
    "street": "jiuquanlu",
    "community": "jiuquanlu-03",
    "grid": "jiuquanlu-03-g2",
    "team": [
        {"role": "grid_worker", "staff_id": "w-0117", "contact": SEALED},
        {"role": "health_worker", "staff_id": "h-0021", "contact": None},
    ],
    "assigned": True,
    "tasks_planned": 6,
    "today": [
        {
            "kind": "first_contact",
            "day": 0,
            "due_from": "2022-09-30T22:15:03Z",
            "due_by": "2022-10-01T00:15:03Z",
            "role": "grid_worker",
        }
    ],
}

_EVENTS = (
    _event(
        "arrival.reported",
        {
            "source_kind": "transport",
            "reference": "G2001/05/12F",
            "person": {
                "name": "安小满",
                "identity_type": "resident_id",
                "identity_number": "620102199003070018",
                "phone": "+8613800138000",
                "birth_date": None,
                "sex": None,
                "nationality": "CHN",
            },
            "companions": [
                {
                    "name": "安立夏",
                    "identity_type": "resident_id",
                    "identity_number": None,
                    "phone": None,
                    "birth_date": "2015-05-06",
                    "sex": "female",
                    "nationality": "CHN",
                }
            ],
            "stops": [
                {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-10-01"}
            ],
            "transport": {"mode": "train", "number": "G2001", "carriage": "05", "seat": "12F"},
            "arrival": {"at": "2022-10-01T06:12:00+08:00", "expected": False},
            "destination": {"division": "620102002", "address": "酒泉路街道 示例小区 3号楼 1单元 502"},
            "remarks": None,
            "language": "zh-CN",
        },
        source="/rail-lanzhou/departures",
        id=REPORT_EVENT,
        time="2022-10-01T06:15:00+08:00",
    ),
    _reply(
        "report.accepted",
        {
            "report_id": REPORT,
            "event": {"source": "/rail-lanzhou/departures", "id": REPORT_EVENT},
            "outcome": "registered",
            "arrival_ids": [ARRIVAL],
            "received_at": "2022-09-30T22:15:02Z",
        },
    ),
    _reply(
        "report.rejected",
        {
            "report_id": REPORT,
            "event": {"source": "/rail-lanzhou/departures", "id": REPORT_EVENT},
            "reasons": [
                {
                    "field": "person.identity_number",
                    "code": "identity_checksum",
                    "message": "the last character does not fit the others: check it against the document",
                },
                {"field": "stops[0].to", "code": "contract", "message": "Not a valid date."},
            ],
            "received_at": "2022-09-30T22:15:02Z",
        },
    ),
    _from("registration", "arrival.registered", ARRIVAL, 1, _ARRIVAL, time="2022-09-30T22:15:02Z"),
    _from(
        "registration",
        "arrival.reassessed",
        ARRIVAL,
        2,
        {
            **_ARRIVAL,
            "source_kinds": ["transport", "self"],
            "reports": 2,
            "risk": {**_ARRIVAL["risk"], "level": "high"},
            "change": {"why": ["stop_added", "risk_raised"], "previous_level": "medium"},
        },
        time="2022-10-01T01:40:11Z",
    ),
    _from(
        "registration",
        "risk_list.published",
        "2022-10-01T08",
        1,
        {
            "list_id": "2022-10-01T08",
            "published_at": "2022-10-01T00:00:00Z",
            "source": "疫情风险等级查询, as published",
            "official": {
                "data": {
                    "end_update_time": "2022-10-01 8时",
                    "hcount": 0,
                    "mcount": 1,
                    "highlist": [],
                    "middlelist": [
                        {
                            "type": "1",
                            "province": "甘肃省",
                            "city": "白银市",
                            "county": "白银区",
                            "area_name": "甘肃省 白银市 白银区",
                            "communitys": ["京怡家园4号楼"],
                        }
                    ],
                }
            },
        },
        time="2022-10-01T00:05:00Z",
        correlation="risk_list.published:2022-10-01T08:1",
    ),
    _from(
        "isolation",
        "policy.published",
        "cn-2022-06",
        1,
        {
            "policy_id": "cn-2022-06",
            "edition": "ninth edition (2022-06)",
            "title": "新型冠状病毒肺炎防控方案（第九版）",
            "source": "联防联控机制综发〔2022〕71号",
            "valid_from": "2022-06-27",
            "valid_to": None,
            "places": [],
            "document": {"policy_id": "cn-2022-06", "look_back_days": 7},
        },
        time="2022-06-27T08:00:00Z",
        correlation="policy.published:cn-2022-06:1",
    ),
    _from(
        "registration",
        "place.changed",
        "jiuquanlu-03",
        1,
        {
            "place_id": "jiuquanlu-03",
            "parent": "jiuquanlu",
            "level": "community",
            "name": "示例社区",
            "aliases": ["示例居委会"],
            "division": "620102002",
            "kind": None,
            "removed": False,
        },
        time="2022-09-28T03:00:00Z",
        correlation="place.changed:jiuquanlu-03:1",
    ),
    _from(
        "registration",
        "staff.changed",
        "w-0117",
        1,
        {
            "staff_id": "w-0117",
            "role": "grid_worker",
            "place": "jiuquanlu-03-g2",
            "active": True,
            "person": SEALED,
            "language": "zh-CN",
        },
        time="2022-09-28T03:00:00Z",
        correlation="staff.changed:w-0117:1",
    ),
    _from("isolation", "case.opened", ARRIVAL, 1, _CASE, time="2022-09-30T22:15:03Z"),
    _from(
        "isolation",
        "case.changed",
        ARRIVAL,
        2,
        {
            **_CASE,
            "measure": "central_isolation",
            "risk_level": "high",
            "change": {
                "kinds": ["stricter", "rescheduled"],
                "previous_measure": "home_isolation",
                "reason": "the arrival was assessed again",
            },
        },
        time="2022-10-01T01:40:12Z",
    ),
    _from(
        "isolation",
        "task.planned",
        ARRIVAL,
        1,
        {
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "tasks": [{**_CASE["today"][0], "task_id": TASK, "staff_id": "w-0117"}],
        },
        time="2022-09-30T22:15:03Z",
    ),
    _from(
        "isolation",
        "task.overdue",
        TASK,
        1,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "kind": "first_contact",
            "day": 0,
            "due_by": "2022-10-01T00:15:03Z",
            "step": 1,
            "tell": {
                "level": "worker",
                "place": "jiuquanlu-03-g2",
                "staff": [
                    {"staff_id": "w-0117", "role": "grid_worker", "contact": SEALED, "language": "zh-CN"}
                ],
            },
            "community": "jiuquanlu-03",
        },
        time="2022-10-01T00:15:10Z",
    ),
    _from(
        "notification",
        "message.accepted",
        MESSAGE,
        1,
        {
            "message_id": MESSAGE,
            "case_id": ARRIVAL,
            "recipient": {"kind": "resident", "staff_id": None, "role": None},
            "channel": "sms",
            "template": "case_opened/home_isolation/resident",
            "provider_reference": "gw-20221001-000417",
            "accepted_at": "2022-09-30T22:15:05Z",
        },
        time="2022-09-30T22:15:05Z",
    ),
    _from(
        "notification",
        "message.undeliverable",
        MESSAGE,
        1,
        {
            "message_id": MESSAGE,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "recipient": {"kind": "resident", "staff_id": None, "role": None},
            "channel": "sms",
            "template": "case_opened/home_isolation/resident",
            "reason": "the gateway does not know the number",
            "attempts": 1,
            "about": "opened:1",
            "level": None,
        },
        time="2022-09-30T22:15:05Z",
    ),
)

EXAMPLES = {event["type"]: event for event in _EVENTS}
"""Event type -> a whole event."""
