"""Intake, sending and the read side on real databases, against the simulator as a process of its own."""

import json
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy import event as sa_event

from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import new_id
from chassis.migrations import upgrade
from chassis.sealing import BlindIndex, Sealer, new_key
from chassis.unit_of_work import TABLES, Work
from contracts.envelope import Event
from contracts.registry import read_data
from services.notification import queries
from services.notification.channels.sms_http import SmsOverHttp, SmsSettings
from services.notification.domain.attempts import Answer, BackOff, Outcome
from services.notification.rulebook import load_rules
from services.notification.sender import Sender, SendingSettings
from services.notification.tables import messages, notices
from services.notification.texts import load_texts
from services.notification.usecases.sending import lease_due, settle
from services.notification.usecases.telling import Telling

ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = load_texts(zone=ZONE)
TELLING = Telling(load_rules(texts=TEXTS), TEXTS)
KEYS = f"k1:{new_key()}"
SEALER = Sealer.from_text(KEYS)
QUICK = SendingSettings(
    rate=5000, lease=3.0, margin=0.5, begin_within=1.0, back_off=BackOff(tries=5, first=0.1, longest=0.5)
)
PROCESS = Path(__file__).parent / "notification_sender.py"


# -- what the tests are made of --------------------------------------------------------------------------


def prepare(url: str) -> None:
    database = Database(url)
    upgrade("notification", database)
    database.dispose()  # a database in use cannot be copied


@pytest.fixture
def work(database_url: Callable[..., str]) -> Iterator[Work]:
    database = Database(database_url("notification", prepare))
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
        urllib.request.urlopen(request, timeout=5).close()

    def sent(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url.replace("/messages", "/sent"), timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def channel(self, **changed: Any) -> SmsOverHttp:
        return SmsOverHttp(SmsSettings(**{"url": self.url, "timeout": 1.0, **changed}))

    def sender(self, work: Work, settings: SendingSettings = QUICK, **channel: Any) -> Sender:
        return Sender(work, {"sms": self.channel(**channel)}, TEXTS, settings, self.pool.map)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.notification.simulator", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    url = process.stdout.readline().split()[-1]
    gateway = Gateway(process, url)
    yield gateway
    gateway.pool.shutdown()
    process.terminate()
    assert process.wait(10) == 0


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


def overdue(case_id: str, step: int = 1) -> Event:
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
        "kind": "first_contact",
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


def tell(work: Work, *events: Event) -> None:
    use_cases = {
        "case.opened": TELLING.on_case_opened,
        "case.changed": TELLING.on_case_changed,
        "task.overdue": TELLING.on_task_overdue,
    }
    for one in events:
        with work.unit() as uow:
            use_cases[one.type](uow, [one])


def tell_batch(work: Work, events: list[Event]) -> None:
    with work.unit() as uow:
        TELLING.on_case_opened(uow, events)


def states(work: Work) -> dict[str, int]:
    with work.database.read() as conn:
        return {state: n for state, n in queries.audit(conn)["messages_by_state"].items() if n}


def rows(work: Work) -> list[dict[str, Any]]:
    with work.database.read() as conn:
        return [dict(row) for row in conn.execute(select(messages).order_by(messages.c.id)).mappings()]


def told(work: Work, type: str) -> list[dict[str, Any]]:
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


def until(done: Callable[[], bool], sender: Sender | None = None, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "did not come to an end"
        if sender is None or not sender.run_once():
            time.sleep(0.05)


def nothing_waits(work: Work) -> Callable[[], bool]:
    return lambda: not {"pending", "sending"} & states(work).keys()


# -- intake ----------------------------------------------------------------------------------------------


def test_a_batch_of_cases_becomes_two_messages_each_in_few_statements(work: Work) -> None:
    statements: list[str] = []
    sa_event.listen(
        work.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: statements.append(statement),
    )
    tell_batch(work, [opened() for _ in range(200)])
    assert states(work) == {"pending": 400}
    assert sum("INSERT" in s for s in statements) == 2


def test_the_same_events_again_and_in_any_order_come_to_the_same(work: Work) -> None:
    case = new_id()
    events = [
        opened(case, team=[], assigned=False),
        changed(case, 2, ["assigned"]),
        changed(case, 3, ["stricter"], measure="central_isolation"),
        overdue(case),
    ]
    tell(work, *events)
    once = {(row["id"], row["rule"], row["staff_id"]) for row in rows(work)}
    with work.database.begin() as conn:
        conn.execute(delete(messages))
        conn.execute(delete(notices))
    random.shuffle(events)
    tell(work, *events, *events)
    assert {(row["id"], row["rule"], row["staff_id"]) for row in rows(work)} == once
    assert len(once) == 1 + 2 + 2 + 1


def test_no_personal_data_stands_in_the_tables(work: Work) -> None:
    one = opened()
    tell(work, one, overdue(one.data["case_id"]))
    opened_person = SEALER.unseal(one.data["person"])
    with work.database.read() as conn:
        text = repr(conn.execute(select(notices)).all()) + repr(conn.execute(select(messages)).all())
    for value in ("李红", "13911112222", opened_person["name"], opened_person["phone"], "大众巷"):
        assert value not in text


# -- sending ---------------------------------------------------------------------------------------------


def test_each_message_is_delivered_once_and_told_as_accepted(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(50)])
    until(nothing_waits(work), gateway.sender(work))
    assert states(work) == {"accepted": 100}
    sent = gateway.sent()
    assert (sent["delivered"], sent["keys"], sent["repeated"]) == (100, 100, 0)
    accepted = told(work, "message.accepted")
    assert len({one["id"] for one in accepted}) == 100
    assert {one["correlationid"] for one in accepted} == {"report-1"}
    assert {row["provider_reference"][:4] for row in rows(work)} == {"sim-"}


def test_a_gateway_that_fails_for_a_while_is_asked_again(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(10)])
    gateway.behave(fail_next=25, fail_status=503)
    until(nothing_waits(work), gateway.sender(work))
    assert states(work) == {"accepted": 20}
    assert max(row["attempts"] for row in rows(work)) >= 2


