"""What the audit calls kinds of records, acts and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.console.pages.catalogues import N_

ABOUT: Final[Mapping[str, str]] = {
    "case": N_("case"),
    "arrival": N_("arrival"),
    "list": N_("list as a file"),
    "staff": N_("member of staff"),
    "person": N_("person"),
    "report": N_("report"),
    "household": N_("household"),
    "report_to_correct": N_("report to correct"),
    "positive_of_nobody": N_("positive of nobody"),
    "round_person": N_("person of a round of tests"),
}
ACTS: Final[Mapping[str, str]] = {
    "report_task": N_("reported a task"),
    "take_back_report": N_("took back what was said of a task"),
    "take_back_following": N_("took back what was said of an arrival"),
    "waive_task": N_("waived a task"),
    "acknowledge_overdue": N_("acknowledged overdue tasks"),
    "take_back_acknowledgement": N_("took an acknowledgement back"),
    "hand_over_case": N_("handed a case over"),
    "report_check_in": N_("reported a check-in"),
    "report_test": N_("reported a test"),
    "sign_notice": N_("recorded a notice"),
    "report_refusal": N_("reported a refusal"),
    "report_home": N_("said how a home is"),
    "ask_need": N_("wrote down a need"),
    "answer_need": N_("answered a need"),
    "request_permit": N_("asked leave to go out"),
    "decide_permit": N_("decided on leave to go out"),
    "report_passage": N_("reported somebody out or back"),
    "report_breach": N_("reported somebody not at home"),
    "judge_breach": N_("judged a breach"),
    "decide_move": N_("decided on a bed in central isolation"),
    "settle_move": N_("said whether somebody was admitted"),
    "name_carer": N_("named a carer in central isolation"),
    "change_contact": N_("changed contacts"),
    "propose_policy": N_("proposed a policy"),
    "decide_policy": N_("published or discarded a policy"),
    "withdraw_policy": N_("withdrew a policy"),
    "follow_arrival": N_("followed an arrival"),
    "correct_report": N_("corrected a report"),
    "mend_person": N_("mended a person's data"),
    "place_arrival": N_("gave an arrival its place"),
    "settle_arrival": N_("settled an arrival that was not found"),
    "decide_case": N_("decided about a case"),
    "set_back_code": N_("said that a health code was set back"),
    "request_transfer": N_("asked another community to take over"),
    "decide_transfer": N_("answered or withdrew a transfer"),
    "take_up_positive": N_("took up a positive of nobody"),
    "decide_batch": N_("decided about an unusual batch"),
    "list_close_contact": N_("put somebody on a contacts' list"),
    "settle_close_contact": N_("saw to a close contact"),
    "open_round": N_("opened a round of tests"),
    "give_register": N_("gave a round a register"),
    "report_round_person": N_("said of somebody whether they are tested"),
    "close_round": N_("closed a round of tests"),
    "decide_duplicate": N_("decided about a possible duplicate"),
    "amend_staff": N_("amended the register of staff"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "done": N_("done"),
    "not_noted": N_("done"),
    "invalid": N_("refused: something in it was wrong"),
}
LISTED: Final[Mapping[str, str]] = {
    "invited": N_("got a link"),
    "link_texted": N_("the link was texted to the number of the register"),
    "taken_up": N_("was taken up"),
    "logged_in": N_("logged in"),
    "pin_entered": N_("typed the PIN"),
    "recovery_code_used": N_("used a recovery code"),
    "logged_out": N_("logged out"),
    "session_revoked": N_("one device was logged out"),
    "sessions_ended": N_("all devices were logged out"),
    "phone_act_shown": N_("an act from the phone was looked at"),
    "phone_act_entered": N_("an act from the phone was entered by an officer"),
    "phone_act_ended": N_("an act from the phone was dismissed"),
}
WAYS: Final[Mapping[str, str]] = {"own task": N_("own task")}
"""Why a record was seen, where the system says it; else people said it in their words."""
