"""Temperature and symptoms of the people of a household are kept; who is ill is looked at at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.ids import is_id
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.first_contact import met
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.check_ins.alarms import Alarms
from services.isolation.check_ins.check_in import CheckIn, check_in_id, that_counts
from services.isolation.check_ins.rows import insert_check_ins, known, with_corrections
from services.isolation.check_ins.rules import counts_until, faults_of_values, why_abnormal, window_served
from services.isolation.check_ins.see_silent import heard_of
from services.isolation.plans.task import Task

_BY_LINK, _TOLD_BY = "by_link", "told_by"
_BY_THEIR_LINKS = ("link", "contact")


class Person(NamedTuple):
    """What a command says of one person."""

    case: Case
    check_in: CheckIn
    task: Task | None
    """The check-in task that it settles."""
    of_it: Sequence[CheckIn]
    """Of a correction: what it corrects, with all corrections so far."""


def report_check_in(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Keep each check-in, settle the task of its window, and alarm where it is abnormal."""
    with cases_in_hand(uow, (case_id for said in commands for case_id in _cases_of(said))) as hand:
        reporting = _Reporting(hand, commands)
        outcomes = each_in_turn(commands, reporting.report)
        insert_check_ins(uow.conn, reporting.new)
    return outcomes


def _cases_of(said: Said) -> list[str]:
    return [person.get("case_id") or said.data.get("case_id") or "" for person in said.data["people"]]


