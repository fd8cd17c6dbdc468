"""What can be said of results, of rounds of tests and of close contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from field.words import BATCH_OUTCOMES, CONTACT_SETTLED, ROUND_OUTCOMES, TAKEN_UP
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import Column
from services.console.pages.officers.settling import NOTE, Act, Asked, Settling

OF_TESTS: Final[Mapping[str, Settling]] = {
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
    "round_missing": Settling(
        "round_person",
        ("person_id",),
        ("waits", None),
        (
            Column(N_("who"), "name", "name"),
            Column(N_("phone"), "phone"),
            Column(N_("address"), "address"),
            Column(N_("place"), "place", "place"),
            Column(N_("why missing"), "why", "word"),
            Column(N_("visit"), "visit", "word"),
            Column(N_("round until"), "ends_at", "moment"),
            Column(N_("find out by"), "due_by", "moment"),
        ),
        (
            Act(
                "settle",
                N_("What came of it"),
                N_("Record it"),
                "report_round_person",
                (
                    Asked("outcome", N_("What came of it?"), "word", ROUND_OUTCOMES, needed=True),
                    Asked("note", N_("Note"), "note", hint=N_("Of who is exempt say why. It is sealed")),
                ),
            ),
        ),
        True,
        N_("Somebody knocks at their door, or calls them; whoever cannot come out is visited."),
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
            Column(N_("it was a mistake"), "mistake", "flag"),
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
                    NOTE,
                ),
                when="tell_contacts",
            ),
            Act(
                "correct",
                N_("They hear that it was a mistake"),
                N_("Record it"),
                "settle_close_contact",
                (
                    Asked(
                        "outcome",
                        N_("What came of it?"),
                        "word",
                        CONTACT_SETTLED,
                        hint=N_("What was found does not stand: they are no contacts. Thank them"),
                        needed=True,
                    ),
                    NOTE,
                ),
                {"mistake": True},
                when="correct_contacts",
            ),
        ),
        True,
        N_(
            "A person tells them, before any text; who has no case here is registered as an arrival, or "
            "passed on to where they are."
        ),
    ),
}
