"""What came of the days, beside what was played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from demo.days.played import Played
from demo.report import Line
from operations.counts import Acts
from services.isolation.door import Became

MOST_MESSAGES = 12
"""A day to one member of staff, beside urgent ones."""
_ENDS = {
    "released": "released by an officer",
    "informed": "only informed, and followed no more",
    "moved_to_hospital": "moved to hospital",
    "moved_to_central": "moved to central isolation",
    "cancelled": "called off: not here, never came, followed elsewhere",
    "transferred": "handed on to another place",
    "expected": "still expected, and called again",
}
_KNOWN = ("released", "moved_to_hospital", "moved_to_central", "cancelled", "transferred")
"""Ends to which nothing leads but what is played."""


def lines(played: Played, found: Acts, became: Mapping[str, Became]) -> list[Line]:
    return [*_said(played.counts, found), *_ends(played, became)]


def _said(played: Counter[str], found: Acts) -> list[Line]:
    arrivals, cases, check_ins = Counter(found.arrivals), Counter(found.cases), found.check_ins
    found_ones = arrivals["contacted"] + arrivals["verified"]
    always = [
        Line("first contacts made", played["contacts"], found_ones),
        Line("  tried in vain", played["no_answer"], arrivals["no_answer"]),
        Line("check-ins", played["check_ins"], check_ins["kept"]),
        Line("  abnormal", played["abnormal"], check_ins["abnormal"]),
        Line("  staff who were told of these at once", None, check_ins["told"]),
        Line("results of the laboratory", played["tests"], cases["test_result"]),
        Line("tasks done", played["task_done"], cases["task_done"]),
        Line("  tried in vain", played["task_attempt"], cases["task_attempt"]),
        Line("  not possible", played["task_not_possible"], cases["task_not_possible"]),
        Line("released by an officer", played["released"], cases["released"]),
        Line("overdue tasks acknowledged", played["acknowledged"], cases["tasks_acknowledged"]),
    ]
    now_and_then = [
        Line("not here", played["not_here"], arrivals["not_here"]),
        Line("living elsewhere", played["lives_elsewhere"], arrivals["lives_elsewhere"]),
        Line("  settled by an officer", played["settled"], arrivals["settled"]),
        Line("expected, and coming later", played["not_yet_come"], arrivals["not_yet_come"]),
        Line("put to a place by the district", played["placed"], arrivals["placed"]),
        Line("needs asked for", played["needs"], cases["need"]),
        Line("  met", played["need_met"], cases["need_met"]),
        Line("leave asked for", played["leave_asked"], cases["permit_requested"]),
        Line("  granted", played["leave_granted"], cases["permit_granted"]),
        Line("  refused", played["leave_refused"], cases["permit_refused"]),
        Line("passages seen at a gate", played["passages"], cases["passage_out"] + cases["passage_back"]),
        Line("  back late", played["late"], cases["late_back"]),
        Line("  slipped out without leave", played["slipped"], cases["no_permit"]),
        Line("  judged, with a reason", played["breach_explained"], cases["breach_explained"]),
        Line("  judged, and admonished", played["breach_confirmed"], cases["breach_confirmed"]),
        Line("moves to another community", played["transfer_requested"], arrivals["transfer_requested"]),
        Line("  taken over there", played["transfer_accepted"], arrivals["transfer_accepted"]),
        Line("  not taken over", played["transfer_refused"], arrivals["transfer_refused"]),
        Line("moves to another district asked for", played["transfer_asked"], cases["transfer_asked"]),
        Line("  not taken over", played["not_taken_over"], cases["not_taken_over"]),
        Line("contacts of positives listed", played["contacts_listed"], cases["close_contact_listed"]),
        Line("  called", played["contacts_called"], cases["close_contact_settled"]),
        Line("refusals", played["refusals"], cases["refusal"]),
        Line("  who give in later", played["resume"], cases["resumed"]),
        *_central(played, cases),
        *_round(played, found.in_rounds),
        Line("tasks waived by an officer", played["waived"], cases["task_waived"]),
        Line("cases as before a wrong policy", played["stood_before"], played["stand_as_before"]),
    ]
    most = f"most messages to one member of staff a day, of {MOST_MESSAGES} at most"
    return [
        *always,
        *(line for line in now_and_then if line.expected or line.found),
        Line(most, min(found.most_messages, MOST_MESSAGES), found.most_messages),
    ]


def _central(played: Counter[str], cases: Counter[str]) -> list[Line]:
    """Nobody else moves anybody there, or opens a case again."""
    return [
        Line("beds held in central isolation", played["beds_held"], cases["central_decided"]),
        Line("  for a household whose home does not suit", None, played["home_unsuited"]),
        Line("  children of these, each with an adult", None, played["children_moved"]),
        Line("  not admitted, and decided anew", played["not_admitted"], cases["central_taken_back"]),
        Line("  admitted there", played["admitted"], cases["moved_to_central"]),
        Line("  to hospital from there", None, played["from_centre_to_hospital"]),
        Line("  back from there: with a bed again, or at home", played["came_back"], cases["reopened"]),
        Line("  released there", None, played["released_there"]),
    ]


def _round(played: Counter[str], in_rounds: Mapping[str, int]) -> list[Line]:
    return [
        Line("people in a round of tests", None, sum(in_rounds.values())),
        Line("  of a register, without a case", None, played["registered"]),
        Line("  tested", played["round_tested"], in_rounds.get("tested", 0)),
        Line("  excused, with a reason", None, in_rounds.get("excused", 0)),
        Line("  missing when it was closed", played["round_missing"], in_rounds.get("missing", 0)),
    ]


def _ends(played: Played, became: Mapping[str, Became]) -> list[Line]:
    """What became of each arrival: how it ended, or what is next."""
    found = Counter(map(end_of, became.values()))
    known = Counter(end for id, end in played.ends.items() if not _followed_again(end, became.get(id)))
    ended = [
        Line(f"  {text}", known[end] if end in _KNOWN else None, found[end])
        for end, text in _ENDS.items()
        if found[end] or known[end]
    ]
    followed = Counter(one.next for one in became.values() if end_of(one) is None)
    return [
        Line("what became of them", None, len(became)),
        *ended,
        *(Line(f"  followed still, next {kind}", None, n) for kind, n in sorted(followed.items()) if kind),
        Line("  without an end, a next task or a clock", 0, followed[""]),
        Line("  otherwise than was played", 0, len(otherwise(played, became))),
    ]


def end_of(one: Became) -> str | None:
    """None: somebody is followed still."""
    if one.state == "released" and one.only_informed:
        return "informed"
    return one.state if one.state in _ENDS else None


def otherwise(played: Played, became: Mapping[str, Became]) -> list[str]:
    """Cases that do not stand as was decided last; whoever was informed has ended, or something is next."""
    wrong = []
    for id, end in played.ends.items():
        one = became.get(id)
        if one is None or (one.state != end and not _followed_again(end, one)):
            wrong.append(id)
    for id in sorted(played.informed - played.ends.keys()):
        if id in became and end_of(became[id]) != "informed" and not became[id].next:
            wrong.append(id)
    return wrong


def _followed_again(end: str, one: Became | None) -> bool:
    """Whoever was released is, where one of their household is found positive afterwards."""
    return end == "released" and one is not None and bool(one.next)
