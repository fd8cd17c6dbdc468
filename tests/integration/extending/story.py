"""Runs in a copy of the project that was extended by the book: a requested visit becomes a slip of paper.

Each event goes through its contract to the use case of its handler, on SQLite. No SMS gateway is set up.
Argument: an empty folder.
"""

import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import orjson
from sqlalchemy import select

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.sealing import BlindIndex
from chassis.unit_of_work import Work
from contracts.envelope import ONE, Event, read_message
from contracts.registry import read_data
from services.notification.messages.sending import sender_from_environment
from tests.integration.isolation import trial as isolation
from tests.integration.notification import trial as notification

ADDRESS = "张掖路街道大众巷1号"


def handle(work: Work, event: Event) -> None:
    """By the handlers that the service declares."""
    handlers = import_module(f"services.{work.service}.handlers").HANDLERS
    (handler,) = [handler for handler in handlers if event.type in handler.events]
    with work.unit() as uow:
        handler.use_case(uow, [event])


def recorded(work: Work, type: str) -> Sequence[Event]:
    """Events in the outbox, as another service reads them."""
    outbox = TABLES["outbox"].c
    with work.database.read() as conn:
        bodies = list(conn.execute(select(outbox.body).where(outbox.routing_key == type)).scalars())
    documents = [orjson.dumps(document) for body in bodies for document in orjson.loads(body)]
    return [read_data(read_message(document, ONE)[0]) for document in documents]


def main(folder: Path) -> None:
    urls = {name: f"sqlite:///{folder}/{name}.db" for name in ("isolation", "notification")}
    isolation.prepare(urls["isolation"])
    notification.prepare(urls["notification"])

    trial = isolation.Trial(Database(urls["isolation"])).with_policies().with_neighbourhood()
    person = isolation.SEALER.seal({"name": "王建国", "phone": None, "address": ADDRESS})
    arrival = isolation.arrival(person=person)
    trial.follow(arrival)

    visit = {"visit_id": new_id(), "case_id": arrival.data["arrival_id"]}
    evening = isolation.MORNING + timedelta(hours=12)
    handle(trial.work, isolation.event("visit.requested", visit["visit_id"], 1, visit, evening))
    (announced,) = recorded(trial.work, "visit.announced")
    assert not announced.problems, announced.problems

    database = Database(urls["notification"])
    work = Work("notification", database, Clock(), isolation.SEALER, BlindIndex(b"i" * 32), isolation.CHINA)
    handle(work, announced)
    handle(work, announced)  # planned once under its natural key
    slips = folder / "slips"
    slips.mkdir()
    sender = sender_from_environment(
        work, environment={"DOORSTEP_SLIPS": str(slips), "DOORSTEP_QUIET_HOURS": "none"}
    )
    assert sender is not None, "a channel is set up"
    sender.run_once()
    assert notification.states(work) == {"accepted": 1}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