class _Reporting:
    """The check-ins of a batch of commands."""

    def __init__(self, hand: CasesInHand, commands: Sequence[Said]) -> None:
        self.hand = hand
        self.uow = hand.uow
        self.alarms = Alarms(hand)
        self.new: list[CheckIn] = []
        people = [(said, n, p) for said in commands for n, p in enumerate(said.data["people"])]
        conn = self.uow.conn
        self._known = known(conn, [_id(said, number) for said, number, _ in people])
        corrected = {person["corrects"] for _, _, person in people if person.get("corrects")}
        self._corrected = with_corrections(conn, {id for id in corrected if is_id(id)})

    def report(self, said: Said) -> Outcome:
        if _id(said, 0) in self._known:  # said again when nobody remembers the outcome any more
            return Outcome.done(check_ins=[_id(said, n) for n in range(len(said.data["people"]))])
        people = self._checked(said)
        return Outcome.done(check_ins=[self._keep(said, person) for person in people])

    def _checked(self, said: Said) -> list[Person]:
        """Everything that the command says, with nothing done yet. Raises Refused with all faults."""
        given = said.data["people"]
        cases = [self.hand.case(said, case_id) for case_id in _cases_of(said)]
        household = said.data.get("household_id")
        people: list[Person] = []
        faults: list[Fault] = []
        for number, (person, case) in enumerate(zip(given, cases, strict=True)):
            found = [*self._faults(said, person, case)]
            if household and case.arrival.household_id != household:
                found.append(Fault("case_id", "other_household", "the case is not of this household"))
            if case.case_id in [other.case_id for other in cases[:number]]:
                found.append(Fault("case_id", "named_twice", "the same case stands twice in the list"))
            faults += [replace(fault, where=f"people[{number}].{fault.where}") for fault in found]
            if not found:
                people.append(self._person(said, number, person, case))
        if faults:
            raise Refused.invalid(faults)
        for number, one in enumerate(people):
            # Kept now it would alarm nobody, and said again later it would be known already.
            if one.case.state == states.EXPECTED and one.check_in.why_abnormal:
                message = "nobody said yet that they came: say this again once somebody did"
                raise Refused.conflict(f"people[{number}].case_id", message)
        return people

    def _faults(self, said: Said, person: dict[str, Any], case: Case) -> list[Fault]:
        policy = self.hand.book.policy(case)
        faults = faults_of_values(_tenths(person), person["symptoms"], policy)
        if (said.author.kind == "link") != (person["how_known"] == _BY_LINK):
            message = "by_link is what residents say by their link, and nobody else"
            faults.append(Fault("how_known", "not_by_this_author", message))
        if said.author.kind == "contact" and person["how_known"] != _TOLD_BY:
            message = "a contact person tells it, with their name in the note"
            faults.append(Fault("how_known", "not_by_this_author", message))
        if person.get("corrects"):
            of_it = self._of_it(said, person, case)
            today = local_day(said.at, self.uow.zone)
            if local_day(of_it[0].at, self.uow.zone) != today:
                message = "a check-in is corrected on its own day; report a new one"
                faults.append(Fault("corrects", "other_day", message))
        return faults

    def _of_it(self, said: Said, person: dict[str, Any], case: Case) -> list[CheckIn]:
        """What a correction corrects. Raises Refused, `unknown`."""
        named = person["corrects"]
        for of_it in self._corrected.values():
            if of_it[0].case_id == case.case_id and any(one.check_in_id == named for one in of_it):
                return of_it
        for one in self.new:  # earlier in this batch
            if one.case_id == case.case_id and one.check_in_id == named:
                return self._corrected.setdefault(one.original, [one])
        raise Refused.unknown("check-in", named)

    def _came(self, said: Said) -> datetime:
        """A household has no work without network, nor has its contact person: what they say they say now,
        also of a window before; where there is none for which that counts still, it is of now.
        """
        return self.uow.now if said.author.kind in _BY_THEIR_LINKS else said.at

    def _person(self, said: Said, number: int, person: dict[str, Any], case: Case) -> Person:
        note = person.get("note")
        of_it = self._of_it(said, person, case) if person.get("corrects") else ()
        came = self._came(said)
        asked = self.hand.tasks(self.hand.followed_as(case) or case)
        task = None if of_it else window_served(asked, said.at, self.uow.zone)
        if task and came > counts_until(task, self.uow.zone):
            task = None
        temperature = _tenths(person)
        check_in = CheckIn(
            check_in_id=_id(said, number),
            case_id=case.case_id,
            corrects=of_it[0].check_in_id if of_it else None,
            version=len(of_it) + 1,
            at=said.at if task or of_it else came,
            received_at=self.uow.now,
            temperature=temperature,
            symptoms=tuple(dict.fromkeys(person["symptoms"])),
            how_known=person["how_known"],
            note=self.uow.sealer.seal(note, "note") if note else None,
            by=said.author.source,
            event_id=said.event.id,
            task_id=task.task_id if task else None,
            late=task is not None and came > task.due_by,
            why_abnormal=why_abnormal(temperature, person["symptoms"], self.hand.book.policy(case)),
        )
        return Person(case, check_in, task, of_it)

    def _keep(self, said: Said, person: Person) -> str:
        case, check_in = person.case, person.check_in
        if followed := self.hand.followed_as(case):
            if not person.of_it:
                moment = person.task.due_from if person.task else check_in.at
                heard_of(self.hand, said, followed, moment, check_in.how_known)
            if person.task:
                self.hand.done(said, followed, person.task, how=check_in.how_known)
            followed = met(self.hand, followed, "check_in", check_in.at, said.event, said.author.source)
            case = followed if followed.case_id == case.case_id else case
        case = self.hand.add_line(
            said, case, "check_in_corrected" if person.of_it else "check_in", **_told(check_in)
        )
        if followed or self.hand.is_merged(case):
            check_in = self._alarm(said, self.hand.followed_as(case) or case, person)
        self.new.append(check_in)
        if person.of_it:
            self._corrected[check_in.original] = [*person.of_it, check_in]
        return check_in.check_in_id

    def _alarm(self, said: Said, case: Case, person: Person) -> CheckIn:
        """Alarm where it became abnormal, and take the alarm back where it no longer is."""
        check_in, of_it = person.check_in, person.of_it
        alarmed = any(one.alarm_task_id for one in of_it)  # not while nobody followed the case
        before = alarmed and bool(that_counts(of_it).why_abnormal)
        after = bool(that_counts([*of_it, check_in]).why_abnormal)
        if after and not before:
            return self.alarms.raise_one(said, case, check_in)
        if before and not after:
            self.alarms.take_back(said, case, of_it, check_in)
        return check_in


def _id(said: Said, number: int) -> str:
    return check_in_id(said.author.source, said.event.id, number)


def _tenths(person: dict[str, Any]) -> int | None:
    temperature = person.get("temperature")
    return None if temperature is None else round(temperature * 10)


def _told(check_in: CheckIn) -> dict[str, Any]:
    """What a history says of it; temperature, symptoms and the note stay with the check-in alone."""
    return {
        "check_in": check_in.check_in_id,
        "how_known": check_in.how_known,
        "taken_at": check_in.at,
        **({"task": check_in.task_id, "late": check_in.late} if check_in.task_id else {}),
        **({"abnormal": list(check_in.why_abnormal)} if check_in.why_abnormal else {}),
        **({"corrects": check_in.corrects} if check_in.corrects else {}),
    }