def test_a_message_waits_as_long_as_the_gateway_asked(work: Work, gateway: Gateway) -> None:
    tell(work, opened(team=[], assigned=False))
    gateway.behave(fail_next=1, fail_status=429, retry_after=1)
    began = time.monotonic()
    until(nothing_waits(work), gateway.sender(work))
    assert time.monotonic() - began >= 0.9


def test_after_the_last_try_a_human_is_told(work: Work, gateway: Gateway) -> None:
    case = opened(team=[], assigned=False)
    tell(work, case)
    gateway.behave(fail_share=1.0, fail_status=503)
    until(nothing_waits(work), gateway.sender(work, replace(QUICK, back_off=BackOff(tries=3, first=0.05))))
    assert states(work) == {"failed": 1}
    (told_once,) = told(work, "message.undeliverable")
    assert told_once["data"]["recipient"] == {"kind": "resident", "staff_id": None, "role": None}
    assert told_once["data"]["arrival_id"] == case.data["arrival_id"]
    assert (told_once["data"]["reason"], told_once["data"]["attempts"]) == ("http_503", 3)
    with work.database.read() as conn:
        (shown,) = queries.trace(conn, case.data["case_id"])["messages"]
    assert [(a["attempt"], a["state"]) for a in shown["attempts"]] == [
        (1, "pending"),
        (2, "pending"),
        (3, "failed"),
    ]


def test_a_bad_number_and_no_number_fail_at_once(work: Work, gateway: Gateway) -> None:
    nobody = SEALER.seal({"name": "无", "phone": None, "address": None})
    tell(
        work,
        opened(team=[], assigned=False, person=person(1, phone="call me")),
        opened(team=[], assigned=False, person=nobody),
    )
    until(nothing_waits(work), gateway.sender(work))
    assert {(row["state"], row["reason"], row["attempts"]) for row in rows(work)} == {
        ("failed", "http_422", 1),
        ("failed", "no_phone", 1),
    }
    assert len(told(work, "message.undeliverable")) == 2


