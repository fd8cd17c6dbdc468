"""What came of the days, beside what was played."""

from __future__ import annotations

from collections import Counter

from demo.report import Line
from operations.counts import Acts

MOST_MESSAGES = 12
"""A day to one member of staff, beside urgent ones."""


def lines(played: Counter[str], found: Acts) -> list[Line]:
    arrivals, cases, check_ins = found.arrivals, found.cases, found.check_ins
    contacts = arrivals.get("contacted", 0) + arrivals.get("verified", 0)
    return [
        Line("first contacts made", played["contacts"], contacts),
        Line("  tried in vain", played["no_answer"], arrivals.get("no_answer", 0)),
        Line("check-ins", played["check_ins"], check_ins["kept"]),
        Line("  abnormal", played["abnormal"], check_ins["abnormal"]),
        Line("  staff who were told of these at once", None, check_ins["told"]),
        Line("results of the laboratory", played["tests"], cases.get("test_result", 0)),
        Line("tasks done", played["task_done"], cases.get("task_done", 0)),
        Line("  tried in vain", played["task_attempt"], cases.get("task_attempt", 0)),
        Line("  not possible", played["task_not_possible"], cases.get("task_not_possible", 0)),
        Line("released by an officer", played["released"], cases.get("released", 0)),
        Line("overdue tasks acknowledged", played["acknowledged"], cases.get("tasks_acknowledged", 0)),
        Line(
            f"most messages to one member of staff a day, of {MOST_MESSAGES} at most",
            min(found.most_messages, MOST_MESSAGES),
            found.most_messages,
        ),
    ]
