"""Building blocks for tests of notification: events, a database, and the gateway simulator as a process."""

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select, update

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.database.statements import database_now
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.sealing import BlindIndex, Sealer, new_key
from chassis.unit_of_work import Work
from contracts.envelope import Event
from contracts.registry import read_data
from services.notification.channels.answers import Answer, Outcome
from services.notification.channels.channel import Channel
from services.notification.channels.sms_http import SmsOverHttp, SmsSettings
from services.notification.messages import queries
from services.notification.messages.attempts import BackOff
from services.notification.messages.inform import plan_messages
from services.notification.messages.sender import Sender, SendingSettings
from services.notification.messages.states import SENDING
from services.notification.rules.pace import Pace
from services.notification.rules.reading import load_rules
from services.notification.tables import messages
from services.notification.texts.loading import load_texts
from tests.processes import start
from tests.waiting import PATIENCE_S, eventually

ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = load_texts(zone=ZONE)
RULES = load_rules(texts=TEXTS)
KEYS = f"k1:{new_key()}"
SEALER = Sealer.from_text(KEYS)
# By day and night, and as many as there are.
ANY_TIME = Pace(ZONE, a_day=10_000)
# Quick to try again, and patient with a gateway on a busy machine.
QUICK = SendingSettings(
    rate=5000,
    lease=90.0,
    margin=5.0,
    begin_within=60.0,
    back_off=BackOff(tries=5, first=0.1, longest=0.5),
    pace=ANY_TIME,
)
ANSWER_S = 30.0
ROOT = Path(__file__).parents[3]


def prepare(url: str) -> None:
    database = Database(url)
    upgrade("notification", database)
    database.dispose()  # a database in use cannot be copied


@contextmanager
def work_on(url: str) -> Iterator[Work]:
    database = Database(url)
    yield Work("notification", database, Clock(), SEALER, BlindIndex(b"i" * 32), ZONE)
    database.dispose()


