"""A household is reached or helped otherwise than before: of each part, what was said last counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.cases.case import Case
from services.isolation.cases.chosen_languages import ChosenLanguages
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.contacts.invite import SEALED, invite
from services.isolation.contacts.tables import contacts as table

_PARTS = ("contacts", "marks", "best_time")
_SEALED = ("contacts", "best_time")
_REASON = "contact_changed"


def change_contact(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Keep what is said of a household, and write to its people in the language that they chose."""
    with cases_in_hand(uow, (case_id for said in commands for case_id in said.data["case_ids"])) as hand:
        changing = _Changing(hand, commands)
        outcomes = each_in_turn(commands, changing.change)
        changing.write()
    return outcomes


class _Changing:
    """What a batch of commands changes."""

    def __init__(self, hand: CasesInHand, commands: Sequence[Said]) -> None:
        self.hand = hand
        self.uow = hand.uow
        self._said: dict[str, dict[str, tuple[Any, Any]]] = {}
        self._contacts: dict[str, tuple[Said, Case]] = {}  # of each household, by which they were said last
        self._newest: set[str] = set()  # households of which nobody said later who the contacts are
        choosing = {id for said in commands if said.data.get("language") for id in said.data["case_ids"]}
        self._languages = ChosenLanguages(hand.uow, [id for id in choosing if is_id(id)])

    def change(self, said: Said) -> Outcome:
        cases = self.hand.household(said, said.data["case_ids"])
        given = {name: said.data[name] for name in _PARTS if said.data.get(name) is not None}
        language = said.data.get("language")
        if not given and not language:
            raise Refused.invalid([Fault("", "nothing", "say what changes: contacts, marks, language …")])
        household = cases[0].household
        parts = self._said.setdefault(household, {})
        for name, value in given.items():
            if name not in parts or parts[name][0] <= said.at:
                parts[name] = (said.at, value)
                if name == "contacts":
                    first = min(cases, key=lambda case: case.closed_at is not None)
                    self._contacts[household] = (said, first)
        for case in cases:
            self._change(said, case, given, language)
        return Outcome.done(household=household)

    def _change(self, said: Said, case: Case, given: Mapping[str, Any], language: str | None) -> None:
        detail: dict[str, Any] = {"changed": sorted(given)}  # what they are stays with the household alone
        if language and self._languages.choose(case.case_id, language, said.at):
            detail["language"] = language
            if language != case.arrival.language:
                speaks = replace(case, arrival=replace(case.arrival, language=language))
                if case.closed_at is None:
                    self.hand.change_details(said, case, speaks, _REASON, **detail)
                else:  # nobody is told, and whoever comes (again) is written to in it
                    self.hand.change(said, speaks, _REASON, **detail)
                return
        self.hand.add_line(said, case, _REASON, **detail)

    def write(self) -> None:
        """What is stored stays where it was said later than this."""
        conn = self.uow.conn
        households = sorted(household for household, parts in self._said.items() if parts)
        blank = {f"{name}{suffix}": None for name in _PARTS for suffix in ("", "_at")}
        rows = [{"household": household} | blank for household in households]
        insert_rows(conn, table, rows, ignore_conflicts=True)
        these = is_in(conn, table.c.household, households)
        stored = select(table).where(these).order_by(table.c.household).with_for_update()
        changed = [
            self._row({str(name): value for name, value in row.items()})
            for row in conn.execute(stored).mappings()
        ]
        update_rows(conn, table, changed, key=["household"], set=list(blank))
        for household in sorted(self._contacts.keys() & self._newest):
            said, case = self._contacts[household]
            invite(self.uow, household, self._said[household]["contacts"][1], case, said)
        self._languages.write()

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        for name, (at, value) in self._said[row["household"]].items():
            if row[f"{name}_at"] is None or row[f"{name}_at"] <= at:
                sealed = self.uow.sealer.seal(value, SEALED) if name in _SEALED else value
                if name == "contacts":
                    self._newest.add(row["household"])
                row |= {name: sealed, f"{name}_at": at}
        return row
