"""Messages are planned when cases open and change, and trace and audit know them."""

import random

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy import event as sa_event

from chassis.handover import stream
from chassis.ids import new_id
from chassis.unit_of_work import Work
from services.notification import handover
from services.notification.messages import queries
from services.notification.tables import messages, notices
from tests.integration.notification.trial import (
    SEALER,
    TEXTS,
    Gateway,
    changed,
    inform,
    inform_batch,
    opened,
    overdue,
    rows,
    send_all,
    states,
)


def test_a_batch_of_cases_becomes_two_messages_each_in_few_statements(work: Work) -> None:
    statements: list[str] = []
    sa_event.listen(
        work.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: statements.append(statement),
    )
    inform_batch(work, [opened() for _ in range(200)])
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
    inform(work, *events)
    once = {(row["id"], row["rule"], row["staff_id"]) for row in rows(work)}
    with work.database.begin() as conn:
        conn.execute(delete(messages))
        conn.execute(delete(notices))
    random.shuffle(events)
    inform(work, *events, *events)
    assert {(row["id"], row["rule"], row["staff_id"]) for row in rows(work)} == once
    assert len(once) == 1 + 2 + 2 + 1


def test_no_personal_data_stands_in_the_tables(work: Work) -> None:
    one = opened()
    inform(work, one, overdue(one.data["case_id"]))
    opened_person = SEALER.unseal(one.data["person"])
    with work.database.read() as conn:
        text = repr(conn.execute(select(notices)).all()) + repr(conn.execute(select(messages)).all())
    for value in ("李红", "13911112222", opened_person["name"], opened_person["phone"], "大众巷"):
        assert value not in text


def test_a_trace_shows_messages_attempts_and_on_request_the_text(work: Work, gateway: Gateway) -> None:
    case = opened()
    case_id = case.data["case_id"]
    inform(work, case, overdue(case_id))
    send_all(work, gateway.sender(work))
    with work.database.read() as conn:
        plain = queries.trace(conn, case_id)
        masked = queries.trace(conn, case_id, sealer=SEALER)
        whole = queries.trace(conn, case_id, sealer=SEALER, texts=TEXTS)
    assert [n["notice"].partition(":")[0] for n in plain["notices"]] == ["opened", "overdue"]
    assert {m["state"] for m in plain["messages"]} == {"accepted"}
    assert all([a["state"] for a in m["attempts"]] == ["accepted"] for m in plain["messages"])
    assert "phone" not in plain["messages"][0]
    assert {m["phone"] for m in masked["messages"]} >= {"139****2222"}
    texts = {m["template"].partition("@")[0]: m["text"] for m in whole["messages"]}
    assert (
        "居家隔离7天" in texts["resident_home_isolation"]
        and "李红13911112222" in texts["resident_home_isolation"]
    )
    assert "王建国" in texts["worker_case"] and "10月1日11:00前" in texts["worker_case"]
    assert "王建国" in texts["staff_overdue"] and "转运接送" in texts["staff_overdue"]
    orjson.dumps(whole)


def test_a_message_or_a_notice_removed_by_hand_unbalances_the_audit_and_is_named(work: Work) -> None:
    events = [opened() for _ in range(20)]
    inform_batch(work, events)
    with work.database.read() as conn:
        whole = queries.audit(conn)
        assert list(stream(conn, handover.taken_in(conn))) == [
            (id, 1) for id in sorted(e.data["case_id"] for e in events)
        ]
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
    inform(work, opened())
    with work.database.begin() as conn:
        conn.execute(update(messages).values(state="nowhere"))
        assert conn.execute(select(func.count()).select_from(messages)).scalar_one() == 2
    with work.database.read() as conn:
        assert not queries.audit(conn)["balanced"]