def test_who_has_no_phone_is_told_on_that_of_the_household(work: Work, gateway: Gateway) -> None:
    household = new_id()
    child = SEALER.seal({"name": "王小明", "phone": None, "address": None})
    tell(work, opened(team=[], assigned=False, person=child, household_id=household))
    sender = gateway.sender(work)
    sender.run_once()
    assert [(row["state"], row["reason"]) for row in rows(work)] == [("pending", "no_phone")]
    tell(work, opened(team=[], assigned=False, household_id=household))
    until(nothing_waits(work), sender)
    assert states(work) == {"accepted": 2}
    sent = gateway.sent()
    assert (sent["keys"], sent["numbers"]) == (2, 1)


def test_a_household_without_any_phone_goes_to_a_human(work: Work, gateway: Gateway) -> None:
    nobody = SEALER.seal({"name": "王小明", "phone": None, "address": None})
    tell(work, opened(team=[], assigned=False, person=nobody, household_id=new_id()))
    until(nothing_waits(work), gateway.sender(work))
    assert [(row["state"], row["reason"], row["attempts"]) for row in rows(work)] == [
        ("failed", "no_phone", 3)
    ]
    assert len(told(work, "message.undeliverable")) == 1


def test_staff_who_cannot_be_reached_are_told_of_as_staff(work: Work, gateway: Gateway) -> None:
    tell(work, opened(team=[{"role": "grid_worker", "staff_id": "w7", "contact": None}]))
    until(nothing_waits(work), gateway.sender(work))
    (told_once,) = told(work, "message.undeliverable")
    assert told_once["data"]["recipient"] == {"kind": "staff", "staff_id": "w7", "role": "grid_worker"}


def test_a_late_answer_is_asked_for_again_under_the_same_key_and_delivered_once(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(5)])
    gateway.behave(late_ms=700, late_next=10)
    until(nothing_waits(work), gateway.sender(work, timeout=0.3))
    assert states(work) == {"accepted": 10}
    sent = gateway.sent()
    assert set(sent["per_key"].values()) == {1}
    assert sent["repeated"] >= 10


def test_without_keys_a_late_answer_makes_the_message_unknown_and_goes_to_a_human(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(5)])
    gateway.behave(late_ms=700, idempotent=False)
    sender = gateway.sender(work, timeout=0.3, idempotent=False)
    until(nothing_waits(work), sender)
    assert states(work) == {"unknown": 10}
    assert set(gateway.sent()["per_key"].values()) == {1}
    assert len(told(work, "message.undeliverable")) == 10


def test_a_gateway_that_is_away_is_waited_for_and_nothing_is_lost(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(50)])
    gateway.behave(away_s=3)
    patient = replace(QUICK, back_off=BackOff(tries=8, first=0.3))
    until(nothing_waits(work), gateway.sender(work, patient), seconds=40)
    assert states(work) == {"accepted": 100}
    assert set(gateway.sent()["per_key"].values()) == {1}


def test_two_senders_at_once_send_nothing_twice(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(200)])
    senders = [gateway.sender(work, replace(QUICK, batch=30)) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda sender: until(nothing_waits(work), sender), senders))
    sent = gateway.sent()
    assert (sent["delivered"], sent["repeated"]) == (400, 0)
    assert len(told(work, "message.accepted")) == 400


def test_no_more_are_sent_in_a_second_than_the_setting_says(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(100)])
    sender = gateway.sender(work, replace(QUICK, rate=40))
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 2, sender)
    seconds = time.monotonic() - began
    assert 40 <= gateway.sent()["delivered"] <= 40 * (seconds + 1)