@dataclass
class Gateway:
    """The simulator, asked over HTTP."""

    process: subprocess.Popen[str]
    url: str
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(20))

    def behave(self, **behaviour: Any) -> None:
        request = urllib.request.Request(
            self.url.replace("/messages", "/behaviour"), json.dumps(behaviour).encode(), method="PUT"
        )
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    def sent(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url.replace("/messages", "/sent"), timeout=PATIENCE_S) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def channel(self, **changed: Any) -> SmsOverHttp:
        return SmsOverHttp(SmsSettings(**{"url": self.url, "timeout": ANSWER_S, **changed}))

    def sender(
        self,
        work: Work,
        settings: SendingSettings = QUICK,
        monotonic: Callable[[], float] = time.monotonic,
        **channel: Any,
    ) -> Sender:
        return Sender(work, {"sms": self.channel(**channel)}, TEXTS, settings, self.pool.map, monotonic)


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    process = start(
        [sys.executable, "-m", "demo.sms_gateway", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout
    gateway = Gateway(process, process.stdout.readline().split()[-1])
    try:
        yield gateway
    finally:
        gateway.pool.shutdown()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


class Kept(Channel):
    """A gateway that keeps what it gets: (phone, text)."""

    name = "sms"
    address = "phone"
    setting = "DOORSTEP_SMS_URL"
    idempotent = True
    time_limit = 1.0

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    @classmethod
    def from_settings(cls, given: Mapping[str, str]) -> Self | None:
        return None

    def send(self, to: str, text: str, key: str) -> Outcome:
        self.sent.append((to, text))
        return Outcome(Answer.ACCEPTED)


def person(number: int, phone: str | None = None) -> str:
    return SEALER.seal(
        {
            "name": f"王建国{number}",
            "phone": phone or f"139{number:08d}",
            "identity_type": "resident_id",
            "identity_number": None,
            "address": f"张掖路街道大众巷{number}号",
        }
    )


def opened(
    case_id: str | None = None, *, version: int = 1, type: str = "case.opened", **changed: Any
) -> Event:
    case_id = case_id or new_id()
    number = random.randrange(10**8)
    data = {
        "case_id": case_id,
        "arrival_id": case_id,
        "state": "open",
        "measure": "home_isolation",
        "days": 7,
        "counted_from": "2022-10-01",
        "release_on": "2022-10-08",
        "risk_level": "medium",
        "policy": {"policy_id": "p", "edition": "ninth"},
        "person": person(number),
        "language": "zh-CN",
        "team": [
            {
                "role": "grid_worker",
                "staff_id": f"w{number % 50}",
                "contact": SEALER.seal({"name": "李红", "phone": "13911112222"}),
            }
        ],
        "assigned": True,
        "tasks_planned": 3,
        "today": [
            {
                "kind": "first_contact",
                "day": 0,
                "due_from": "2022-10-01T01:00:00Z",
                "due_by": "2022-10-01T03:00:00Z",
                "role": "grid_worker",
            }
        ],
        **changed,
    }
    return event(type, case_id, version, data)


def changed(case_id: str, version: int, kinds: list[str], **more: Any) -> Event:
    change = {"kinds": kinds, "previous_measure": "home_isolation", "reason": None}
    return opened(case_id, version=version, type="case.changed", change=change, **more)


def overdue(case_id: str, step: int = 1, kind: str = "escort_to_site") -> Event:
    """Of an urgent kind, of which staff are told at once, unless another is given."""
    task_id = new_id()
    staff = {
        "staff_id": "w1",
        "role": "grid_worker",
        "contact": SEALER.seal({"name": "李红", "phone": "13911112222"}),
        "language": "zh-CN",
    }
    data = {
        "task_id": task_id,
        "case_id": case_id,
        "arrival_id": case_id,
        "kind": kind,
        "day": 0,
        "due_by": "2022-10-01T03:00:00Z",
        "step": step,
        "tell": {"level": "worker", "place": "g1", "staff": [staff]},
        "community": "c1",
    }
    return event("task.overdue", task_id, step, data)


def event(type: str, subject: str, version: int, data: dict[str, Any]) -> Event:
    made = read_data(
        Event(
            id=f"{type}:{subject}:{version}",
            source="/doorstep/isolation",
            type=type,
            subject=subject,
            time=datetime.now(UTC),
            data=data,
            aggregateversion=version,
            correlationid="report-1",
        )
    )
    assert not made.problems, made.problems
    return made


def inform(work: Work, *events: Event) -> None:
    for one in events:
        with work.unit() as uow:
            plan_messages(uow, [one], RULES, ANY_TIME)


def inform_batch(work: Work, events: list[Event]) -> None:
    with work.unit() as uow:
        plan_messages(uow, events, RULES, ANY_TIME)


def states(work: Work) -> dict[str, int]:
    with work.database.read() as conn:
        return {state: n for state, n in queries.audit(conn)["messages_by_state"].items() if n}


def rows(work: Work) -> list[dict[str, Any]]:
    with work.database.read() as conn:
        return [dict(row) for row in conn.execute(select(messages).order_by(messages.c.id)).mappings()]


def recorded(work: Work, type: str) -> list[dict[str, Any]]:
    """Events of the type in the outbox, each checked against its contract."""
    with work.database.read() as conn:
        bodies = conn.execute(
            select(TABLES["outbox"].c.body).where(TABLES["outbox"].c.routing_key == type)
        ).scalars()
        found = [document for body in bodies for document in orjson.loads(body)]
    for document in found:
        made = Event(
            document["id"], document["source"], type, document["subject"], datetime.now(UTC), document["data"]
        )
        assert not read_data(made).problems
    return found


def send_all(work: Work, sender: Sender) -> None:
    """Until no message waits to be sent."""

    def sent() -> bool:
        while sender.run_once():
            pass
        return nothing_waits(work)

    eventually(sent)


def nothing_waits(work: Work) -> bool:
    return not {"pending", "sending"} & states(work).keys()


def leases_end(work: Work) -> None:
    """As time does: whoever leased messages has them no more."""
    with work.database.begin() as conn:
        long_ago = database_now(conn) - timedelta(hours=1)
        conn.execute(update(messages).where(messages.c.state == SENDING).values(due_at=long_ago))
