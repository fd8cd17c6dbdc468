"""How the lists that wait for somebody are worked off: which thing a row is, and what can be said of it.

Plain data: `settle.py` makes the pages from it, one way for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from field.words import (
    BATCH_OUTCOMES,
    CONTACT_SETTLED,
    HOW_FOLLOWED,
    PERMIT_BY,
    SETTLED_AS,
    TAKEN_UP,
)
from services.console.pages.catalogues import N_
from services.console.pages.officers.listed import Column

FieldKind = Literal["text", "tel", "note", "word", "time", "place"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of the form of an act.

    :param of: the path in the data of the command.
    :param words: of the vocabulary, to choose from.
    """

    of: str
    label: str
    kind: FieldKind = "text"
    words: Sequence[str] = ()
    hint: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """
    :param name: in the form and the address.
    :param title: what is said with it; the heading of its form, and its button is `says`.
    :param command: of the door that has the list.
    :param fields: None: those of the report that is corrected.
    :param fixed: what the command says besides.
    :param expects: the field of the thing that says on which version this is decided.
    :param when: the state of the thing in which it can be said; "": while it waits.
    :param both: of a pair, whether only who sees both can say it.
    """

    name: str
    title: str
    says: str
    command: str
    fields: Sequence[Asked] | None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    expects: str = ""
    when: str = ""
    both: bool = False

    def field_name(self, asked: Asked) -> str:
        """In the form: two acts on one page may each have a note."""
        return f"{self.name}-{asked.of.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Settling:
    """
    :param thing: of the door, by the id of a row.
    :param id: by what a row is known, in the row and in commands; of a pair by two.
    :param waits: the field of the thing that says that it waits; `state` also with which value.
    :param facts: what is known of it, masked until somebody says why.
    :param masked: whether some of the facts are. Of a report none is: all of it is shown to be corrected.
    :param meanwhile: what to do until it is settled, in one sentence.
    :param compared: of a pair, what is known of each: in the thing each name stands twice, with `first_` and
        with `second_`.
    :param after: state of the thing once it is settled -> the code of what its page says then (`SAID`): for
        what can be taken back there.
    """

    thing: str
    id: tuple[str, ...]
    waits: tuple[str, Any]
    facts: Sequence[Column]
    acts: Sequence[Act]
    masked: bool
    meanwhile: str = ""
    compared: Sequence[Column] = ()
    after: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, row: Mapping[str, Any]) -> str:
        return ":".join(str(row[name]) for name in self.id)

    def named(self, id: str) -> dict[str, str]:
        """The same, as commands name it."""
        return dict(zip(self.id, id.split(":"), strict=False))

    def still_waits(self, thing: Mapping[str, Any]) -> bool:
        name, value = self.waits
        return bool(thing[name] == value if value is not None else thing[name])


_NOTE: Final = Asked("note", N_("Note"), "note", hint=N_("For the record; it is sealed"))
_OF_ARRIVAL: Final = (
    Column(N_("who"), "name", "name"),
    Column(N_("phone"), "phone"),
    Column(N_("address"), "address"),
    Column(N_("document"), "identity_number"),
    Column(N_("place"), "place", "place"),
    Column(N_("arrival"), "arrived_at", "moment"),
    Column(N_("risk"), "risk_level", "word"),
    Column(N_("state"), "state", "word"),
    Column(N_("worker"), "worker", "staff"),
)


def _followed(outcomes: Sequence[str], *more: Asked) -> Act:
    return Act(
        "followed",
        N_("What came of it"),
        N_("Record it"),
        "follow_arrival",
        (
            Asked("outcome", N_("What came of it?"), "word", outcomes, needed=True),
            Asked("how", N_("How is it known?"), "word", tuple(HOW_FOLLOWED)),
            *more,
            _NOTE,
        ),
    )


