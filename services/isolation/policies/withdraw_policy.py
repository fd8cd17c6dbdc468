"""A policy is withdrawn: the text that it corrected is in force again, or the policy of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from chassis.commands.command import Outcome, Said
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.policies import in_force
from services.isolation.policies.documents import stored_policy
from services.isolation.policies.import_policy import source_of
from services.isolation.policies.known import not_withdrawn, read_policies
from services.isolation.policies.publish import Act, keep_what_stands, lock_to_change, store
from services.isolation.policies.rules import Policy
from services.isolation.policies.tables import policy_texts
from services.isolation.policies.versions import WITHDRAWN, is_text_before_kept, standing_texts
from services.isolation.revisions import OPEN_POLICIES, REVISIONS

LONGEST_REASON: Final = 500
"""As policy.withdrawn takes one."""
_T: Final = policy_texts.c


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """:param restored: the version whose text is in force again; None: the policy holds nowhere any more."""

    policy_id: str
    version: int
    restored: int | None


def withdraw_policy(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """One administrator is enough: a wrong policy does harm while a second one is looked for, and what comes
    into force again is a text that was in force before. The reason and the name stand in the history.

    Decisions come from a door, one in a transaction. Raises Refused, which rolls it back.
    """
    return [_withdraw(uow, said) for said in commands]


def _withdraw(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    act = Act(said.author.source, said.event, data["reason"])
    done = withdraw(uow, data["policy_id"], data["expects"], act)
    return Outcome.done(policy_id=done.policy_id, version=done.version, restored=done.restored)


def withdraw_by_shell(uow: UnitOfWork, policy_id: str, version: int, reason: str, by: str) -> Withdrawn:
    """For whoever has the shell. Raises Refused."""
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        message = f"say what is wrong with it, in 1 to {LONGEST_REASON} characters"
        raise Refused.invalid([Fault("reason", "invalid", message)])
    return withdraw(uow, policy_id, version, Act(source_of(by), reason=reason))


def withdraw(uow: UnitOfWork, policy_id: str, expects: int, act: Act) -> Withdrawn:
    """Take the newest text of a policy back. All open cases are planned anew, as before it.

    Raises Refused, by which the transaction must be rolled back.

    :param expects: the version that is to be withdrawn, the newest: said again, as an answer was lost, it
        must not take back the next one as well.
    """
    known = lock_to_change(uow, policy_id)
    if known is None:
        raise Refused.unknown("policy", policy_id)
    if known.withdrawn:
        raise Refused("conflict", [Fault("policy_id", "withdrawn", "was withdrawn already")])
    if expects != known.version:
        raise Refused.conflict("expects", f"version {known.version} is in force now")
    keep_what_stands(uow, known)
    before = _text_before(uow, known)
    version = known.version + 1
    gone = stored_policy(known.document, version, uow.zone)
    if before is None:
        _check_that_one_holds(uow, gone, None)
        store(uow, replace(gone, withdrawn=True), version, known.document, act, WITHDRAWN)
    else:
        restored = stored_policy(before.document, version, uow.zone)
        _check_that_one_holds(uow, gone, restored)
        store(uow, restored, version, before.document, act, WITHDRAWN)
    REVISIONS.mark_changed(uow.conn, OPEN_POLICIES)
    return Withdrawn(policy_id, version, before.version if before is not None else None)


def _text_before(uow: UnitOfWork, known: Row[Any]) -> Any:
    """The row of the one that the text in force corrected; None: it was new."""
    of_it = select(_T.version, _T.what, _T.document).where(_T.policy_id == known.policy_id)
    rows = uow.conn.execute(of_it.order_by(_T.version)).all()
    versions = [(row.version, row.what) for row in rows]
    if not is_text_before_kept(versions):
        message = f"the text before version {rows[0].version} was not kept: import it again instead"
        raise Refused("conflict", [Fault("policy_id", "not_kept", message)])
    standing = standing_texts(versions)
    return next(row for row in rows if row.version == standing[-2]) if len(standing) > 1 else None


def _check_that_one_holds(uow: UnitOfWork, gone: Policy, restored: Policy | None) -> None:
    """Nobody is left without a policy."""
    if bare := first_without(uow, gone, restored):
        day, places = bare
        where = ", ".join(place or "everywhere" for place in places)
        message = f"no other policy holds on {day} ({where}): publish one first"
        raise Refused("conflict", [Fault("policy_id", "nothing_else", message)])


def first_without(
    uow: UnitOfWork, gone: Policy, restored: Policy | None
) -> tuple[date, list[str | None]] | None:
    """The first day, and the places, for which no policy would hold where this one does now, or will, until
    its end; None: another one does.

    :param restored: the text that is in force again; it may hold in fewer places, or end earlier.
    """
    first = max(local_day(uow.now, uow.zone), gone.valid_from)
    last = gone.valid_to or date.max
    known = read_policies(uow.conn, 0, 0, uow.zone).by_id.values()
    left = [policy for policy in not_withdrawn(known) if policy.policy_id != gone.policy_id]
    left += [restored] if restored is not None else []
    # Between these days another may begin, but none ends.
    ends = {policy.valid_to for policy in left if policy.valid_to is not None}
    days = [first, *sorted(end + timedelta(days=1) for end in ends if first <= end < last)]
    for day in days if first <= last else ():
        if bare := _without(left, gone.places or (None,), day):
            return day, bare
    return None


def _without(others: Sequence[Policy], places: Sequence[str | None], day: date) -> list[str | None]:
    """Those of these places where none of these policies is in force on a day."""
    there = {place: in_force(others, place, day) for place in places}
    return [place for place, policy in there.items() if policy is None or policy.valid_from > day]
