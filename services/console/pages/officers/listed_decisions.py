"""Lists of what waits for a decision: leave to go out, other districts, breaches, results and contacts."""

from __future__ import annotations

from typing import Final

from field.words import BREACH_KINDS, CONTACT_KINDS, PERMIT_KINDS, TEST_STAGES, VISITS
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import (
    OF_CASE,
    OF_PERSON,
    PLACE,
    WORKER,
    Choice,
    Column,
    OfficersList,
)

PERMITS_TO_DECIDE: Final = OfficersList(
    "permits_to_decide",
    "isolation",
    N_("Leave to go out"),
    N_(
        "Counted are requests of people at your places and below to go out, on which nobody has decided yet; "
        "of an emergency, who went at once, nobody has reviewed it."
    ),
    (
        Column(N_("why"), "kind", "permit"),
        Column(N_("decide by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("out from"), "begins", "moment"),
        Column(N_("back by"), "ends", "moment"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        PLACE,
        Choice(N_("why"), "kind", PERMIT_KINDS, kind="permit"),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        WORKER,
    ),
    unit="permits",
    meanwhile=N_("Open a line to see where to and why, and decide. They stay in until then."),
)
TRANSFERS_TO_CONFIRM: Final = OfficersList(
    "transfers_to_confirm",
    "isolation",
    N_("Other districts asked"),
    N_(
        "Counted are people of your places and below whom another district is asked to take over and has not "
        "confirmed, or did not take over. Until it does they are followed here."
    ),
    (
        Column(N_("which office was asked"), "agency"),
        Column(N_("answer by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("state"), "state", "word"),
        Column(N_("asked"), "at", "moment"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        PLACE,
        Choice(N_("state"), "state", ("transfer_asked", "not_taken_over")),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        WORKER,
    ),
    meanwhile=N_("Open a line to say what the other district answered. Their tasks here go on until then."),
)
BREACHES_TO_JUDGE: Final = OfficersList(
    "breaches_to_judge",
    "isolation",
    N_("Breaches to judge"),
    N_(
        "Counted is what contradicts the measure of people at your places and below by what was reported, "
        "and nobody has judged yet. There may be a reason."
    ),
    (
        Column(N_("what happened"), "why", "word"),
        Column(N_("judge by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("when it was"), "at", "moment"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        PLACE,
        Choice(N_("what happened"), "why", BREACH_KINDS),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        WORKER,
    ),
    unit="breaches",
    meanwhile=N_("Open a line to see what shows it, hear them, and judge. Nobody is moved by it."),
)
CONFIRMED_BREACHES: Final = OfficersList(
    "confirmed_breaches",
    "isolation",
    N_("Confirmed breaches"),
    N_("Counted are breaches of people at your places and below that an officer has confirmed."),
    (
        Column(N_("what happened"), "why", "word"),
        *OF_CASE,
        Column(N_("when it was"), "at", "moment"),
        Column(N_("confirmed on"), "judged_at", "moment"),
    ),
    (PLACE, Choice(N_("what happened"), "why", BREACH_KINDS)),
    unit="breaches",
    meanwhile=N_("Has more come to be known? Open the line and judge it once more: the last word counts."),
)
POSITIVES_OF_NOBODY: Final = OfficersList(
    "positives_of_nobody",
    "isolation",
    N_("Positive results of nobody here"),
    N_(
        "Counted are positive results of people who are not followed here, without those that the laboratory "
        "corrected."
    ),
    (
        Column(N_("sample"), "sample_id"),
        Column(N_("sampled"), "sampled_at", "moment"),
        Column(N_("stage"), "stage", "word"),
        Column(N_("call before"), "due_by", "moment"),
        Column(N_("laboratory"), "source"),
    ),
    (Choice(N_("stage"), "stage", TEST_STAGES),),
    unit="results",
    meanwhile=N_(
        "At once: call the laboratory by the sample's number, find the person, and call them yourself; then "
        "open the line and say what came of it. Nobody learns of it by a text message."
    ),
)
UNUSUAL_BATCHES: Final = OfficersList(
    "unusual_batches",
    "isolation",
    N_("Unusual laboratory batches"),
    N_(
        "Counted are batches of laboratories with an unusual share of positives, of which nobody has said "
        "what the laboratory answered."
    ),
    (
        Column(N_("laboratory"), "source"),
        Column(N_("results"), "results"),
        Column(N_("positives"), "positives"),
        Column(N_("found"), "unusual_at", "moment"),
        Column(N_("goes on at"), "wait_until", "moment"),
    ),
    unit="batches",
    meanwhile=N_(
        "At once: call the laboratory and ask whether it stands by its results; then open the line and say "
        "what it answered. Until then nobody is told anything; after the time it goes on by itself."
    ),
)
CLOSE_CONTACTS: Final = OfficersList(
    "close_contacts",
    "isolation",
    N_("Close contacts to tell"),
    N_(
        "Counted are people and places on the contacts' lists of your places and below whom nobody has told "
        "yet, or not yet that it was a mistake."
    ),
    (
        *OF_PERSON,
        Column(N_("kind"), "kind", "word"),
        Column(N_("last together on"), "last_on", "date"),
        Column(N_("lives there"), "lives_there", "flag"),
        Column(N_("it was a mistake"), "mistake", "flag"),
        Column(N_("tell by"), "due_by", "moment"),
    ),
    (PLACE, Choice(N_("kind"), "kind", CONTACT_KINDS)),
    unit="contacts",
    meanwhile=N_(
        "A person tells them, before any text; who has no case here is registered as an arrival, or passed "
        "on to where they are. Then open the line and say what came of it."
    ),
)
ROUND_MISSING: Final = OfficersList(
    "round_missing",
    "isolation",
    N_("Missing in rounds of tests"),
    N_(
        "Counted are people of your places and below who should be tested in a round that is open, and are "
        "neither tested nor excused; of whom nobody was there, or who cannot come out, somebody comes again."
    ),
    (
        *OF_PERSON,
        Column(N_("building"), "building"),
        Column(N_("why missing"), "why", "word"),
        Column(N_("visit"), "visit", "word"),
        Column(N_("find out by"), "due_by", "moment"),
    ),
    (
        PLACE,
        Choice(N_("why missing"), "why", ("nobody_there", "cannot_come_out")),
        Choice(N_("visit"), "visit", VISITS),
    ),
    meanwhile=N_(
        "Somebody knocks at their door, or goes to those who are to be visited. Then open the line and say "
        "what came of it: nobody is left out without a reason."
    ),
)
