"""Building blocks for tests of registration: a database with places, staff and a list, and reports for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Table, select
from stdnum.cn.ric import calc_check_digit

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.database.tables import TABLES
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from contracts.envelope import ONE, Event, read_message
from contracts.registry import read_data
from services.registration import tables as t
from services.registration.intake.receive_reports import receive_reports
from services.registration.places.import_places import import_places
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official
from services.registration.staff.import_staff import import_staff

CHINA = ZoneInfo("Asia/Shanghai")
NOON = datetime(2022, 10, 1, 12, tzinfo=CHINA)
PLACES = """place_id,parent,level,name,aliases,division,kind
d,,district,城关区,,620102,
s1,d,street,拱星墩街道,拱星墩街,620102014,
c1,s1,community,枣林社区,枣林,,
c2,s1,community,段家滩社区,,,
g1,c1,grid,一网格,,,
y1,g1,courtyard,石榴雅苑,石榴苑,,managed
y2,c2,courtyard,和平家园,,,managed
"""
STAFF = """staff_id,role,place,name,phone,language,active
w1,grid_worker,g1,张三,13909310001,zh-CN,true
w2,grid_worker,g1,李四,13909310002,zh-CN,true
w3,grid_worker,c2,赵五,13909310003,zh-CN,true
"""


def risk_list(
    high: Sequence[str] = ("京怡家园4号楼",), medium: Sequence[str] = (), at: str = "2022-10-01 8时"
) -> dict[str, Any]:
    def rows(places: Sequence[str]) -> list[dict[str, Any]]:
        where = {"province": "甘肃省", "city": "白银市", "county": "白银区"}
        return [{**where, "communitys": list(places)}] if places else []

    return {
        "data": {
            "end_update_time": at,
            "hcount": len(high),
            "mcount": len(medium),
            "highlist": rows(high),
            "middlelist": rows(medium),
        }
    }


def identity_number(order: int) -> str:
    born = date(1960, 1, 1) + timedelta(days=order % 20_000)
    body = f"620402{born:%Y%m%d}{order % 1000:03d}"
    return body + calc_check_digit(body + "0")


def person(order: int, **changed: Any) -> dict[str, Any]:
    return {
        "name": f"旅客{order}",
        "identity_type": "resident_id",
        "identity_number": identity_number(order),
        "phone": f"139{order:08d}",
    } | changed


RISKY = {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-09-30"}
SAFE = {"division": "620502", "address": "某路1号", "from": "2022-09-20", "to": "2022-09-30"}


def report(
    order: int,
    *,
    publisher: str = "rail",
    id: str | None = None,
    at: str = "2022-10-01T10:00:00+08:00",
    time: str = "2022-10-01T10:30:00+08:00",
    people: Sequence[dict[str, Any]] | None = None,
    address: str = "石榴雅苑3号楼",
    stops: Sequence[dict[str, Any]] = (SAFE,),
    expected: bool = False,
    **data: Any,
) -> dict[str, Any]:
    """The event of one report, as JSON."""
    first, *others = people or [person(order)]
    return {
        "specversion": "1.0",
        "id": id or f"{publisher}-{order}",
        "source": f"/{publisher}/arrivals",
        "type": "arrival.reported",
        "time": time,
        "data": {
            "source_kind": "transport",
            "person": first,
            "companions": others,
            "stops": [dict(one) for one in stops],
            "arrival": {"at": at, "expected": expected},
            "destination": {"division": "620102", "address": address},
        }
        | data,
    }


def as_event(document: dict[str, Any]) -> Event:
    """As the chassis hands it over: read leniently, with the publisher of its routing key."""
    (event,) = read_message(orjson.dumps(document), ONE, publisher=document["source"].split("/")[1])
    return read_data(event)


class StandingClock(Clock):
    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def furnish(
    url: str, places: str, staff: str, listed: dict[str, Any] | None = None, at: datetime = NOON
) -> None:
    """Schema and reference data, made once and copied for each test.

    :param listed: an official list of risk areas; None: there is none yet.
    """
    made = Trial(url, StandingClock(at))
    upgrade("registration", made.database)
    with made.work.unit() as uow:
        import_places(uow, places)
        import_staff(uow, staff)
        if listed:
            import_risk_list(uow, read_official(listed, CHINA), "test")
    made.database.dispose()


def prepare(url: str) -> None:
    """With our places, staff and list, of which everybody has heard."""
    furnish(url, PLACES, STAFF, risk_list())
    made = Trial(url)
    with made.work.unit() as uow:
        uow.conn.execute(TABLES["outbox"].delete())
    made.database.dispose()


@dataclass
class Trial:
    """A registration service without a broker."""

    url: str
    clock: StandingClock = field(default_factory=lambda: StandingClock(NOON))

    def __post_init__(self) -> None:
        self.database = Database(self.url)
        self.sealer = Sealer({"k": b"s" * 32})
        self.work = Work("registration", self.database, self.clock, self.sealer, BlindIndex(b"i" * 32), CHINA)

    def receive(self, *documents: dict[str, Any], batch: int = 200) -> None:
        for start in range(0, len(documents), batch):
            events = [as_event(one) for one in documents[start : start + batch]]
            with self.work.unit() as uow:
                receive_reports(uow, events)

    def shuffled(self, documents: Iterable[dict[str, Any]], seed: int, batch: int) -> None:
        mixed = list(documents)
        random.Random(seed).shuffle(mixed)
        self.receive(*mixed, batch=batch)

    def rows(self, table: Table, *order: str) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(table).order_by(*(table.c[name] for name in order))).mappings())

    def arrivals(self) -> list[Any]:
        return self.rows(t.arrivals, "id")

    def waiting(self) -> list[Any]:
        """Arrivals that no worker has, the longest waiting first."""
        rows = self.rows(t.arrivals, "unassigned_since", "id")
        return [row for row in rows if row["unassigned_since"] is not None]

    def person_of(self, row: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.sealer.unseal(row["sealed"])
        return found

    def events(self, type: str) -> list[dict[str, Any]]:
        """The recorded events, in order; personal parts sealed."""
        with self.database.read() as conn:
            bodies = conn.execute(select(TABLES["outbox"].c.body).order_by(TABLES["outbox"].c.id)).scalars()
            return [event for body in bodies for event in orjson.loads(body) if event["type"] == type]

    def read(self, query: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        with self.database.read() as conn:
            return query(conn, *arguments, **options)


def outcomes(trial: Trial) -> list[str]:
    return sorted(row["outcome"] for row in trial.rows(t.reports, "id"))
