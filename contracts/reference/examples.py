"""Examples of risk lists, policies, places and staff."""

from __future__ import annotations

from contracts.story import SEALED, event, recorded_by

EXAMPLES = (
    recorded_by(
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
    recorded_by(
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
            "withdrawn": False,
            "announced": False,
        },
        time="2022-06-27T08:00:00Z",
        correlation="policy.published:cn-2022-06:1",
    ),
    recorded_by(
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
            "successor": None,
            "announced": False,
        },
        time="2022-09-28T03:00:00Z",
        correlation="place.changed:jiuquanlu-03:1",
    ),
    recorded_by(
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
            "replaced_by": None,
            "away_from": "2022-10-02T16:00:00Z",
            "away_to": "2022-10-03T16:00:00Z",
            "deputy": "w-0118",
            "duty_from": "2022-10-01T14:00:00Z",
            "duty_to": "2022-10-01T23:00:00Z",
            "announced": False,
        },
        time="2022-09-28T03:00:00Z",
        correlation="staff.changed:w-0117:1",
    ),
    event(
        "phones.changed",
        {
            "as_of": "2022-10-01T01:12:04Z",
            "phones": [
                {"staff_id": "w-0117", "until": "2022-10-31T01:12:02Z"},
                {"staff_id": "w-0118", "until": None},
            ],
        },
        source="/console/phones",
        id="phones-2022-10-01T01:12:04Z-1",
        time="2022-10-01T01:12:04Z",
    ),
    event(
        "enrolment.offered",
        {
            "staff_id": "w-0118",
            "link": "https://doorstep.example.cn/take-up/jT1v0Zq3xY7cPp5oW2rB8uKf6sLhNe4aDgMiVtXbQzE",
            "until": "2022-10-04T01:12:04Z",
        },
        source="/console/enrolment",
        id="01839a52-1d40-7b7e-9c11-7d0b5e2f4a61",
        time="2022-10-01T01:12:04Z",
    ),
    event(
        "staff.amended",
        {
            "staff_id": "w-0117",
            "what": "away",
            "expects": 1,
            "role": None,
            "place": None,
            "name": None,
            "phone": None,
            "language": None,
            "replaced_by": None,
            "away_from": "2022-10-03T00:00:00+08:00",
            "away_to": "2022-10-04T00:00:00+08:00",
            "deputy": "w-0118",
            "duty_from": None,
            "duty_to": None,
            "at": None,
        },
        source="/console/o-0021",
        id="0183918a-6b10-7f02-8d6c-2a9f5e71b003",
        time="2022-10-02T17:40:00+08:00",
    ),
)
