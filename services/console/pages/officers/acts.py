"""An act of an officer: said once under the key that stands in its form, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from flask import request
from werkzeug.wrappers import Response

from contracts.faults import Fault, Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.kept import again_page, typed_now
from services.console.pages.entry.who import acting

_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Became:
    """:param kind: `away`: nobody knows whether it was done; the same key may be said again.
    :param wrong: field -> a sentence in the reader's language; "" is the whole.
    :param faults: the same as the door says it.
    """

    kind: Literal["done", "unknown", "not_allowed", "invalid", "conflict", "away"]
    result: Mapping[str, Any] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()

    @property
    def status(self) -> int:
        return _STATUS[self.kind]


_STATUS: Final = {
    "done": 200, "unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409, "away": 503,
}  # fmt: skip


def say(doors: Doors, service: str, command: str, key: str, data: Mapping[str, Any]) -> Became:
    try:
        return Became("done", doors.say(service, command, acting(), key, data))
    except DoorAway:
        return Became("away")
    except Refused as refused:
        wrong = {fault.where: sentence(fault) for fault in refused.faults}
        return Became(refused.kind, wrong=wrong, faults=refused.faults)


def typed(*names: str) -> dict[str, str]:
    """What was typed into these fields."""
    return {name: request.form.get(name, "")[:_LONGEST].strip() for name in names}


def again() -> Response:
    """The door was away: all that was typed stands in a form that is sent once more, under the same key."""
    return again_page(request.path, typed_now(), away=True)


def sentence(fault: Fault) -> str:
    """What is wrong, in the reader's language."""
    known = {
        "not_of_this_place": gettext(
            "Nobody with this number works at a place of this case. Choose another one."
        ),
        "away": gettext("They are away now. Choose somebody who is there."),
        "unknown_role": gettext("There is no such role."),
        "not_above_the_doer": gettext("Only an officer above whoever does the task decides that."),
        "no_staff": gettext("You are not among the staff who are at work."),
        "not_allowed": gettext("Your role may not do this, or not at this place."),
        "not_later": gettext("Say a time that is still to come."),
        "too_many_acts": gettext("So much was said of this task that no more is kept."),
        "missing": gettext("This is still missing."),
        "too_late": gettext("That is longer than the policy allows."),
        "conflict": gettext("It has changed meanwhile."),
        "unknown": gettext("There is nobody and nothing of this name."),
        "length": gettext("This is empty, or too long."),
        "empty": gettext("This is still missing."),
        "known": gettext("Somebody who is at work has this number already."),
        "not_by_this": gettext("This role is given by whoever looks after the system."),
        "still_active": gettext("This is for somebody who has left."),
        "other_role": gettext("They must have the role of whoever leaves."),
        "before": gettext("The end must be later than the beginning."),
        "not_of_this": gettext("This does not go with what came of it."),
        "in_the_future": gettext("This is still to come."),
        "in_the_past": gettext("Say a time that is still to come."),
        "other_place": gettext(
            "One of them is at a place of others: whoever answers for both decides that they are one."
        ),
        "one_by_others": gettext("They are one by way of another pair: make that one two first."),
        "held_by_days": gettext("The days are not full yet."),
        "held_by_test_positive": gettext("A positive result holds them."),
        "held_by_second_sample": gettext("A second sample of theirs is still to be tested."),
        "held_by_test_result": gettext("A result of a test is missing."),
        "held_by_fever": gettext(
            "Fever or a symptom holds them: somebody must have looked at them, and a day passed."
        ),
        "another_stage": gettext(
            "Another stage of the measure follows: it begins by itself when nothing holds them. Of whoever "
            "comes home from a centre the case is opened again."
        ),
        "not_in_this_state": gettext("This cannot be decided as the case stands now."),
        "no_refusal": gettext("No refusal of theirs is recorded: that is reported first, with a witness."),
        "too_long_ago": gettext("It ended too long ago: whoever comes again is registered as a new arrival."),
        "nothing_asked": gettext("They were only informed: nothing is asked of them again."),
        "nobody_there": gettext("Nobody is there: the case opens by itself when they come."),
        "own_witness": gettext("Nobody witnesses what they say themselves: name a second member of staff."),
        "unknown_staff": gettext("Nobody of the staff has this number."),
        "held_by_refusal": gettext("They refuse: that must be settled first."),
        "ends_by_decision": gettext("This task ends by itself with what is decided about the case."),
        "over": gettext("Its time is over: refuse it, and say why."),
        "taken": gettext("Another request for this time was made meanwhile: decide on that one."),
        "not_by_this_author": gettext("Only an officer decides this."),
        "already_asked": gettext(
            "Somebody is asked to take them over already: wait, or withdraw that first."
        ),
        "nobody_asked": gettext("Nobody is asked to take them over any more."),
        "same_place": gettext("They are there already."),
        "nobody_followed": gettext("None of them is followed any more."),
        "moved_meanwhile": gettext("They were moved to another place meanwhile: refuse it, and ask there."),
        "not_yet": gettext("They do not live there yet: take them over on the day on which they move."),
        "too_far": gettext("That is too far off: ask again when it is nearer."),
        "place_gone": gettext("That place is there no more: refuse it."),
        "not_by_this_side": gettext(
            "The place that is asked accepts or refuses; whoever asked withdraws it."
        ),
        "choose_a_bed": gettext(
            "Centres are registered: choose one with a free bed on the page A bed in central isolation."
        ),
        "no_bed": gettext(
            "So many beds are not free there. Choose another centre or room; until one is free they stay on "
            "your list."
        ),
        "has_a_bed": gettext("A bed is held for them already: give that one back first."),
        "needs_carer": gettext(
            "Nobody who cannot be alone goes without a carer: choose an adult of theirs who goes too, name "
            "one who goes along, or let them stay at home under guidance."
        ),
        "no_such_carer": gettext(
            "The carer must be an adult who goes now, too, or who is at that centre already."
        ),
        "nobody_comes_along": gettext("Nobody who goes has them as a carer: choose them there as the carer."),
        "comes_along": gettext("Somebody who goes is in their care: say that they come along."),
        "leaves_somebody_alone": gettext(
            "Somebody who cannot be alone is there in their care: decide first where that one goes."
        ),
        "needs_no_carer": gettext("They have no bed there any more, or can be alone: nobody is named."),
        "apart_from_carer": gettext(
            "The carer is in another room, which is full. Choose another carer, or tick that they stay apart."
        ),
        "carer_not_there": gettext("Their carer is not there: admit all at once, or give the bed back."),
        "in_their_care": gettext(
            "Somebody in their care is on the way: admit all at once, or give that one's bed back first."
        ),
        "carer_is_there": gettext("Their carer is there: write in the note who minds them, or admit them."),
        "not_on_the_way": gettext("They are not on the way any more."),
        "in_order": gettext("What was reported since puts it right: nothing is left to judge."),
        "round_is_open": gettext("A round is open at this place: close it first."),
        "round_is_closed": gettext("The round is closed."),
        "no_such_level": gettext("Choose a street, a community or a grid."),
        "not_begun": gettext("The round has not begun yet."),
        "round_too_long": gettext("A round takes 7 days at most."),
        "begun_too_long_ago": gettext("It may have begun a day ago at most."),
        "some_missing": gettext("Somebody is missing still: say why it is closed without them."),
        "round_not_over": gettext("Its end is still to come: say why it is closed before."),
        "named_together": gettext("One report names both of them: they are two people."),
    }
    by_field = {
        "phone": gettext("Type a phone number as people say it, with the area code of a landline."),
        "until": gettext("Say a day and a time, such as 2022-10-01 18:00."),
    }
    return str(known.get(fault.code) or by_field.get(fault.where) or gettext("Look at this once more."))
