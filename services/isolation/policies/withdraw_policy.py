"""A policy is withdrawn: the text that it corrected is in force again, or the policy of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, select

from chassis.commands.command import Outcome, Said
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.policies import in_force
from services.isolation.policies.documents import policy_from
from services.isolation.policies.import_policy import source_of
from services.isolation.policies.known import not_withdrawn, read_policies
from services.isolation.policies.publish import Act, keep_what_stands, lock_policy, store
from services.isolation.policies.rules import Policy
from services.isolation.policies.tables import policies, policy_texts
from services.isolation.policies.versions import WITHDRAWN, standing_texts
from services.isolation.revisions import OPEN_POLICIES, REVISIONS

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


def withdraw_by_shell(uow: UnitOfWork, policy_id: str, reason: str, by: str) -> Withdrawn:
    """For whoever has the shell. Raises Refused."""
    return withdraw(uow, policy_id, None, Act(source_of(by), reason=reason))


def withdraw(uow: UnitOfWork, policy_id: str, expects: int | None, act: Act) -> Withdrawn:
    """Take the newest text of a policy back. All open cases are planned anew, as before it.

    Raises Refused, by which the transaction must be rolled back: what withdrawals find in force counts only
    one after the other.

    :param expects: the version that is to be withdrawn; None: whichever is the newest.
    """
    REVISIONS.mark_changed(uow.conn, policies.name)
    known = lock_policy(uow, policy_id)
    if known is None:
        raise Refused.unknown("policy", policy_id)
    if known.withdrawn:
        raise Refused("conflict", [Fault("policy_id", "withdrawn", "was withdrawn already")])
    if expects not in (None, known.version):
        raise Refused.conflict("expects", f"version {known.version} is in force now")
    keep_what_stands(uow, known)
    before = _text_before(uow, known)
    version = known.version + 1
    if before is None:
        gone = replace(policy_from(known.document, version, uow.zone), withdrawn=True)
        _check_that_another_holds(uow, gone)
        store(uow, gone, version, known.document, act, WITHDRAWN)
    else:
        policy = policy_from(before.document, version, uow.zone)
        store(uow, policy, version, before.document, act, WITHDRAWN)
    REVISIONS.mark_changed(uow.conn, OPEN_POLICIES)
    return Withdrawn(policy_id, version, before.version if before is not None else None)


def _text_before(uow: UnitOfWork, known: Row[Any]) -> Any:
    """The row of the one that the text in force corrected; None: it was new."""
    of_it = select(_T.version, _T.what, _T.document).where(_T.policy_id == known.policy_id)
    rows = uow.conn.execute(of_it.order_by(_T.version)).all()
    standing = standing_texts((row.version, row.what) for row in rows)
    if len(standing) > 1:
        return next(row for row in rows if row.version == standing[-2])
    if rows[0].version > 1:
        message = f"the text before version {rows[0].version} was not kept: import it again instead"
        raise Refused("conflict", [Fault("policy_id", "not_kept", message)])
    return None


def _check_that_another_holds(uow: UnitOfWork, gone: Policy) -> None:
    """Nobody is left without a policy: wherever it holds now, or will, another has begun by then."""
    today = local_day(uow.now, uow.zone)
    if gone.valid_to is not None and gone.valid_to < today:
        return
    day = max(today, gone.valid_from)
    known = read_policies(uow.conn, 0, 0, uow.zone).by_id.values()
    others = [policy for policy in not_withdrawn(known) if policy.policy_id != gone.policy_id]
    if bare := _without(others, gone.places or (None,), day):
        where = ", ".join(place or "everywhere" for place in bare)
        message = f"no other policy holds on {day} ({where}): publish one first"
        raise Refused("conflict", [Fault("policy_id", "nothing_else", message)])


def _without(others: Sequence[Policy], places: Sequence[str | None], day: date) -> list[str | None]:
    """Those of these places where none of these policies is in force on a day."""
    there = {place: in_force(others, place, day) for place in places}
    return [place for place, policy in there.items() if policy is None or policy.valid_from > day]
