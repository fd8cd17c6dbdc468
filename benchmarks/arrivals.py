"""The arrivals that every pipeline gets: the same list, the same order, made from a number.

Unlike the sample day there are no repeats, no families and no errors: each event is one person of one
household who comes from a listed place, so that each must end as one arrival, one case and its messages,
and counts can be compared between pipelines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson

PUBLISHER = "bench"
SOURCE = f"/{PUBLISHER}/arrivals"

CHINA = timezone(timedelta(hours=8))
DAY = date(2022, 10, 1)

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = ("伟", "芳", "娜", "敏", "静", "秀英", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "建国", "志强", "晓红")
# In the official list of 2022-10-01 08:00; the destinations are sub-districts of Chengguan, Lanzhou.
_ORIGINS = (("620402", "京怡家园4号楼"), ("620402", "京怡家园4号楼2单元"))
_DESTINATIONS = (
    ("620102001", "酒泉路"),
    ("620102002", "张掖路"),
    ("620102003", "雁南路"),
    ("620102005", "伏龙坪"),
    ("620102008", "东岗西路"),
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_BIRTHDAYS = 23_000  # days from 1942, so that nobody is younger than 17


def identity_number(number: int) -> str:
    """A valid 18-digit resident identity number; different for each number below 23 million."""
    born = date(1942, 1, 1) + timedelta(days=number % _BIRTHDAYS)
    body = f"620102{born:%Y%m%d}{number // _BIRTHDAYS % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def event(number: int, run: str) -> dict[str, Any]:
    """The CloudEvent of one arrival. Same number, same person; `run` makes its id new."""
    came = datetime(DAY.year, DAY.month, DAY.day, 6, 0, tzinfo=CHINA) + timedelta(seconds=number % 7200)
    origin, street = _ORIGINS[number % len(_ORIGINS)]
    destination, road = _DESTINATIONS[number % len(_DESTINATIONS)]
    name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number // len(_SURNAMES) % len(_GIVEN)]
    return {
        "specversion": "1.0",
        "id": f"{run}-{number}",
        "source": SOURCE,
        "type": "arrival.reported",
        "time": came.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "source_kind": "transport",
            "reference": f"G{2001 + number % 40}/{number % 16 + 1:02d}/{number % 20 + 1}F",
            "person": {
                "name": name,
                "identity_type": "resident_id",
                "identity_number": identity_number(number),
                "phone": f"139{number % 100_000_000:08d}",
                "birth_date": None,
                "sex": None,
                "nationality": "CHN",
            },
            "companions": [],
            "stops": [
                {"division": origin, "address": street, "from": "2022-09-20", "to": "2022-10-01"},
                {"division": "620102", "address": None, "from": "2022-10-01", "to": "2022-10-01"},
            ],
            "transport": {
                "mode": "train",
                "number": f"G{2001 + number % 40}",
                "carriage": f"{number % 16 + 1:02d}",
                "seat": f"{number % 20 + 1}F",
            },
            "arrival": {"at": came.isoformat(), "expected": False},
            "destination": {"division": destination, "address": f"{road}{number % 900 + 1}号{number // 900 + 1}室"},
            "remarks": None,
            "language": "zh-CN",
        },
    }


def lines(first: int, count: int, run: str) -> Iterator[bytes]:
    """`count` arrivals from number `first` on, one JSON text each."""
    for number in range(first, first + count):
        yield orjson.dumps(event(number, run))