def test_urgent_messages_go_first(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened(measure="inform_only") for _ in range(20)])
    tell_batch(work, [opened(measure="central_isolation") for _ in range(5)])
    gateway.sender(work, replace(QUICK, batch=10)).run_once()
    assert {row["template"] for row in rows(work) if row["state"] == "accepted"} == {
        "resident_central_isolation",
        "worker_case",
    }
    assert {row["urgency"] for row in rows(work) if row["state"] == "accepted"} == {0}


def test_what_a_later_event_made_untrue_is_not_sent(work: Work, gateway: Gateway) -> None:
    case = new_id()
    # out of order on purpose
    tell(work, changed(case, 2, ["stricter"], measure="central_isolation", days=7), opened(case))
    sender = gateway.sender(work)
    until(nothing_waits(work), sender)
    assert {(row["notice"], row["state"]) for row in rows(work)} == {
        ("changed:2", "accepted"),
        ("opened:1", "cancelled"),
    } | {("opened:1", "accepted") for row in rows(work) if row["staff_id"] and row["state"] == "accepted"}
    resident = {row["notice"]: row["state"] for row in rows(work) if row["recipient_kind"] == "resident"}
    assert resident == {"opened:1": "cancelled", "changed:2": "accepted"}


def test_an_assignment_leaves_the_residents_message_standing(work: Work, gateway: Gateway) -> None:
    case = new_id()
    tell(work, opened(case, team=[], assigned=False), changed(case, 2, ["assigned"]))
    until(nothing_waits(work), gateway.sender(work))
    assert states(work) == {"accepted": 3}


# -- crashes ---------------------------------------------------------------------------------------------


def test_a_dead_senders_messages_are_found_again_and_its_late_word_is_not_written(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel()}
    with work.unit() as uow:
        letters = lease_due(uow, limit=10, seconds=0.3, channels=channels, back_off=QUICK.back_off)
    assert len(letters) == 6
    with work.unit() as uow:
        assert lease_due(uow, limit=10, seconds=1, channels=channels, back_off=QUICK.back_off) == []
    time.sleep(0.4)
    until(nothing_waits(work), gateway.sender(work))
    assert states(work) == {"accepted": 6}
    with work.unit() as uow:
        late = [(letter, Outcome(Answer.REFUSED, "http_400")) for letter in letters]
        assert settle(uow, late, channels=channels, back_off=QUICK.back_off) == 0
    assert states(work) == {"accepted": 6}
    assert told(work, "message.undeliverable") == []


def test_without_keys_a_dead_senders_messages_go_to_a_human(work: Work, gateway: Gateway) -> None:
    tell_batch(work, [opened() for _ in range(3)])
    channels = {"sms": gateway.channel(idempotent=False)}
    with work.unit() as uow:
        lease_due(uow, limit=10, seconds=0.1, channels=channels, back_off=QUICK.back_off)
    time.sleep(0.2)
    until(nothing_waits(work), gateway.sender(work, idempotent=False))
    assert states(work) == {"unknown": 6}
    assert len(told(work, "message.undeliverable")) == 6
    assert gateway.sent()["delivered"] == 0


@pytest.mark.slow
def test_a_sender_killed_in_mid_send_loses_nothing_and_delivers_nothing_twice(
    work: Work, gateway: Gateway
) -> None:
    tell_batch(work, [opened() for _ in range(200)])
    gateway.behave(slow_ms=60)
    url = work.database.url.render_as_string(hide_password=False)
    kills = 0
    chance = random.Random(20221001)
    while not nothing_waits(work)():
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), url, gateway.url, KEYS],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
        )
        assert process.stdout and process.stdout.readline() == "sending\n"
        if kills < 6:
            time.sleep(chance.uniform(0.1, 0.5))
            process.send_signal(signal.SIGKILL)
            kills += 1
        else:
            try:
                until(nothing_waits(work), seconds=60)
            finally:
                process.kill()
        process.wait(10)
        process.stdout.close()
    assert kills == 6
    assert states(work) == {"accepted": 400}
    sent = gateway.sent()
    assert set(sent["per_key"]) == {row["id"] for row in rows(work)}
    assert set(sent["per_key"].values()) == {1}
    assert sent["repeated"] > 0, "no sender died between the gateway's delivery and the writing of it"
    assert len(told(work, "message.accepted")) == 400


