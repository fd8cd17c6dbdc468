"""What can be said of arrivals, pairs, reports, and people whom another community is to follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from field.words import HOW_FOLLOWED, SETTLED_AS
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import Column
from services.console.pages.officers.settling import NOTE, Act, Asked, Settling

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
            NOTE,
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
        NOTE,
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
        NOTE,
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
            (NOTE,),
            {"expects": 1, "decision": "apart"},
        ),
        Act(
            "one",
            N_("They are one person, reported twice"),
            N_("Make them one"),
            "decide_duplicate",
            (NOTE,),
            {"expects": 1, "decision": "same"},
            both=True,
        ),
        Act(
            "two",
            N_("It was a mistake: they are two"),
            N_("Make them two again"),
            "decide_duplicate",
            (NOTE,),
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
    return Act(name, title, says, "decide_transfer", (NOTE,), fixed, expects="version", when=when)


_ASKED_NO_MORE: Final = _withdrawn(
    "withdrawn", N_("They do not move after all"), N_("Withdraw it"), "asked_by_us"
)
_STAY: Final = _withdrawn(
    "stay", N_("It is settled where they are"), N_("They stay here"), "transfer_refused"
)

OF_ARRIVALS: Final[Mapping[str, Settling]] = {
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
}
