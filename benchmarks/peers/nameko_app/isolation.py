from __future__ import annotations

from datetime import datetime, timedelta

from nameko.events import EventDispatcher

from benchmarks.peers.first_steps import DAYS, MEASURE, first_tasks
from benchmarks.peers.nameko_app.database import DatabaseSession
from benchmarks.peers.nameko_app.quorum import event_handler
from benchmarks.peers.tables import Case, Isolation, Task


class IsolationService:
    name = "isolation"

    db = DatabaseSession(Isolation)
    dispatch = EventDispatcher()

    @event_handler("registration", "arrival_registered")
    def open_case(self, arrival):
        arrived_at = datetime.fromisoformat(arrival["arrived_at"])
        release_on = arrived_at.date() + timedelta(days=DAYS)
        case = Case(
            arrival_id=arrival["arrival_id"],
            name=arrival["name"],
            phone=arrival["phone"],
            address=arrival["address"],
            state="open",
            measure=MEASURE,
            days=DAYS,
            release_on=release_on,
            tasks=[Task(**task) for task in first_tasks(arrived_at)],
        )
        self.db.add(case)
        self.db.flush()
        case_id = case.id
        self.db.commit()

        self.dispatch(
            "case_opened",
            {
                "case_id": case_id,
                "arrival_id": arrival["arrival_id"],
                "name": arrival["name"],
                "phone": arrival["phone"],
                "address": arrival["address"],
                "days": DAYS,
                "release_on": release_on.isoformat(),
            },
        )
