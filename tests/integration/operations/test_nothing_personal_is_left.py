"""A household whose cases are stripped: everything that names them is searched for in every service, in clear
and with all keys, in what they told each other, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from benchmarks.arrivals import event
from chassis import inbox
from chassis.commands.command import Author, CommandUseCase, Outcome
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.names import EVENTS
from contracts.envelope import BATCH, Event, read_message
from contracts.registry import read_data
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.contacts.change_contact import change_contact
from services.isolation.handover import sums as sums_of_isolation
from services.isolation.needs.ask_need import ask_need
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.release.decide_case import decide_case
from services.isolation.tables import cases
from services.notification.handover import sums as sums_of_notification
from services.registration.following.follow_arrival import follow_arrival
from services.registration.handover import sums as sums_of_registration
from services.registration.tables import arrivals
from tests.in_clear import in_clear, in_files, opened, sealed_in, vacuum
from tests.integration.plans.busy_town import SERVICES, BusyTown
from tests.made_up_rows import made_up
from tests.said import made_command

SUMS = {
    "registration": sums_of_registration,
    "isolation": sums_of_isolation,
    "notification": sums_of_notification,
}
TERM = timedelta(days=181)
PHONES = ("13900990001", "13900990002")
_BEGINNING = 48
"""Characters by which a sealed text is known in a file, where a long one lies in pieces."""
LINK = Author("link", "/link/l-1", "l-1")


def prepared(service: str) -> Callable[[str], None]:
    def prepare(url: str) -> None:
        database = Database(url)
        upgrade(service, database)
        database.dispose()

    return prepare


@pytest.fixture
def town(database_url: Callable[..., str]) -> Iterator[BusyTown]:
    found = BusyTown({name: database_url(name, prepared(name)) for name in SERVICES})
    found.open()
    yield found
    found.dispose()


def say(
    town: BusyTown, service: str, use_case: CommandUseCase, type: str, data: dict[str, Any], **how: Any
) -> Outcome:
    author = how.pop("author", Author("staff", "/console/officer", _staff(town)[0]))
    said = made_command(type, data, author, town.clock.now())
    with town.works[service].unit() as uow:
        [outcome] = use_case(uow, [said])
    assert outcome.kind == "done", outcome
    town.hand_on()
    return outcome


def _staff(town: BusyTown) -> Sequence[str]:
    with town.works["isolation"].database.read() as conn:
        rows = conn.exec_driver_sql("SELECT staff_id FROM staff WHERE active ORDER BY staff_id")
        return list(rows.scalars())


def reported() -> dict[str, Any]:
    """By an event in which everything that is somebody's says Marker."""
    document = event(0, "marked")
    data = document["data"]
    data["person"] |= {"name": "Marker Senior", "phone": PHONES[0]}
    data["companions"] = [{"name": "Marker Junior", "birth_date": "2019-03-04"}]
    data["destination"]["address"] += " Marker Tower"
    data["remarks"] = "Marker has a cat"
    for stop in data["stops"]:
        stop["address"] += " Marker Inn"
    return document


def said_of(town: BusyTown, ids: Sequence[str]) -> None:
    first, second = _staff(town)[:2]
    contact = {"name": "Aunt Marker", "phone": PHONES[1], "may_report": True, "proxy": True}
    contacts = {"case_ids": ids, "contacts": [contact], "best_time": "when Marker is in"}
    say(town, "isolation", change_contact, "contact.changed", contacts)
    how = {"temperature": 36.5, "symptoms": [], "how_known": "seen", "note": "Marker coughs"}
    people = {"people": [{"case_id": id, **how} for id in ids]}
    say(town, "isolation", report_check_in, "check_in.reported", people)
    need = {"case_ids": ids, "kind": "food", "text": "rice for Marker"}
    say(town, "isolation", ask_need, "need.asked", need, author=LINK)
    refusal = {"case_ids": ids, "what": "isolation", "why": "care_of_others", "witness": second}
    words = {"what_would_help": "somebody who minds Marker"}
    say(town, "isolation", report_refusal, "refusal.reported", refusal | words)
    notice = {"case_ids": ids, "outcome": "signed_by_proxy", "signed_by": "Aunt Marker", "witness": second}
    say(town, "isolation", sign_notice, "notice.signed", notice)
    met = {"arrival_id": ids[0], "outcome": "contacted", "how": "seen", "note": "Marker was friendly"}
    say(town, "registration", follow_arrival, "arrival.followed", met)
    assert first != second


def end(town: BusyTown, ids: Sequence[str]) -> None:
    with town.works["isolation"].database.read() as conn:
        versions = {row.case_id: row.version for row in conn.execute(cases.select())}
    how = {"place": "the Marker ward", "escort": "Marker drives", "note": "Marker knows the way"}
    for id in ids:
        decided = {"case_id": id, "decision": "move_to_hospital", "expects": versions[id], **how}
        say(town, "isolation", decide_case, "case.decided", decided)