_COMING_AT: Final = Asked(
    "coming_at", N_("They come on"), "time", hint=N_("Only where they have not come yet")
)
_MENDED: Final = Act(
    "mended",
    N_("What is right"),
    N_("Mend it"),
    "mend_person",
    (
        Asked("phone", N_("phone"), "tel", hint=N_("Left empty: it stays as it is")),
        Asked(
            "destination.address",
            N_("Building and door"),
            hint=N_(
                "As people write it: street, estate, building, unit, door. Left empty: it stays as it is"
            ),
        ),
        Asked("name", N_("name"), hint=N_("Left empty: it stays as it is")),
        _NOTE,
    ),
)

_PLACED: Final = Act(
    "placed",
    N_("To which place they belong"),
    N_("Give them this place"),
    "place_arrival",
    (
        Asked(
            "place",
            N_("Place"),
            "place",
            hint=N_("A grid at best. Whoever works there gets them, whatever the reports say"),
            needed=True,
        ),
        _NOTE,
    ),
    expects="version",
)

_NOT_FOUND: Final = Act(
    "settled",
    N_("They are not here"),
    N_("Settle it"),
    "settle_arrival",
    (
        Asked(
            "decision",
            N_("What became of them?"),
            "word",
            SETTLED_AS,
            hint=N_("Nobody follows them any more. Whoever is found, or reported again, is followed again"),
            needed=True,
        ),
        Asked(
            "note",
            N_("Note"),
            "note",
            hint=N_("Who was asked, to whom it was passed on. For the record; it is sealed"),
        ),
    ),
    expects="version",
)

_PAIR: Final = Settling(
    "possible_duplicate",
    ("first", "second"),
    ("state", "open"),
    (
        Column(N_("why"), "why", "word"),
        Column(N_("since"), "opened_at", "moment"),
    ),
    (
        Act(
            "decided",
            N_("They are two"),
            N_("Keep them apart"),
            "decide_duplicate",
            (_NOTE,),
            {"expects": 1, "decision": "apart"},
        ),
        Act(
            "one",
            N_("They are one person, reported twice"),
            N_("Make them one"),
            "decide_duplicate",
            (_NOTE,),
            {"expects": 1, "decision": "same"},
            both=True,
        ),
        Act(
            "two",
            N_("It was a mistake: they are two"),
            N_("Make them two again"),
            "decide_duplicate",
            (_NOTE,),
            {"expects": 2, "decision": "apart"},
            when="merged",
        ),
    ),
    True,
    N_(
        "Meanwhile: both are followed. Ask the worker who knows the door, and compare name, document and "
        "arrival. Made one, one of them goes on with what both told: whoever was met, then whoever lives "
        "with others, then whoever was registered first. What was asked under the other is dropped, and "
        "they are told so."
    ),
    (
        Column(N_("who"), "name", "name"),
        Column(N_("document"), "identity_number"),
        Column(N_("phone"), "phone"),
        Column(N_("address"), "address"),
        Column(N_("place"), "place", "place"),
        Column(N_("arrival"), "arrived_at", "moment"),
        Column(N_("risk"), "risk_level", "word"),
        Column(N_("state"), "state", "word"),
        Column(N_("reports"), "reports"),
    ),
    {"merged": "merged"},
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
    (_NOTE,),
    {"kind": "settle_transfer", "outcome": "done"},
    when="not_taken_over",
)

_ACCEPTED: Final = Act(
    "accepted",
    N_("They belong to your place"),
    N_("Take them over"),
    "decide_transfer",
    (
        Asked(
            "note",
            N_("Note"),
            "note",
            hint=N_("With this they are followed by your staff, who are told, as they are. It is sealed"),
        ),
    ),
    {"decision": "accepted"},
    expects="version",
    when="asked_of_us",
)
_NOT_ACCEPTED: Final = Act(
    "refused",
    N_("They do not belong to your place"),
    N_("Refuse them"),
    "decide_transfer",
    (Asked("note", N_("Why"), "note", hint=N_("Whoever asked reads it"), needed=True),),
    {"decision": "refused"},
    expects="version",
    when="asked_of_us",
)


