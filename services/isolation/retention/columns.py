"""Which columns of isolation hold something personal, and what becomes of them when a case is stripped.

A test holds this against the tables: every column that can hold words, numbers of people or their digests is
named here, once. Whoever adds one says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Table

from services.isolation.breaches.tables import breaches
from services.isolation.central.tables import moves
from services.isolation.check_ins.tables import check_ins
from services.isolation.contacts.tables import contact_links, contacts
from services.isolation.links.tables import links
from services.isolation.needs.tables import needs
from services.isolation.notices.tables import notices, refusals
from services.isolation.permits.tables import passages, permits
from services.isolation.positives.tables import close_contacts
from services.isolation.transfers.tables import transfers


class Emptied(NamedTuple):
    """Columns of a table that are null, or empty, once the case is stripped.

    :param of_case: the column that names the case.
    """

    of_case: Column[Any]
    columns: tuple[Column[Any], ...]


EMPTIED: Final = (
    Emptied(check_ins.c.case_id, (check_ins.c.note,)),
    Emptied(needs.c.case_id, (needs.c.text,)),
    Emptied(permits.c.case_id, (permits.c.asked, permits.c.said)),
    Emptied(transfers.c.case_id, (transfers.c.asked, transfers.c.said)),
    Emptied(close_contacts.c.case_id, (close_contacts.c.said,)),
    Emptied(passages.c.case_id, (passages.c.saw,)),
    Emptied(breaches.c.case_id, (breaches.c.saw, breaches.c.said)),
    Emptied(moves.c.case_id, (moves.c.said,)),
    Emptied(notices.c.case_id, (notices.c.signed_by,)),
    Emptied(refusals.c.case_id, (refusals.c.what_would_help,)),
)
OF_HOUSEHOLDS: Final[tuple[Table, ...]] = (contacts, contact_links, links)
"""Their rows go with the last case of the household: they say how its people are reached."""

STRIPPED: Final[Mapping[str, tuple[str, ...]]] = {
    "cases": ("person", "identity", "heard"),
    "case_history": ("detail",),  # what was said in words
    "results_of_nobody": ("identity", "taken_up_note"),
    "awaited_people": ("identity",),
    "round_acts": ("note",),
    "round_people": ("person", "building"),
    "test_rounds": ("closed_because",),
    **{one.of_case.table.name: tuple(column.name for column in one.columns) for one in EMPTIED},
    **{table.name: tuple(column.name for column in table.columns) for table in OF_HOUSEHOLDS},
}
"""Table -> columns that hold nothing personal any more once a case is stripped."""

_EVENT: Final = ("source", "event_id")
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    # Words of the field, places, ids of staff, policies and events: what statistics and the balance need.
    "cases": (
        *(
            "state",
            "measure",
            "risk_level",
            "policy_id",
            "policy_epoch",
            "staff_epoch",
            "chapters",
            "language",
        ),
        *("household_id", "division", "district", "street", "community", "grid", "worker"),
        *("team", "team_lacks", "owner", "correlation_id"),
    ),
    "awaited_results": ("result",),
    "breaches": ("why", "reported_by", "judgement", "judged_by", "state"),
    "case_history": ("what", "event_id"),
    "check_ins": ("symptoms", "how_known", *_EVENT, "abnormal", "told"),
    "chosen_languages": ("language",),
    "close_contacts": ("kind", "settled_as", *_EVENT),
    "district_walks": ("name", "revision"),
    "moves": ("centre_id", "room_id", "who", "state", "decided_by", "settled_by", "ended_as"),
    "needs": ("people", "kind", "told", "how", *_EVENT),
    "notices": ("outcome", "text_version", "witness", *_EVENT),
    "passages": ("direction", *_EVENT),
    "permits": ("people", "kind", "told", "decision", "decided_by", *_EVENT),
    "positives": ("told", "treated_told"),
    "refusals": ("what", "why", "witness", *_EVENT),
    "release_checks": ("lacks",),
    "result_batches": ("source", "decided_as", "decided_by", "decided_event"),
    "results_counted": ("source", "result"),
    # A laboratory's own ids of samples: they lead to a person in its books, not in ours.
    "results_of_nobody": (
        *("sample_id", "tube_id", "method", "stage", "result", *_EVENT),
        *("taken_up_as", "taken_up_by", "taken_up_event"),
    ),
    "round_acts": ("what", *_EVENT),
    "round_people": ("visit", "street", "community", "grid", "state", "why"),
    "test_rounds": ("place", "street", "community", "grid", *_EVENT, "closed_by", "closed_event"),
    "test_results": ("sample_id", "tube_id", "method", "stage", "result", *_EVENT),
    "tasks": ("kind", "about", "role", "staff_id", "state", "told_level", "acts"),
    "transfers": ("outcome", "settled_by", *_EVENT),
    "watched": ("watcher",),
    # They wait for a policy, and become cases.
    "waiting_for_policy": ("event", "policy_epoch"),
    # Reference data: no resident stands in it, but staff do.
    "centres": ("centre_id", "name", "district"),
    "rooms": ("centre_id", "room_id"),
    "places": ("place_id", "parent", "level", "name", "division", "successor"),
    "policies": ("policy_id", "edition", "title", "document"),
    "policy_proposals": (
        *("policy_id", "document", *_EVENT, "decided_as", "decided_by", "decided_event"),
        "reason",
    ),
    "policy_texts": ("policy_id", "what", "document", *_EVENT, "reason"),
    "revisions": ("name", "revision"),
    "staff": ("staff_id", "role", "place", "person", "language", "replaced_by", "deputy"),
    "staff_history": ("staff_id", "role", "place", "deputy"),
    "staff_load": ("staff_id",),
}
"""Table -> columns that stay as they are."""
