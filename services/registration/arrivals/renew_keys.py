"""Keys of persons made by an earlier version are made anew, page by page; the reports say what of.

Until all are new, the intake first makes those anew that a batch touches, looked up in both forms. So
everything else knows keys and facts of one form. Persons and arrivals stay who and what they are. Who was
known only by a name written in another way is found by it as soon as the timer has been there.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Row, Select, literal, select

from chassis.database.statements import is_in, update_rows, upsert_rows
from chassis.sealing import BlindIndex, SealBroken
from chassis.unit_of_work import UnitOfWork
from field.documents import compact_number
from services.registration.arrivals.tables import arrivals
from services.registration.persons.claims import MOST_CLAIMS, NUMBER, Claim, Facts, Keys, contradictions
from services.registration.persons.keys import FORM, as_id, keys_of
from services.registration.persons.person import Person
from services.registration.persons.phones import same_phone
from services.registration.persons.stored_claims import Claims, insert_claims, lock_claims, update_claims
from services.registration.persons.tables import person_keys
from services.registration.reference.tables import versions
from services.registration.reference.versions import VERSIONS
from services.registration.reports.flaws import kept_faults
from services.registration.reports.report import SEAL_PURPOSE, read_report
from services.registration.reports.statement import Statement
from services.registration.reports.tables import companion_arrivals, reports

# A page takes some 50 ms, in which nothing else of the process runs.
_AT_ONCE: Final = 200
VERSION: Final = "person_keys"
"""Its version is the form that all keys have at least; without one there are some of form 1."""

log = structlog.get_logger()


def renew_keys(uow: UnitOfWork) -> int:
    """Timer. Returns how many keys it made anew; after the last it notes that there are no more.

    It looks for old keys afterwards, too: replicas of the version before may still write some.
    """
    old = _old_rows()
    rows = uow.take(old.with_for_update(skip_locked=True), person_keys.c.key, _AT_ONCE)
    _renew(uow, rows)
    if not rows and VERSIONS.read(uow.conn).get(VERSION, 1) < FORM:
        _note_that_all_are_new(uow, old)
    return len(rows)


def _note_that_all_are_new(uow: UnitOfWork, old: Select[Any]) -> None:
    if uow.conn.execute(old.limit(1)).first() is None:  # nor does another replica hold one
        done = {"name": VERSION, "version": FORM}
        upsert_rows(uow.conn, versions, [done], key=["name"], set=["version"])
        log.info("keys_of_persons_are_new", form=FORM)


def renew_touched(uow: UnitOfWork, statements: Iterable[Statement], keys: Iterable[Keys]) -> None:
    """Make those keys anew by which a batch may find somebody.

    :param keys: those of the statements.
    """
    touched = {key for of_one in keys for key in (of_one.identity, of_one.by_name) if key}
    for statement in statements:
        person = statement.person
        if person.name and person.phone:
            touched.add(_old_key(uow.index, person.name, person.phone))
    wanted = _old_rows(is_in(uow.conn, person_keys.c.key, sorted(touched)))
    _renew(uow, uow.conn.execute(wanted.with_for_update()).all())


def _old_rows(wanted: ColumnElement[bool] | None = None) -> Select[Any]:
    columns = person_keys.c
    query = select(columns.key, columns.person_id, columns.identity_key).where(columns.form < FORM)
    return (query if wanted is None else query.where(wanted)).order_by(columns.key)


def _renew(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> None:
    """:param rows: locked."""
    if not rows:
        return
    said = _read(uow, {row.person_id for row in rows})
    here, moved = [], defaultdict[str, list[Claim]](list)
    for row in rows:
        key, facts = _new_key(row.key, said[row.person_id])
        if key != row.key:
            claimed = {NUMBER: row.identity_key} if row.identity_key else {}
            moved[key].append(Claim(row.person_id, {**facts, **claimed}))
        # The row stays, where replicas of the version before look for it.
        here.append({"key": row.key, "form": FORM, "facts": facts if key == row.key else {}})
    update_rows(uow.conn, person_keys, here, key=["key"], set=["form", "facts"])
    _move(uow, moved)


def _new_key(key: str, said: Sequence[_Said]) -> tuple[str, Facts]:
    """A key that no report explains any more stays, without facts."""
    of_number = [one.keys.identity_facts for one in said if one.keys.identity == key]
    if of_number:
        return key, _together(of_number)
    of_name = [one.keys for one in said if one.old_key == key and one.keys.by_name]
    if of_name:
        return of_name[0].by_name or key, _together(keys.name_facts for keys in of_name)
    return key, {}


def _together(facts: Iterable[Facts]) -> Facts:
    """Until now a number alone decided: what contradicts the first report may be about somebody else."""
    known: dict[str, str] = {}
    for said in facts:
        if not contradictions(known, said):
            known |= said
    return known


def _move(uow: UnitOfWork, moved: Mapping[str, list[Claim]]) -> None:
    """Claims of different old keys may come together under one new key: then each stays."""
    first = {key: tuple(claims[:1]) for key, claims in moved.items()}
    there: Claims = {**first, **lock_claims(uow, moved.keys() - insert_claims(uow, first))}
    together = {key: _joined(there[key], claims) for key, claims in moved.items()}
    update_claims(uow, {key: claims for key, claims in together.items() if claims != there[key]})


def _joined(there: tuple[Claim, ...], more: Sequence[Claim]) -> tuple[Claim, ...]:
    known = {claim.person_id for claim in there}
    return (*there, *(claim for claim in more if claim.person_id not in known))[:MOST_CLAIMS]


@dataclass(frozen=True, slots=True)
class _Said:
    """
    :param old_key: of name and phone, in form 1.
    """

    keys: Keys
    old_key: str | None


def _read(uow: UnitOfWork, persons: Collection[str]) -> Mapping[str, list[_Said]]:
    """What reports say of each person, the first report first."""
    columns = (arrivals.c.person_id, reports.c.reported_at, reports.c.source, reports.c.event_id)
    theirs = is_in(uow.conn, arrivals.c.person_id, sorted(persons))
    kept = (reports.c.sealed, reports.c.reasons)
    of_person = select(*columns, literal(0), *kept).join(reports, reports.c.arrival_id == arrivals.c.id)
    position = companion_arrivals.c.position
    of_companion = (
        select(*columns, position, *kept)
        .join(companion_arrivals, companion_arrivals.c.arrival_id == arrivals.c.id)
        .join(reports, reports.c.id == companion_arrivals.c.report_id)
    )
    found: list[tuple[Any, ...]] = []
    for query in (of_person, of_companion):
        found += [tuple(row) for row in uow.conn.execute(query.where(theirs))]
    said: dict[str, list[_Said]] = defaultdict(list)
    for person_id, *_, at, sealed, reasons in sorted(found, key=lambda row: row[:5]):
        try:
            data = uow.sealer.unseal(sealed, SEAL_PURPOSE)["data"]
        except SealBroken:  # its key is not here: then nobody can say what it was
            continue
        given = (data["person"], *(data.get("companions") or ()))[at]
        report = read_report(data, kept_faults(reasons or ()))
        said[person_id].append(_said(uow.index, report.people[at], given))
    return said


def _said(index: BlindIndex, person: Person, given: Mapping[str, Any]) -> _Said:
    phone = compact_number(given.get("phone") or "")
    old_key = _old_key(index, person.name, phone) if person.name and phone else None
    return _Said(keys_of(index, person), old_key)


def _old_key(index: BlindIndex, name: str, phone: str) -> str:
    form = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return as_id(index("name_phone", f"{form}\0{same_phone(phone)}"))
