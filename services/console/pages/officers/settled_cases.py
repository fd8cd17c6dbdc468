"""What can be said of permits, breaches, moves, codes, and people whom another district is to follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from field.words import PERMIT_BY
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import Column
from services.console.pages.officers.settling import NOTE, Act, Asked, Settling

_OF_CASE: Final = (
    Column(N_("who"), "name", "case"),
    Column(N_("phone"), "phone"),
    Column(N_("address"), "address"),
    Column(N_("place"), "place", "place"),
)
_GRANTED: Final = Act(
    "granted",
    N_("They may go"),
    N_("Grant it"),
    "decide_permit",
    (
        Asked("how", N_("How do they go?"), "word", PERMIT_BY, hint=N_("Apart from others on the way")),
        Asked(
            "escort",
            N_("What is arranged"),
            "note",
            hint=N_("Who takes them and when, which doctor, which entrance. They read it"),
        ),
    ),
    {"decision": "granted"},
    expects="version",
)
_REFUSED: Final = Act(
    "refused",
    N_("They may not go"),
    N_("Refuse it"),
    "decide_permit",
    (
        Asked(
            "reason",
            N_("Why, and what is possible instead"),
            "note",
            hint=N_("A doctor who comes, another time, somebody who does it for them. They read it"),
            needed=True,
        ),
    ),
    {"decision": "refused"},
    expects="version",
)


def _answered(name: str, title: str, says: str, hint: str) -> Act:
    """What another district answered that was asked to take somebody over."""
    note = Asked("note", N_("Who said so, and how to reach them"), "note", hint=hint, needed=True)
    fixed = {"decision": name}
    return Act(name, title, says, "decide_case", (note,), fixed, expects="version", when="transfer_asked")


_TAKEN_OVER: Final = _answered(
    "taken_over",
    N_("The other district follows them"),
    N_("They are taken over"),
    N_("With this their case ends here, and they are told by a text message. It is sealed"),
)
_NOT_TAKEN_OVER: Final = _answered(
    "not_taken_over",
    N_("The other district does not follow them"),
    N_("They are not taken over"),
    N_("Their case goes on here, and you have a task to see where they are. It is sealed"),
)
_STAYS: Final = Act(
    "stays",
    N_("It is settled who follows them"),
    N_("They are followed here"),
    "report_task",
    (NOTE,),
    {"kind": "settle_transfer", "outcome": "done"},
    when="not_taken_over",
)

_EXPLAINED: Final = Act(
    "explained",
    N_("There was a reason"),
    N_("Explain it"),
    "judge_breach",
    (
        Asked(
            "words",
            N_("Which reason?"),
            "note",
            hint=N_("Whom you asked and what they say. For the record; it is sealed"),
            needed=True,
        ),
    ),
    {"judgement": "explained"},
    expects="version",
)
_CONFIRMED: Final = Act(
    "confirmed",
    N_("It is so"),
    N_("Confirm it, with an admonition"),
    "judge_breach",
    (
        Asked(
            "words",
            N_("What was found, and what did you tell them?"),
            "note",
            hint=N_("Speak with them first, in a friendly way. For the record; it is sealed"),
            needed=True,
        ),
    ),
    {"judgement": "confirmed"},
    expects="version",
)
_BREACH: Final = Settling(
    "breach",
    ("breach_id",),
    ("state", "suspected"),
    (
        Column(N_("what happened"), "why", "word"),
        Column(N_("where it stands"), "stands", "word"),
        Column(N_("judge by"), "due_by", "moment"),
        *_OF_CASE,
        Column(N_("when it was"), "at", "moment"),
        Column(N_("what was seen"), "saw"),
        Column(N_("reported by"), "reported_by", "author"),
        Column(N_("confirmed before"), "confirmed_before"),
        Column(N_("judged on"), "judged_at", "moment"),
        Column(N_("judged by"), "decided_by", "author"),
        Column(N_("what was found"), "words"),
    ),
    (
        _EXPLAINED,
        _CONFIRMED,
        replace(
            _EXPLAINED, name="explained_after_all", title=N_("There was a reason after all"), when="confirmed"
        ),
        replace(_CONFIRMED, name="confirmed_after_all", title=N_("It is so after all"), when="explained"),
    ),
    True,
    N_(
        "Meanwhile: their worker finds out. Ring them, and hear them before you judge. Confirmed for the "
        "first time it is an admonition, and they get a friendly text; for the second time you decide "
        "whether they go to central isolation."
    ),
)


def _settled(name: str, title: str, says: str, outcome: str, *, household: bool = False) -> Act:
    """What came of a move to central isolation."""
    fixed = {"outcome": outcome, "with_household": household}
    return Act(name, title, says, "settle_move", (NOTE,), fixed)


_ON_THE_WAY: Final = Settling(
    "move",
    ("move_id",),
    ("stands", "decided"),
    (
        Column(N_("centre"), "centre"),
        Column(N_("room"), "room_id"),
        Column(N_("beds"), "beds"),
        Column(N_("who"), "name", "case"),
        Column(N_("as"), "who", "word"),
        Column(N_("carer who has no case"), "carer_named"),
        Column(N_("who minds those who stay"), "minded_by"),
        Column(N_("note"), "note"),
        Column(N_("phone"), "phone"),
        Column(N_("address"), "address"),
        Column(N_("place"), "place", "place"),
        Column(N_("bed held since"), "decided_at", "moment"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (
        _settled(
            "all_admitted",
            N_("All of their household who are on the way there were admitted"),
            N_("All are admitted"),
            "admitted",
            household=True,
        ),
        _settled(
            "admitted",
            N_("Only they were admitted, and nobody in their care is on the way"),
            N_("They are admitted"),
            "admitted",
        ),
        _settled(
            "taken_back",
            N_("They were not admitted, or stay"),
            N_("Give the bed back"),
            "taken_back",
        ),
    ),
    True,
    N_(
        "Meanwhile: they are followed here with all their tasks. A child, or whoever cannot be alone, is "
        "admitted with their carer. Give the bed back where they do not come: then you decide anew."
    ),
)

OF_CASES: Final[Mapping[str, Settling]] = {
    "breaches_to_judge": _BREACH,
    "confirmed_breaches": replace(
        _BREACH,
        waits=("state", "confirmed"),
        acts=[one for one in _BREACH.acts if one.when == "confirmed"],
        meanwhile=N_(
            "They were told. Has more come to be known? Then judge it once more: the last word counts."
        ),
    ),
    "on_the_way": _ON_THE_WAY,
    "transfers_to_confirm": Settling(
        "transfer",
        ("case_id",),
        ("waits", None),
        (
            Column(N_("which office was asked"), "agency"),
            Column(N_("note"), "note"),
            Column(N_("asked"), "at", "moment"),
            Column(N_("answer by"), "due_by", "moment"),
            Column(N_("state"), "state", "word"),
            Column(N_("what was answered"), "answer"),
            *_OF_CASE,
            Column(N_("owner"), "owner", "staff"),
        ),
        (_TAKEN_OVER, _NOT_TAKEN_OVER, _STAYS),
        True,
        N_(
            "Meanwhile: they are followed here with all their tasks. Call the other office until it says "
            "that it follows them. Where it does not, ring them, find out where they are, and ask once more "
            "from the page of the case, or go on here."
        ),
    ),
    "codes_to_set_back": Settling(
        "code_to_set_back",
        ("case_id",),
        ("waits", None),
        (
            Column(N_("released on"), "since", "moment"),
            *_OF_CASE,
            Column(N_("owner"), "owner", "staff"),
        ),
        (Act("set_back", N_("The health code is set back"), N_("Record it"), "set_back_code", ()),),
        True,
        N_("Have the code set back where it was set. Until then their certificate counts at a gate."),
    ),
    "permits_to_decide": Settling(
        "permit",
        ("permit_id",),
        ("waits", None),
        (
            Column(N_("why"), "kind", "permit"),
            Column(N_("decide by"), "due_by", "moment"),
            Column(N_("who"), "name", "case"),
            Column(N_("how many go"), "persons"),
            Column(N_("phone"), "phone"),
            Column(N_("address"), "address"),
            Column(N_("place"), "place", "place"),
            Column(N_("to which place"), "where"),
            Column(N_("what else"), "why"),
            Column(N_("how they go"), "how", "word"),
            Column(N_("times"), "outings"),
            Column(N_("asked for"), "at", "moment"),
        ),
        (_GRANTED, _REFUSED),
        True,
        N_(
            "Meanwhile: ring them. Arrange hospital, doctor, car and escort before you grant it; an "
            "emergency has left already, or waits for the car."
        ),
    ),
}
