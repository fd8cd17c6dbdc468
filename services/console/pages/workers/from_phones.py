"""What phones kept and could not be done: an officer sees why, enters it or dismisses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.acts import note
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.who import acting, only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.workers.household import Visit
from services.console.pages.workers.not_done import because_of
from services.console.pages.workers.typed import typed_in
from services.console.pages.workers.without_network import carry_out
from services.console.phone_acts.act import Act, read_act
from services.console.phone_acts.keys import ActKeys, NotOpened
from services.console.phone_acts.queries import Kept, kept_act, waiting
from services.console.phone_acts.settle import close_act

_MOST_PEOPLE: Final = 50
"""Whose acts are shown at once: the register is asked for each."""


@dataclass(frozen=True, slots=True)
class Row:
    """:param name: of the author, or of whoever's phone sent it, as the register has it."""

    kept: Kept
    name: str
    because: str


def add_from_phones(pages: Blueprint, work: Work, doors: Doors, keys: ActKeys) -> None:
    def mine(id: str) -> Row | None:
        with work.look() as uow:
            kept = kept_act(uow, id)
        rows = _rows(doors, [kept] if kept and kept.state == "refused" else [])
        return rows[0] if rows else None

    @pages.get("/from-phones")
    @only_in(work, "officer")
    def from_phones() -> Response:
        with work.look() as uow:
            found = waiting(uow)
        return make_response(render_template("workers/from_phones.html", rows=_rows(doors, found)))

    @pages.post("/from-phones/<id>")
    @only_in(work, "officer")
    def act_from_phone(id: str) -> Answer:
        """What was typed: that it was looked at is noted."""
        row = mine(id)
        if row is None:
            return refusal_page(404)
        with work.unit() as uow:
            note(uow, row.kept.account_id, g.who.account.name, "phone_act_shown")
        return _page(doors, row, keys)

    @pages.post("/from-phones/<id>/enter")
    @only_in(work, "officer")
    def enter_act(id: str) -> Answer:
        """In the officer's own name, with its own time."""
        row = mine(id)
        act = opened(keys, row.kept) if row else None
        if row is None or act is None:
            return refusal_page(404)
        not_done, says = carry_out(g.who, act)
        if not_done:
            return _page(doors, row, keys, says or because_of(row.kept), 422)
        with work.unit() as uow:
            close_act(uow, id, "entered", g.who.account)
        return redirect(url_for("workers.from_phones"), 303)

    @pages.post("/from-phones/<id>/dismiss")
    @only_in(work, "officer")
    def dismiss_act(id: str) -> Answer:
        if mine(id) is None:
            return refusal_page(404)
        with work.unit() as uow:
            close_act(uow, id, "dismissed", g.who.account)
        return redirect(url_for("workers.from_phones"), 303)


def opened(keys: ActKeys, kept: Kept) -> Act | None:
    try:
        return read_act(keys.open(kept.sealed or ""))
    except NotOpened:
        return None


def _page(doors: Doors, row: Row, keys: ActKeys, wrong: str = "", status: int = 200) -> Response:
    act = opened(keys, row.kept)
    visit = _visit(doors, act)
    typed = typed_in(act, visit) if act else []
    page = render_template("workers/from_phone.html", row=row, act=act, visit=visit, typed=typed, wrong=wrong)
    return make_response(page, status)


def _visit(doors: Doors, act: Act | None) -> Visit | None:
    """The household as it is now, where the officer reaches it."""
    try:
        return Visit(doors, act.household) if act else None
    except (Refused, DoorAway):
        return None


def _rows(doors: Doors, found: Sequence[Kept]) -> list[Row]:
    """Those of the officer's places. Raises Refused, DoorAway."""
    names = _names(doors, dict.fromkeys(one.staff_id for one in found))
    return [Row(one, names[one.staff_id], because_of(one)) for one in found if one.staff_id in names]


def _names(doors: Doors, staff_ids: Iterable[str]) -> Mapping[str, str]:
    """Of those of these members of staff whom the officer may see, also of who has left."""
    names: dict[str, str] = {}
    for staff_id in list(staff_ids)[:_MOST_PEOPLE]:
        row: Any
        for row in doors.rows("registration", "staff", acting(), {"staff_id": staff_id}).rows:
            names[staff_id] = row["name"] or staff_id
    return names
