"""A household was handed its notice: signed, also by a guardian or proxy, or refused and left there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases.case import Case
from services.isolation.cases.first_contact import met
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.contacts.proxy import proxy
from services.isolation.notices import witnesses
from services.isolation.notices.recorded import recorded
from services.isolation.notices.tables import notices
from services.isolation.plans import states
from services.isolation.policies.rules import SIGNED_NOTICE

_NOTICES = UUID("3c1d0a55-9be8-4a3f-8d0e-0b3a5a5d9a11")
_FOR_SOMEBODY = ("signed_by_guardian", "signed_by_proxy")
_BY_LINK = ("signed", "signed_by_guardian")
_BY_PROXY = "signed_by_proxy"
_REFUSED = "refused_to_sign"


def sign_notice(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Settle the task of the notice for each case. Who refuses to sign has been handed it all the same."""
    rows: list[dict[str, Any]] = []
    with cases_in_hand(uow, (case_id for said in commands for case_id in said.data["case_ids"])) as hand:
        known = recorded(uow.conn, notices, notices.c.notice_id, commands)

        def sign(said: Said) -> Outcome:
            cases = hand.household(said, said.data["case_ids"])
            id = str(uuid5(_NOTICES, f"{said.event.source}\n{said.event.id}"))
            if id in known:
                return Outcome.done(notice_id=id)
            signed_by = said.data.get("signed_by")
            if said.author.kind == "contact":
                signed_by = _as_proxy(uow, said, cases)
            if faults := _faults(hand, said, signed_by):
                raise Refused.invalid(faults)
            rows.extend(_sign(hand, said, id, case, signed_by) for case in cases)
            return Outcome.done(notice_id=id)

        outcomes = each_in_turn(commands, sign)
        insert_rows(uow.conn, notices, rows)
    return outcomes


def _as_proxy(uow: UnitOfWork, said: Said, cases: Sequence[Case]) -> str:
    """The name under which the register knows a proxy: they sign under no other. Raises Refused."""
    known = proxy(uow, said.author.id)
    if known is None or any(case.household != known.household for case in cases):
        message = "a contact person who may only report signs nothing"
        raise Refused("not_allowed", [Fault("", "not_allowed", message)])
    return known.name


def _faults(hand: CasesInHand, said: Said, signed_by: str | None) -> list[Fault]:
    outcome, staff = said.data["outcome"], hand.book.reference.staff
    faults = witnesses.faults_of(
        said.data.get("witness"), said.author.staff_id, staff, needed=outcome == _REFUSED
    )
    by_link, by_proxy = said.author.kind == "link", said.author.kind == "contact"
    if (outcome in _FOR_SOMEBODY or by_link) and not signed_by:
        faults.append(Fault("signed_by", "missing", "give the name of who signed"))
    if by_link and outcome not in _BY_LINK:
        faults.append(Fault("outcome", "not_by_this_author", "on its own page a household can only sign"))
    if by_proxy and outcome != _BY_PROXY:
        faults.append(Fault("outcome", "not_by_this_author", "a proxy signs as proxy only"))
    if (by_link or by_proxy) and not said.data.get("text_version"):
        faults.append(Fault("text_version", "missing", "say which text was signed"))
    return faults


def _sign(hand: CasesInHand, said: Said, id: str, case: Case, signed_by: str | None) -> dict[str, Any]:
    data = said.data
    tasks = [
        task
        for task in hand.tasks(case)
        if task.kind == SIGNED_NOTICE and task.state != states.CANCELLED and task.due_from <= said.at
    ]
    if case.closed_at is None:
        for task in tasks:
            hand.done(said, case, task)
    told = {
        name: data.get(name)
        for name in ("outcome", "read_aloud", "witness", "text_version")
        if data.get(name)
    }
    case = met(hand, case, "notice", said.at, said.event, said.author.source)
    hand.add_line(said, case, "notice", notice=id, tasks=[task.task_id for task in tasks], **told)
    return {
        "case_id": case.case_id,
        "notice_id": id,
        "at": said.at,
        "received_at": hand.uow.now,
        "outcome": data["outcome"],
        "signed_by": hand.uow.sealer.seal(signed_by, "note") if signed_by else None,
        "text_version": data.get("text_version"),
        "read_aloud": bool(data.get("read_aloud")),
        "witness": data.get("witness"),
        "source": said.author.source,
        "event_id": said.event.id,
    }