def strip(town: BusyTown) -> None:
    turns = dict(town.timers())
    for name in ("isolation.strip_cases", "registration.strip_arrivals"):
        for _ in range(50):
            if not turns[name]():
                break
        town.hand_on()


def forget(town: BusyTown) -> None:
    """What goes by age goes: it is forty days later, and each service has taken something in since."""
    long_ago = datetime.now(UTC) - timedelta(days=40)
    for work in town.works.values():
        with work.database.begin() as conn:
            conn.execute(update(TABLES["outbox"]).values(created_at=long_ago))
            conn.execute(update(TABLES["inbox"]).values(handled_at=long_ago))
            conn.execute(TABLES["inbox"].insert().values(_made("inbox", handled_at=datetime.now(UTC))))
            conn.execute(TABLES["outbox"].insert().values(_made("outbox", created_at=datetime.now(UTC))))
            while inbox.forget_old(conn, 30) + outbox.forget_old(conn, 7):
                pass


def _made(table: str, **values: Any) -> dict[str, Any]:
    key = {"inbox": "event_id", "outbox": "id"}[table]
    return made_up(TABLES[table]) | {key: new_id(), **values}


def everything(town: BusyTown) -> dict[str, str]:
    return {
        name: in_clear(work.database) + opened(work.database, work.sealer)
        for name, work in town.works.items()
    }


def sealed_of(town: BusyTown, secrets: Sequence[str]) -> dict[str, set[bytes]]:
    """Service -> all that holds one of the secrets and is sealed, as it is stored: the beginning of each."""
    return {
        name: {
            token[:_BEGINNING].encode()
            for token, inside in sealed_in(in_clear(work.database), work.sealer)
            if any(secret in inside for secret in secrets)
        }
        for name, work in town.works.items()
    }


def in_files_of(town: BusyTown, sealed: Mapping[str, set[bytes]], secrets: Sequence[str]) -> set[str]:
    """Services in whose files one of these lies; files of PostgreSQL are not looked into."""
    clear = {secret.encode() for secret in secrets}
    works = {name: work.database for name, work in town.works.items() if work.database.is_sqlite}
    files = {name: in_files(database) for name, database in works.items()}
    return {name for name, file in files.items() if any(one in file for one in sealed[name] | clear)}


def test_of_a_stripped_household_no_service_knows_anything(
    town: BusyTown, capfd: pytest.CaptureFixture[str]
) -> None:
    """No row, no event, no line of a log, and of SQLite no file."""
    document = reported()
    number = document["data"]["person"]["identity_number"]
    secrets = ("Marker", number, *PHONES, "2019-03-04")
    town.receive([document])
    town.hand_on()
    with town.works["registration"].database.read() as conn:
        ids = [row.id for row in conn.execute(arrivals.select())]
    assert len(ids) == 2
    said_of(town, ids)
    known = everything(town)
    assert all(secret in known["registration"] for secret in (*secrets[:3], secrets[4]))
    assert all("Marker" in text for text in known.values())
    end(town, ids)
    sealed = sealed_of(town, secrets)
    on_files = {name for name, work in town.works.items() if work.database.is_sqlite}
    assert all(sealed.values()) and in_files_of(town, sealed, secrets) == on_files, "the search finds it"
    town.clock.moment += TERM
    strip(town)
    forget(town)
    left = [
        (name, secret, line[:200])
        for name, text in everything(town).items()
        for line in text.splitlines()
        for secret in secrets
        if secret in line
    ]
    assert left == []
    for name in on_files:
        vacuum(town.works[name].database)
    assert in_files_of(town, sealed, secrets) == set()
    said = capfd.readouterr()
    assert not [secret for secret in secrets if secret in said.out + said.err]
    for name, sums in SUMS.items():
        with town.works[name].database.read() as conn:
            found = sums(conn, town.clock.now().date())
            assert found.balanced, (name, found)


def test_news_that_lay_dead_brings_nobody_back(town: BusyTown) -> None:
    town.receive([reported()])
    town.hand_on()
    lay_dead = _bodies(town)
    with town.works["registration"].database.read() as conn:
        ids = [row.id for row in conn.execute(arrivals.select())]
    end(town, ids)
    town.clock.moment += TERM
    strip(town)
    forget(town)
    for body in lay_dead:
        for service in SERVICES:
            for handler in town.services[service].handlers:
                mine = [one for one in body if one.type in handler.events and one.type != "arrival.reported"]
                if mine:
                    town.settle(service, handler.name, mine)
    forget(town)
    assert not [name for name, text in everything(town).items() if "Marker" in text]


def _bodies(town: BusyTown) -> list[list[Event]]:
    """Everything that the services told each other."""
    found = []
    for work in town.works.values():
        with work.database.read() as conn:
            rows = conn.execute(TABLES["outbox"].select().where(TABLES["outbox"].c.exchange == EVENTS)).all()
        found += [[read_data(one) for one in read_message(row.body.encode(), BATCH)] for row in rows]
    return found
