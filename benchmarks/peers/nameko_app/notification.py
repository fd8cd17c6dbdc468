from __future__ import annotations

from benchmarks.peers.first_steps import messages
from benchmarks.peers.nameko_app.database import DatabaseSession
from benchmarks.peers.nameko_app.quorum import event_handler
from benchmarks.peers.tables import Message, Notification


class NotificationService:
    name = "notification"

    db = DatabaseSession(Notification)

    @event_handler("isolation", "case_opened")
    def queue_messages(self, case):
        self.db.add_all(
            Message(case_id=case["case_id"], arrival_id=case["arrival_id"], **message)
            for message in messages(
                case["name"], case["phone"], case["days"], case["release_on"], case["address"]
            )
        )
        self.db.commit()
