from __future__ import annotations

from nameko.events import EventDispatcher

from benchmarks.peers.nameko_app.database import DatabaseSession
from benchmarks.peers.nameko_app.quorum import event_handler
from benchmarks.peers.nameko_app.schemas import arrival_reported
from benchmarks.peers.tables import Arrival, Registration


class RegistrationService:
    name = "registration"

    db = DatabaseSession(Registration)
    dispatch = EventDispatcher()

    @event_handler("publishers", "arrival_reported")
    def register_arrival(self, event):
        report = arrival_reported.load(event["data"])
        person, coming, destination = report["person"], report["arrival"], report["destination"]
        arrival = Arrival(
            event_id=event["id"],
            source=event["source"],
            source_kind=report["source_kind"],
            reference=report["reference"],
            name=person["name"],
            identity_type=person["identity_type"],
            identity_number=person["identity_number"],
            phone=person["phone"],
            stops=event["data"]["stops"],
            transport=report["transport"],
            arrived_at=coming["at"],
            expected=coming["expected"],
            division=destination["division"],
            address=destination["address"],
            language=report["language"],
            remarks=report["remarks"],
        )
        self.db.add(arrival)
        self.db.flush()
        arrival_id = arrival.id
        self.db.commit()

        self.dispatch(
            "arrival_registered",
            {
                "arrival_id": arrival_id,
                "name": person["name"],
                "phone": person["phone"],
                "address": destination["address"],
                "arrived_at": coming["at"].isoformat(),
            },
        )