def _withdrawn(name: str, title: str, says: str, when: str) -> Act:
    fixed = {"decision": "withdrawn"}
    return Act(name, title, says, "decide_transfer", (_NOTE,), fixed, expects="version", when=when)


_ASKED_NO_MORE: Final = _withdrawn(
    "withdrawn", N_("They do not move after all"), N_("Withdraw it"), "asked_by_us"
)
_STAY: Final = _withdrawn(
    "stay", N_("It is settled where they are"), N_("They stay here"), "transfer_refused"
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
        Column(N_("who"), "name", "case"),
        Column(N_("phone"), "phone"),
        Column(N_("address"), "address"),
        Column(N_("place"), "place", "place"),
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

SETTLED: Final[Mapping[str, Settling]] = {
    "breaches_to_judge": _BREACH,
    "confirmed_breaches": replace(
        _BREACH,
        waits=("state", "confirmed"),
        acts=[one for one in _BREACH.acts if one.when == "confirmed"],
        meanwhile=N_(
            "They were told. Has more come to be known? Then judge it once more: the last word counts."
        ),
    ),
    "transfers_to_answer": Settling(
        "transfer",
        ("transfer_id",),
        ("waits", None),
        (
            Column(N_("who"), "name", "name"),
            Column(N_("how many people"), "persons"),
            Column(N_("phone"), "phone"),
            Column(N_("place"), "grid", "place"),
            Column(N_("address"), "address"),
            Column(N_("moves to"), "place", "other_place"),
            Column(N_("the door there"), "new_address"),
            Column(N_("moves on"), "moves_on", "date"),
            Column(N_("why"), "note"),
            Column(N_("state"), "state", "word"),
            Column(N_("answer by"), "answer_by", "moment"),
            Column(N_("what was answered"), "answer"),
            Column(N_("risk"), "risk_level", "word"),
            Column(N_("worker"), "worker", "staff"),
        ),
        (_ACCEPTED, _NOT_ACCEPTED, _ASKED_NO_MORE, _STAY),
        True,
        N_(
            "Meanwhile: they are followed where they are, with all their tasks, until the other community "
            "takes them over. Whom it does not take over stays on your list: ring them, and ask once more "
            "from the page of the case, or say that they stay."
        ),
    ),
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
            Column(N_("who"), "name", "case"),
            Column(N_("phone"), "phone"),
            Column(N_("address"), "address"),
            Column(N_("place"), "place", "place"),
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
    "waiting_arrivals": Settling(
        "arrival",
        ("arrival_id",),
        ("unassigned_since", None),
        (*_OF_ARRIVAL, Column(N_("waits since"), "unassigned_since", "moment")),
        (_PLACED, _MENDED, _followed(("not_yet_come", "contacted"), _COMING_AT), _NOT_FOUND),
        True,
        N_("Meanwhile: ring them, tell them what holds from today, and ask for building and door."),
    ),
    "arrivals_to_settle": Settling(
        "arrival",
        ("arrival_id",),
        ("to_settle", None),
        (
            *_OF_ARRIVAL,
            Column(N_("what was said"), "to_settle", "words"),
            Column(N_("since"), "to_settle_since", "moment"),
        ),
        (_MENDED, _PLACED, _followed(("contacted", "verified", "not_yet_come"), _COMING_AT), _NOT_FOUND),
        True,
        N_(
            "Meanwhile: they are followed as before, unless somebody said that they are not here. Ring them, "
            "or whoever reported them, and ask where they are and who they are."
        ),
    ),
    "expected_arrivals": Settling(
        "arrival",
        ("arrival_id",),
        ("state", "expected"),
        _OF_ARRIVAL,
        (
            _followed(
                ("verified", "contacted", "no_answer", "not_yet_come"),
                Asked("arrived_at", N_("They came on"), "time", hint=N_("Only where they have come already")),
                _COMING_AT,
            ),
            _MENDED,
            _NOT_FOUND,
        ),
        True,
        N_("Meanwhile: nobody goes there. Ring them, and ask when they come and to which door."),
    ),
    "reports_to_correct": Settling(
        "report_to_correct",
        ("report_id",),
        ("waits", None),
        (
            Column(N_("from"), "publisher"),
            Column(N_("received"), "received_at", "moment"),
            Column(N_("only in part"), "in_part", "flag"),
            Column(N_("reference"), "event_id"),
        ),
        (
            Act(
                "corrected",
                N_("The report as it should be"),
                N_("Correct it"),
                "correct_report",
                None,
                {"expects": 1},
            ),
        ),
        False,
        N_(
            "Meanwhile: nobody of it is followed who is not registered yet. Call the source by the "
            "reference, and ask what the document says."
        ),
    ),
    "possible_duplicates": _PAIR,
    "pairs_made_one": replace(
        _PAIR,
        waits=("state", "merged"),
        acts=[act for act in _PAIR.acts if act.when == "merged"],
        meanwhile=N_("One of them goes on with what both told. Made two again, both are followed as before."),
        after={},
    ),
    "positives_of_nobody": Settling(
        "positive_of_nobody",
        ("result_id",),
        ("waits", None),
        (
            Column(N_("sample"), "sample_id"),
            Column(N_("document"), "identity_number"),
            Column(N_("sampled"), "sampled_at", "moment"),
            Column(N_("stage"), "stage", "word"),
            Column(N_("call before"), "due_by", "moment"),
            Column(N_("laboratory"), "source"),
            Column(N_("taken up"), "taken_up_as", "word"),
        ),
        (
            Act(
                "taken_up",
                N_("What came of it"),
                N_("Record it"),
                "take_up_positive",
                (
                    Asked("outcome", N_("What came of it?"), "word", TAKEN_UP, needed=True),
                    Asked(
                        "note",
                        N_("Note"),
                        "note",
                        hint=N_("To whom it was passed on, where it was. For the record; it is sealed"),
                    ),
                ),
            ),
        ),
        True,
        N_(
            "At once: call the laboratory by the sample's number, find the person, and call them yourself. "
            "Nobody learns of it by a text message."
        ),
    ),
    "unusual_batches": Settling(
        "unusual_batch",
        ("batch_id",),
        ("waits", None),
        (
            Column(N_("laboratory"), "source"),
            Column(N_("results"), "results"),
            Column(N_("positives"), "positives"),
            Column(N_("found"), "unusual_at", "moment"),
            Column(N_("goes on at"), "wait_until", "moment"),
            Column(N_("decided"), "decided_as", "word"),
        ),
        (
            Act(
                "decide",
                N_("What the laboratory answered"),
                N_("Record it"),
                "decide_batch",
                (
                    Asked(
                        "outcome",
                        N_("Does it stand by its results?"),
                        "word",
                        BATCH_OUTCOMES,
                        hint=N_("Of a mistake nothing follows until it is corrected, for a day at most"),
                        needed=True,
                    ),
                ),
            ),
        ),
        False,
        N_("At once: call the laboratory. Until then nobody is told anything; after the time it goes on."),
    ),
    "close_contacts": Settling(
        "close_contact",
        ("contact_id",),
        ("waits", None),
        (
            Column(N_("who"), "name", "name"),
            Column(N_("phone"), "phone"),
            Column(N_("address"), "address"),
            Column(N_("Note"), "note"),
            Column(N_("kind"), "kind", "word"),
            Column(N_("last together on"), "last_on", "date"),
            Column(N_("lives there"), "lives_there", "flag"),
            Column(N_("tell by"), "due_by", "moment"),
            Column(N_("seen to"), "settled_as", "word"),
        ),
        (
            Act(
                "settle",
                N_("What came of it"),
                N_("Record it"),
                "settle_close_contact",
                (
                    Asked("outcome", N_("What came of it?"), "word", CONTACT_SETTLED, needed=True),
                    _NOTE,
                ),
            ),
        ),
        True,
        N_(
            "A person tells them, before any text; who has no case here is registered as an arrival, or "
            "passed on to where they are."
        ),
    ),
}
"""Name of a list -> how its rows are worked off."""
