"""Examples of reports of arrivals, their replies, and registered arrivals."""

from __future__ import annotations

from typing import Any

from contracts.story import (
    ARRIVAL,
    HOUSEHOLD,
    OTHER_ARRIVAL,
    PERSON,
    REPORT,
    REPORT_EVENT,
    SEALED,
    event,
    recorded_by,
    reply,
)

_ARRIVAL: dict[str, Any] = {
    "arrival_id": ARRIVAL,
    "person_id": PERSON,
    "household_id": HOUSEHOLD,
    "person": SEALED,
    "identity_index": "5e0f4b1c9a7d2e83",
    "language": "zh-CN",
    "arrived_at": "2022-09-30T22:12:00Z",
    "expected": False,
    "not_coming": False,
    "merged": False,
    "goes_on_as": None,
    "entered_on": None,
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
_TRANSFER = "01839181-2b7c-5a11-9d3e-4f5a6b7c8d9e"
_MOVING: dict[str, Any] = {
    "transfer_id": _TRANSFER,
    "arrivals": [ARRIVAL],
    "from_place": "春和社区",
    "to_place": "瑞祥社区",
}

EXAMPLES = (
    event(
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
            "arrival": {
                "at": "2022-10-01T06:12:00+08:00",
                "expected": False,
                "called_off": False,
                "entered_on": None,
            },
            "destination": {"division": "620102002", "address": "酒泉路街道 示例小区 3号楼 1单元 502"},
            "remarks": None,
            "language": "zh-CN",
        },
        source="/rail-lanzhou/departures",
        id=REPORT_EVENT,
        time="2022-10-01T06:15:00+08:00",
    ),
    event(
        "batch.closed",
        {"source": "/rail-lanzhou/departures", "day": "2022-10-01", "count": 1, "ids": [REPORT_EVENT]},
        source="/rail-lanzhou/departures",
        id="0183917b-7d20-7b44-9e51-60c2f1a9d041",
        time="2022-10-01T06:20:00+08:00",
    ),
    reply(
        "report.accepted",
        {
            "report_id": REPORT,
            "event": {"source": "/rail-lanzhou/departures", "id": REPORT_EVENT},
            "outcome": "registered",
            "arrival_ids": [ARRIVAL],
            "received_at": "2022-09-30T22:15:02Z",
            "to_correct": [
                {
                    "field": "companions[1].identity_number",
                    "code": "identity_checksum",
                    "message": "the check character does not fit: one character is wrong",
                }
            ],
        },
    ),
    reply(
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
    recorded_by("registration", "arrival.registered", ARRIVAL, 1, _ARRIVAL, time="2022-09-30T22:15:02Z"),
    recorded_by(
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
    event(
        "arrival.followed",
        {
            "arrival_id": ARRIVAL,
            "outcome": "no_answer",
            "at": "2022-10-01T09:20:00+08:00",
            "how": "seen",
            "arrived_at": None,
            "coming_at": None,
            "try_again_at": "2022-10-01T11:00:00+08:00",
            "destination": None,
            "note": None,
        },
        source="/police-chengguan/register",
        id="0183917c-1f20-7b44-9e51-60c2f1a9d051",
        time="2022-10-01T09:21:00+08:00",
    ),
    event(
        "arrival.following_taken_back",
        {"arrival_id": ARRIVAL, "number": 1, "at": None},
        source="/console/w-0117",
        id="0183917c-2f20-7b44-9e51-60c2f1a9d053",
        time="2022-10-01T09:24:00+08:00",
    ),
    recorded_by(
        "registration",
        "arrival.follow_up_taken_back",
        ARRIVAL,
        2,
        {
            "arrival_id": ARRIVAL,
            "arrival_version": 2,
            "number": 1,
            "outcome": "no_answer",
            "at": "2022-10-01T01:24:00Z",
            "by": "/console/w-0117",
        },
        time="2022-10-01T01:24:00Z",
    ),
    event(
        "person.mended",
        {
            "arrival_id": ARRIVAL,
            "name": None,
            "phone": "13800138007",
            "language": None,
            "destination": {"division": "620102002", "address": "酒泉路街道 示例小区 3号楼 2单元 502"},
            "companion": {"name": "安小寒", "birth_date": "2021-12-21"},
            "note": "the grandson sleeps in the small room",
            "at": None,
        },
        source="/console/w-0117",
        id="0183917d-77f0-7a90-b1d2-0c9a4e6f3304",
        time="2022-10-01T12:05:00+08:00",
    ),
    event(
        "arrival.placed",
        {
            "arrival_id": ARRIVAL,
            "place": "jiuquan-road-grid-3",
            "note": "the caretaker of the courtyard knows them",
            "expects": 2,
            "at": None,
        },
        source="/console/o-0021",
        id="0183917d-00c0-7c11-8e25-7d1b1e5a9c04",
        time="2022-10-01T09:58:00+08:00",
    ),
    event(
        "arrival.settled",
        {
            "arrival_id": OTHER_ARRIVAL,
            "decision": "passed_on",
            "note": "lives with a sister at Baiyin, whose community was called",
            "expects": 3,
            "at": None,
        },
        source="/console/o-0021",
        id="0183917d-01c0-7c11-8e25-7d1b1e5a9c05",
        time="2022-10-01T16:40:00+08:00",
    ),
    event(
        "report.corrected",
        {
            "report_id": REPORT,
            "data": {
                "source_kind": "transport",
                "person": {
                    "name": "安小满",
                    "identity_type": "resident_id",
                    "identity_number": "620102199003070018",
                    "phone": "+8613800138000",
                },
                "arrival": {"at": "2022-10-01T06:12:00+08:00", "expected": False},
                "destination": {"division": "620102002", "address": "酒泉路街道 示例小区 3号楼 1单元 502"},
            },
            "expects": 1,
            "at": None,
        },
        source="/console/o-0021",
        id="0183917d-02c0-7c11-8e25-7d1b1e5a9c02",
        time="2022-10-01T10:02:00+08:00",
    ),
    event(
        "duplicate.decided",
        {
            "first": ARRIVAL,
            "second": OTHER_ARRIVAL,
            "decision": "apart",
            "note": "cousins of one name: both were seen",
            "expects": 1,
            "at": None,
        },
        source="/console/o-0021",
        id="0183917e-12c0-7c11-8e25-7d1b1e5a9c03",
        time="2022-10-01T15:20:00+08:00",
    ),
    recorded_by(
        "registration",
        "arrival.followed_up",
        ARRIVAL,
        1,
        {
            "arrival_id": ARRIVAL,
            "arrival_version": 2,
            "household_id": HOUSEHOLD,
            "outcome": "no_answer",
            "state": "assigned",
            "at": "2022-10-01T01:20:00Z",
            "by": "/police-chengguan/register",
            "how": "seen",
            "attempts": 1,
            "try_again_at": "2022-10-01T03:00:00Z",
            "to_settle": [],
        },
        time="2022-10-01T01:21:01Z",
    ),
    event(
        "transfer.requested",
        {
            "arrival_id": ARRIVAL,
            "with_household": True,
            "place": "zhangyelu-01",
            "address": "瑞祥小区 2号楼 1单元 301",
            "moves_on": "2022-10-03",
            "note": "they look after their mother there",
            "at": None,
        },
        source="/console/o-0004",
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c71",
        time="2022-10-02T02:00:00Z",
    ),
    event(
        "transfer.decided",
        {
            "transfer_id": _TRANSFER,
            "decision": "accepted",
            "note": "the room is ready",
            "expects": 0,
            "at": None,
        },
        source="/console/o-0021",
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c72",
        time="2022-10-02T03:00:00Z",
    ),
    recorded_by(
        "registration",
        "transfer.asked",
        _TRANSFER,
        1,
        {
            **_MOVING,
            "answer_by": "2022-10-03T02:00:00Z",
            "staff": [
                {"staff_id": "o-0021", "role": "community_officer", "contact": SEALED, "language": "zh-CN"}
            ],
        },
        time="2022-10-02T02:00:01Z",
    ),
    recorded_by(
        "registration",
        "transfer.answered",
        _TRANSFER,
        1,
        {
            **_MOVING,
            "decision": "accepted",
            "staff": [
                {"staff_id": "o-0004", "role": "community_officer", "contact": SEALED, "language": "zh-CN"}
            ],
        },
        time="2022-10-02T03:00:01Z",
    ),
    recorded_by(
        "registration",
        "possible_duplicate.opened",
        f"{ARRIVAL}:{OTHER_ARRIVAL}",
        1,
        {
            "why": "two_places",
            "arrivals": [
                {
                    "arrival_id": ARRIVAL,
                    "street": "jiuquanlu",
                    "community": "jiuquanlu-03",
                    "grid": "jiuquanlu-03-g2",
                    "place": "春和社区 二网格",
                    "staff": [
                        {"staff_id": "w-0117", "role": "grid_worker", "contact": SEALED, "language": "zh-CN"}
                    ],
                },
                {
                    "arrival_id": OTHER_ARRIVAL,
                    "street": "zhangyelu",
                    "community": "zhangyelu-01",
                    "grid": None,
                    "place": "瑞祥社区",
                    "staff": [
                        {
                            "staff_id": "o-0021",
                            "role": "community_officer",
                            "contact": SEALED,
                            "language": "zh-CN",
                        }
                    ],
                },
            ],
        },
        time="2022-10-01T02:05:40Z",
    ),
)

CALLED_OFF = event(
    "arrival.reported",
    {
        "source_kind": "self",
        "reference": "returning-20221003-0417",
        "person": {
            "name": "安小满",
            "identity_type": "resident_id",
            "identity_number": "620102199003070018",
            "phone": "+8613800138000",
        },
        "arrival": {"at": "2022-10-03T18:00:00+08:00", "expected": True, "called_off": True},
        "destination": {"division": "620102002", "address": "酒泉路街道 示例小区 3号楼 1单元 502"},
    },
    source="/returning-home/form",
    id="returning-20221003-0417/2",
    time="2022-10-02T09:30:00+08:00",
)
"""A coming that was announced, and is called off under the same reference."""
