"""The lines of a case's history, said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.console.pages.catalogues import N_, gettext
from services.console.pages.officers.asking import Names
from services.console.pages.officers.cells import day, listed, moment
from services.console.pages.words import task_word, word

_WHAT: Final[Mapping[str, str]] = {
    "opened": N_("case opened"),
    "expected": N_("announced"),
    "called_off": N_("called off"),
    "assigned": N_("given to an owner"),
    "handed_over": N_("handed over"),
    "handed_on": N_("gone on with by a successor"),
    "arrival_followed": N_("arrival followed"),
    "arrival_followed_taken_back": N_("arrival followed: taken back"),
    "details": N_("details changed"),
    "measure": N_("measure changed"),
    "revised": N_("worked out anew"),
    "closed": N_("case ended"),
    "stricter": N_("measure became stricter"),
    "laxer": N_("measure became laxer"),
    "rescheduled": N_("planned anew"),
    "refused": N_("refusal decided"),
    "resumed": N_("keeps to the measure after all"),
    "moved_to_central": N_("moved to central isolation"),
    "moved_to_hospital": N_("moved to hospital"),
    "transfer_asked": N_("another district asked to take over"),
    "not_taken_over": N_("not taken over by the other district: followed on here"),
    "transferred": N_("taken over by another district"),
    "reopened": N_("opened again"),
    "active": N_("reached for the first time: the case is under way"),
    "active_taken_back": N_("first contact taken back: the case is open as before"),
    "cancelled": N_("case taken back"),
    "merged": N_("case taken back: followed as another arrival"),
    "merged_with": N_("another case of theirs ended: what is known of it counts here"),
    "merged_no_more": N_("another case is not theirs after all: what is known of it counts there"),
    "said_of_the_same": N_("something was said of the other case of theirs, which has ended"),
    "task_taken": N_("somebody does the task"),
    "task_done": N_("task done"),
    "task_attempt": N_("tried in vain"),
    "task_attempt_taken_back": N_("tried in vain: taken back"),
    "task_not_possible_taken_back": N_("not possible: taken back"),
    "task_done_taken_back": N_("task done: taken back"),
    "task_not_possible": N_("task not possible"),
    "task_waived": N_("task waived"),
    "overdue_acknowledged": N_("overdue tasks acknowledged"),
    "acknowledgement_taken_back": N_("acknowledgement taken back"),
    "check_in": N_("check-in"),
    "check_in_corrected": N_("check-in corrected"),
    "see_abnormal": N_("abnormal check-in"),
    "see_silent": N_("nothing reported in several windows: somebody goes there"),
    "looked_at": N_("abnormal check-in looked at"),
    "alarm_taken_back": N_("alarm taken back"),
    "test_result": N_("test result"),
    "test_result_corrected": N_("test result corrected: it is not theirs"),
    "see_positive": N_("positive: a person calls them"),
    "decide_positive": N_("positive: an officer decides where they go"),
    "list_contacts": N_("those with whom they were are to be listed"),
    "tell_contacts": N_("those on the contacts' list are to be told"),
    "correct_contacts": N_("contacts are to hear that it was a mistake"),
    "close_contact_listed": N_("put on the contacts' list"),
    "close_contact_settled": N_("contact seen to"),
    "second_sample": N_("to be tested once more, alone"),
    "second_sample_no_more": N_("second sample needed no more"),
    "positive_taken_back": N_("positive taken back: it was a mistake, or is ruled out"),
    "late_result": N_("a result came after the end: an officer decides"),
    "late_result_no_more": N_("result after the end: nothing is to be decided any more"),
    "notice": N_("notice"),
    "refusal": N_("refusal"),
    "need": N_("need asked for"),
    "need_seen": N_("need taken up"),
    "need_met": N_("need met"),
    "need_not_possible": N_("need not possible"),
    "planned_again": N_("planned again, as the case that had it ended"),
    "need_withdrawn": N_("needed no more"),
    "permit_requested": N_("leave to go out asked for"),
    "permit_granted": N_("leave to go out granted"),
    "permit_refused": N_("leave to go out refused"),
    "permit_withdrawn": N_("leave to go out taken back"),
    "passage_out": N_("seen going out"),
    "passage_back": N_("seen coming back"),
    "late_back": N_("not back in time"),
    "passage_absent": N_("nobody at home"),
    "passage_opened": N_("their door opened"),
    "no_permit": N_("out without leave"),
    "not_at_home": N_("not at home, without leave"),
    "door_sensor": N_("their door opened, without leave"),
    "refused_visits": N_("visits refused: to be looked into"),
    "breach_in_order": N_("in order after all"),
    "breach_confirmed": N_("a breach is confirmed"),
    "breach_explained": N_("there was a reason for it"),
    "admonished": N_("admonished, in friendly words"),
    "central_decided": N_("a bed in central isolation is held for them"),
    "carer_named": N_("the carer in central isolation is named"),
    "name_carer": N_("their carer has left central isolation: another is to be named"),
    "leave_central": N_("still in central isolation past the last day: an officer decides"),
    "home": N_("how the home is"),
    "central_taken_back": N_("not admitted to central isolation: the bed is free again"),
    "admonition_taken_back": N_("admonition taken back: they are told"),
    "contact_changed": N_("contact persons or marks changed"),
    "message": N_("message reached nobody"),
    "next_stage": N_("the next stage of the measure began"),
    "release_proposed": N_("release proposed: nothing holds them any more"),
    "release_held": N_("release taken back: something holds them"),
    "held_past_the_term": N_("held past the term"),
    "released": N_("released"),
    "code_set_back": N_("health code set back"),
    "ended_informed": N_("case ended: nothing but advice was asked for"),
    "noted_after_the_end": N_("noted after the end"),
    "stripped": N_("stripped of all personal data after its term"),
}
"""What a line says; one that is not here is shown by its own word."""

_SAY: Final[Mapping[str, str]] = {
    "from": N_("from %(it)s"),
    "to": N_("to %(it)s"),
    "kind": "%(it)s",
    "outcome": "%(it)s",
    "because": N_("because: %(it)s"),
    "witness": N_("witness: %(it)s"),
    "cause": N_("cause: %(it)s"),
    "until": N_("until %(it)s"),
    "held_until": N_("held until %(it)s"),
    "lacks": N_("because: %(it)s"),
    "group": N_("special group: %(it)s"),
    "stays": N_("by the policy they stay at home under guidance"),
    "level": N_("by the level: %(it)s"),
    "release_on": N_("ends on %(it)s"),
    "owner": N_("owner: %(it)s"),
}

_LISTS: Final = ("lacks",)
"""Where several stand, they stand beside each other; of all else two are what it was and what it is."""


def what_of(line: Mapping[str, Any]) -> str:
    """One that is several changes at once names each."""
    return listed(gettext(_WHAT.get(one, one)) for one in line["what"].split("+"))


def detail_of(line: Mapping[str, Any], names: Names) -> str:
    """The rest of the line: who got it, why, until when. A pair is what it was and what it is."""
    said = []
    for name, value in line["with"].items():
        text = _SAY.get(name)
        if text is None:
            continue
        values = value if isinstance(value, list) else [value]
        shown = [_value(name, one, names) for one in values]
        said.append(gettext(text, it=listed(shown) if name in _LISTS else " → ".join(shown)))
    if line["note"]:
        said.append(gettext("with a note, which stays sealed"))
    return listed(said)


def _value(name: str, value: Any, names: Names) -> str:
    if value is None:
        return word("nobody")
    if name in ("from", "to", "owner", "witness"):
        return names.of_staff(value)
    if name in ("until", "held_until"):
        return moment(value)
    if name == "release_on":
        return day(value)
    return task_word(value) if name == "kind" else word(str(value))
