"""A source's later report of a coming that it reported before, beyond what the 48-hour rule finds.

Two statements about one person are such a pair where

- the same publisher gives both the same reference, and announced the coming first, or says nearly the same
  time, or
- the same source announced the coming first and later says another time, to the same destination.

Whether two statements are a pair depends on these two alone, not on the order in which they came in. So two
arrivals that hold the halves of a pair, because something else was known when the second half came, are told
to staff as a possible duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from services.registration.places.spelling import fold
from services.registration.reports.statement import Statement

MOVED: Final = timedelta(days=14)
"""So far a source moves a coming that has no reference: later, another trip is as likely."""
ANNOUNCED: Final = timedelta(days=90)
"""As far as a coming is announced ahead, and so far it may be moved under its reference."""
SAME_JOURNEY: Final = timedelta(hours=12)
"""A coming that has happened is corrected by less under its reference. References such as a seat on a train
come up again the next day, and then somebody came once more.
"""


def is_same_report(one: Statement, other: Statement) -> bool:
    """Whether both are the same source's report of the same coming. They are about one person."""
    if one.publisher != other.publisher:
        return False
    first = min(one, other, key=lambda statement: statement.order).report
    apart = abs(one.report.arrived_at - other.report.arrived_at)
    if one.report.reference and one.report.reference == other.report.reference:
        return apart <= (ANNOUNCED if first.expected else SAME_JOURNEY)
    # Whoever came already and announces a coming comes once more: only what was announced first is moved.
    return first.expected and apart <= MOVED and _is_moved(one, other)


def may_be_same_report(one: Statement, other: Statement) -> bool:
    """Also where a reference comes up again within days: corrected, or another coming. Staff decide."""
    if is_same_report(one, other):
        return True
    is_one_matter = one.publisher == other.publisher and one.report.reference == other.report.reference
    apart = abs(one.report.arrived_at - other.report.arrived_at)
    return is_one_matter and one.report.reference is not None and apart <= MOVED


def _is_moved(one: Statement, other: Statement) -> bool:
    return (
        one.report.source_kind == other.report.source_kind
        and not (one.report.reference and other.report.reference)
        and _is_same_destination(one, other)
    )


def _is_same_destination(one: Statement, other: Statement) -> bool:
    communities = one.placement.community, other.placement.community
    if communities != (None, None):
        return communities[0] == communities[1]
    there, elsewhere = one.report, other.report
    return (there.division, fold(there.address)) == (elsewhere.division, fold(elsewhere.address))


def reports_again(statement: Statement, told: Iterable[Statement], *, expected: bool) -> bool:
    """Whether a statement is another report of an arrival.

    :param told: the arrival's statements so far.
    :param expected: as far as they say, nobody has come. Once somebody came, only a reference leads there.
    """
    # The reference first: of somebody who is reported thousands of times few have the same.
    return any(
        (expected or statement.report.reference == earlier.report.reference is not None)
        and is_same_report(statement, earlier)
        for earlier in told
    )