def test_a_key_that_is_not_on_the_ring_yet_is_waited_for(work: Work, gateway: Gateway) -> None:
    tell(work, opened(team=[], assigned=False))
    other = replace(work, sealer=Sealer.from_text(f"k2:{new_key()}"))
    gateway.sender(other).run_once()
    (row,) = rows(work)
    assert (row["state"], row["reason"]) == ("pending", "seal_broken")


# -- the read side ---------------------------------------------------------------------------------------


def test_a_trace_shows_messages_attempts_and_on_request_the_text(work: Work, gateway: Gateway) -> None:
    case = opened()
    case_id = case.data["case_id"]
    tell(work, case, overdue(case_id))
    until(nothing_waits(work), gateway.sender(work))
    with work.database.read() as conn:
        plain = queries.trace(conn, case_id)
        masked = queries.trace(conn, case_id, sealer=SEALER)
        whole = queries.trace(conn, case_id, sealer=SEALER, texts=TEXTS)
    assert [n["notice"].partition(":")[0] for n in plain["notices"]] == ["opened", "overdue"]
    assert {m["state"] for m in plain["messages"]} == {"accepted"}
    assert all([a["state"] for a in m["attempts"]] == ["accepted"] for m in plain["messages"])
    assert "phone" not in plain["messages"][0]
    assert {m["phone"] for m in masked["messages"]} >= {"139****22"}
    name = SEALER.unseal(case.data["person"])["name"]
    texts = {m["template"].partition("@")[0]: m["text"] for m in whole["messages"]}
    assert (
        "居家隔离7天" in texts["resident_home_isolation"]
        and "李红13911112222" in texts["resident_home_isolation"]
    )
    assert name in texts["worker_case"] and "10月1日11:00前" in texts["worker_case"]
    assert name in texts["staff_overdue"] and "首次上门联系" in texts["staff_overdue"]
    orjson.dumps(whole)


def test_a_message_or_a_notice_removed_by_hand_unbalances_the_audit_and_is_named(work: Work) -> None:
    events = [opened() for _ in range(20)]
    tell_batch(work, events)
    with work.database.read() as conn:
        whole = queries.audit(conn)
        assert list(queries.told_cases(conn)) == sorted(e.data["case_id"] for e in events)
    assert (whole["balanced"], whole["messages_planned"], whole["messages_found"]) == (True, 40, 40)
    victim = next(row for row in rows(work) if row["recipient_kind"] == "resident")
    with work.database.begin() as conn:
        conn.execute(delete(messages).where(messages.c.id == victim["id"]))
    with work.database.read() as conn:
        short = queries.audit(conn)
    assert (short["balanced"], short["messages_missing"]) == (False, 1)
    assert short["missing"] == [
        {
            "case_id": victim["case_id"],
            "notice": "opened:1",
            "planned": 2,
            "found": 1,
            "missing": ["resident_home_isolation>resident"],
        }
    ]
    with work.database.begin() as conn:
        conn.execute(delete(notices).where(notices.c.case_id == events[0].data["case_id"]))
    with work.database.read() as conn:
        assert queries.audit(conn)["messages_without_notice"] >= 1


def test_a_state_that_is_none_unbalances_the_audit(work: Work) -> None:
    tell(work, opened())
    with work.database.begin() as conn:
        conn.execute(update(messages).values(state="nowhere"))
        assert conn.execute(select(func.count()).select_from(messages)).scalar_one() == 2
    with work.database.read() as conn:
        assert not queries.audit(conn)["balanced"]
