"""The arrivals that every pipeline gets: the same list, the same order, made from a number.

Unlike the sample day (demo.day) there are no repeats, no families and no errors: each event is one
person of one household who comes from a published high-risk place to a known courtyard, so that each must
end as one arrival, one case and its messages, and counts can be compared between pipelines.

Everybody is invented, in the number ranges that `demo/samples` uses because nobody has them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import orjson
from stdnum.cn import ric

from demo.people import counties
from demo.samples import PLACES, STAFF, sample

PUBLISHER = "bench"
SOURCE = f"/{PUBLISHER}/arrivals"

CHINA = timezone(timedelta(hours=8))
DAY = date(2022, 10, 1)

_NAMES = tuple(
    a + b + c for a in "王李张刘陈杨黄赵吴周徐孙" for b in "建志晓文秀海" for c in "国强红华英涛梅"
)
# High-risk places of the list of 2022-10-01 8:00 in demo/samples/.
_ORIGINS = (
    ("620402", "京怡家园4号楼"),
    ("150802", "曙光乡治丰二组"),
    ("610112", "草滩街道草一社区雅荷盛世名城小区3号楼"),
)
_BORN = date(1942, 1, 1)
_BIRTHDAYS = 23_000  # so that nobody is younger than 17
_SEQUENCES = ("996", "997", "998", "999")


def identity_number(number: int) -> str:
    """A resident identity number with a right check digit, different for each number below 30 million."""
    codes = _counties()
    number, day = divmod(number, _BIRTHDAYS)
    number, sequence = divmod(number, len(_SEQUENCES))
    return _identity_number(codes[number % len(codes)], _BORN + timedelta(days=day), _SEQUENCES[sequence])


def _identity_number(county: str, born: date, sequence: str) -> str:
    body = f"{county}{born:%Y%m%d}{sequence}"
    return body + ric.calc_check_digit(f"{body}0")  # it leaves out the last digit it is given


def event(number: int, run: str) -> dict[str, Any]:
    """The CloudEvent of one arrival. Same number, same person; `run` makes its id new."""
    came = datetime(DAY.year, DAY.month, DAY.day, 6, 0, tzinfo=CHINA) + timedelta(seconds=number % 7200)
    origin, spot = _ORIGINS[number % len(_ORIGINS)]
    courtyards = _courtyards()
    community, courtyard = courtyards[number % len(courtyards)]
    flat = number // len(courtyards)
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
                "name": _NAMES[number % len(_NAMES)],
                "identity_type": "resident_id",
                "identity_number": identity_number(number),
                "phone": f"165{number % 90_000_000:08d}",
                "birth_date": None,
                "sex": None,
                "nationality": "CHN",
            },
            "companions": [],
            "stops": [{"division": origin, "address": spot, "from": "2022-09-20", "to": "2022-10-01"}],
            "transport": {
                "mode": "train",
                "number": f"G{2001 + number % 40}",
                "carriage": f"{number % 16 + 1:02d}",
                "seat": f"{number % 20 + 1}F",
            },
            "arrival": {"at": came.isoformat(), "expected": False},
            "destination": {
                "division": community,
                "address": f"{courtyard}{flat // 60 + 1}号楼{flat // 20 % 3 + 1}单元{flat % 20 + 1:02d}室",
            },
            "remarks": None,
            "language": "zh-CN",
        },
    }


def lines(first: int, count: int, run: str) -> Iterator[bytes]:
    """`count` arrivals from number `first` on, one JSON text each."""
    for number in range(first, first + count):
        yield orjson.dumps(event(number, run))


@lru_cache(maxsize=1)
def _counties() -> tuple[str, ...]:
    """Those that have been counties for as long as anybody here has lived."""
    oldest = (
        code for code in sorted(counties()) if ric.is_valid(_identity_number(code, _BORN, _SEQUENCES[0]))
    )
    return tuple(oldest)


@lru_cache(maxsize=1)
def _courtyards() -> tuple[tuple[str, str], ...]:
    """(community code, courtyard name) of the sample places, where a grid worker is there to be told."""
    grids = {row["place"] for row in _rows(STAFF) if row["role"] == "grid_worker" and row["active"] == "true"}
    return tuple(
        (row["place_id"].partition("-")[0], row["name"])
        for row in _rows(PLACES)
        if row["level"] == "courtyard" and row["parent"] in grids
    )


def _rows(name: str) -> list[dict[str, str]]:
    with sample(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
