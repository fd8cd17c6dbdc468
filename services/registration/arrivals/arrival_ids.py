"""The id that a statement gives to the arrival that it is the first to report."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ids import derived_id
from chassis.sealing import BlindIndex
from services.registration.reports.statement import Order, Statement


def arrival_ids(index: BlindIndex, statements: Sequence[Statement]) -> dict[Order, str]:
    """The id follows from the report alone.

    When publishers send again the reports that a restored backup lacks, the arrival, its case and its
    messages are the same as before, and nobody gets a message twice. Keyed, because ids stand in logs, and
    those of publishers may be numbers of documents. People of one report lie together, companions after the
    person.
    """
    ids, together, report_id = {}, "", ""
    for statement in statements:
        _, source, event_id, position = statement.order
        digest = index("arrival", f"{source}\0{event_id}\0{position}")
        if statement.report_id != report_id:  # the person may be missing: it waits for correction
            report_id = statement.report_id
            together = (digest if position == 0 else index("arrival", f"{source}\0{event_id}\0{0}"))[-4:]
        own = derived_id(statement.report.arrived_at, together, position, digest)
        ids[statement.order] = statement.belongs_to or own
    return ids
