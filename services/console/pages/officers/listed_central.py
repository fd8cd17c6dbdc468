"""Lists of central isolation: who refuses, who waits for a bed, who is on the way, and who is there."""

from __future__ import annotations

from typing import Final

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

WAITING_FOR_BED: Final = OfficersList(
    "waiting_for_bed",
    "isolation",
    N_("Waiting for a bed in central isolation"),
    N_(
        "Counted are people of your places and below of whom an officer has still to decide whether they go "
        "to central isolation: they refuse, a breach was confirmed again, or they were not admitted."
    ),
    (
        *OF_CASE,
        Column(N_("what is to be decided"), "kind", "task"),
        Column(N_("decide by"), "due_by", "moment"),
        Column(N_("state"), "state", "word"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (PLACE, Choice(N_("overdue"), "overdue", ("yes", "no")), WORKER),
    meanwhile=N_("Open their case: choose a bed there, or decide otherwise. Until then they stay here."),
)
ON_THE_WAY: Final = OfficersList(
    "on_the_way",
    "isolation",
    N_("On the way to central isolation"),
    N_(
        "Counted are people of your places and below for whom a bed is held, and who are not admitted yet; "
        "until they are, they are followed as before."
    ),
    (
        Column(N_("bed held since"), "decided_at", "moment"),
        *OF_CASE,
        Column(N_("room"), "room_id"),
        Column(N_("as"), "who", "word"),
        Column(N_("admitted by"), "due_by", "moment"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, Choice(N_("overdue"), "overdue", ("yes", "no")), WORKER),
    meanwhile=N_("Open a line to say that they were admitted, or were not: then the bed is free again."),
)
IN_CENTRES: Final = OfficersList(
    "in_centres",
    "isolation",
    N_("In central isolation"),
    N_("Counted are people of your places and below who were admitted to central isolation and are there."),
    (
        *OF_CASE,
        Column(N_("room"), "room_id"),
        Column(N_("as"), "who", "word"),
        Column(N_("admitted"), "admitted_at", "moment"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("their carer has gone"), "carer_gone", "flag"),
    ),
    (PLACE,),
    meanwhile=N_(
        "Do they leave? Open their case: released, to hospital, or opened again as they come home. With that "
        "the bed is free."
    ),
)
DECIDED_REFUSALS: Final = OfficersList(
    "decided_refusals",
    "isolation",
    N_("Decided refusals"),
    N_(
        "Counted are people of your places and below of whom an officer has decided that they refuse, until "
        "they follow or are moved."
    ),
    (
        *OF_PERSON,
        Column(N_("phone"), "phone"),
        Column(N_("decided on"), "decided_at", "moment"),
    ),
    (PLACE,),
    meanwhile=N_("The officer of the place persuades them, or has them moved. Go along where you are asked."),
)
ESCORTS: Final = OfficersList(
    "escorts",
    "isolation",
    N_("To be escorted"),
    N_(
        "Counted are people of your places and below who are to be taken to central isolation, and are not "
        "admitted yet."
    ),
    (
        *OF_PERSON,
        Column(N_("phone"), "phone"),
        Column(N_("centre"), "centre"),
        Column(N_("room"), "room_id"),
        Column(N_("admitted by"), "due_by", "moment"),
    ),
    (PLACE, Choice(N_("overdue"), "overdue", ("yes", "no"))),
    meanwhile=N_("The officer of the place says who fetches them, and when. Go along where you are asked."),
)
