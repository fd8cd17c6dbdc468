"""The contacts' lists of cases in hand: who is still to be told, and who was told by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.policies.rules import CORRECT_CONTACTS, Policy
from services.isolation.positives.rules import TAKEN_BACK, TOLD, Contact, contact_after, was_mistake
from services.isolation.positives.tables import close_contacts
from services.isolation.tests.judged import POSITIVE, Result

_C: Final = close_contacts.c
_WRITTEN: Final = ("mistake", "settled_at", "settled_as", "due_by")


class ContactsInHand:
    """What becomes of those on the lists of these cases; `write` writes it."""

    def __init__(self, uow: UnitOfWork, whose: Mapping[str, str]) -> None:
        """:param whose: cases, each with the one under which the person is followed, itself or another."""
        self._uow = uow
        self._whose = whose
        columns = [_C[name] for name in ("contact_id", "case_id", "at", *_WRITTEN)]
        listed = select(*columns).where(is_in(uow.conn, _C.case_id, whose)).order_by(_C.contact_id)
        rows = uow.conn.execute(listed).mappings()
        self._rows = {row["contact_id"]: {str(name): value for name, value in row.items()} for row in rows}
        self._changed: set[str] = set()

    def may_settle(self, contact_id: str, outcome: str, mistake: bool) -> bool:
        """Whether that is still to be said of one, or tells what was taken back meanwhile.

        :param mistake: whether that is what they were told.
        """
        now = _standing(self._rows[contact_id])
        if now.settled is None:
            return mistake == now.mistake
        return now.settled == TAKEN_BACK and outcome in TOLD and not mistake

    def to_tell(self, case: Case) -> frozenset[str]:
        """The kinds of task of whoever has to tell somebody of them."""
        asked = (_standing(row).asks_for for row in self._of(case))
        return frozenset(kind for kind in asked if kind)

    def look(self, case: Case, policy: Policy, results: Iterable[Result]) -> None:
        """What was found is a mistake, or is none.

        Of whoever came back from hospital each is a contact of what was found before, unless they were listed
        after a sample was taken in which it was found again.
        """
        known = list(results)
        since = [one for one in known if not one.treated]
        again = min((one.sampled_at for one in since if one.result == POSITIVE), default=None)
        mistake, mistake_before = was_mistake(since), was_mistake(one for one in known if one.treated)
        for row in self._of(case):
            of_before = again is None or row["at"] < again
            before = _standing(row)
            after = contact_after(before, mistake_before if of_before else mistake)
            if after != before:
                self._becomes(row, after, policy, self._uow.now)

    def settle(self, contact_id: str, policy: Policy, outcome: str, at: datetime) -> None:
        """Somebody says what came of one. Who was told what is taken back by now is to hear of that."""
        row = self._rows[contact_id]
        before = _standing(row)
        late = before.settled == TAKEN_BACK
        self._becomes(row, Contact(before.mistake, None if late else outcome), policy, at)

    def _becomes(self, row: dict[str, Any], after: Contact, policy: Policy, at: datetime) -> None:
        row |= {"mistake": after.mistake, "settled_as": after.settled}
        row["settled_at"] = at if after.settled is not None else None
        if after.settled is None:
            asked = policy.correct_contacts if after.asks_for == CORRECT_CONTACTS else policy.tell_contacts
            row["due_by"] = policy.ladders.awake(asked.kind, self._uow.now + asked.within)
        self._changed.add(row["contact_id"])

    def _of(self, case: Case) -> Iterable[dict[str, Any]]:
        return [row for row in self._rows.values() if self._whose[row["case_id"]] == case.case_id]

    def write(self) -> None:
        rows = [self._rows[id] for id in sorted(self._changed)]
        rows = [{name: row[name] for name in ("contact_id", *_WRITTEN)} for row in rows]
        update_rows(self._uow.conn, close_contacts, rows, key=["contact_id"], set=_WRITTEN)


def _standing(row: Mapping[str, Any]) -> Contact:
    return Contact(row["mistake"], row["settled_as"] if row["settled_at"] is not None else None)
