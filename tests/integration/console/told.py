"""Notification beside a worker's round: what the phone of the worker w-0117 is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.sessions.tell_phones import PhonesTold
from services.notification.door import DOOR as NOTIFICATION
from services.notification.messages.sender import Sender
from services.notification.reference.copies import STAFF
from tests.doors import CONSOLE
from tests.integration.console.round import Round, open_round, read_event
from tests.integration.isolation.trial import SEALER
from tests.integration.notification import trial as notification
from tests.open_doors import open_doors

URL = "https://doorstep.example.cn"


@dataclass
class Told:
    """The round, with doors of all three services."""

    town: Round
    work: Work
    doors: Doors
    phones: PhonesTold = field(init=False)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.phones = PhonesTold(self.town.console.work, self.doors)

    def register(self) -> None:
        """The staff, as registration told of them."""
        given = [read_event(one) for one in self.town.registration.events("staff.changed")]
        with self.work.unit() as uow:
            STAFF.keep(uow, given)

    def texts(self) -> list[str]:
        """Since they were asked for last."""
        new = [one for one in self.town.isolation.recorded("case.opened") if one.id not in self._told]
        self._told |= {one.id for one in new}
        notification.inform(self.work, *new)
        kept, settings = notification.Kept(), replace(notification.QUICK, public_url=URL)
        notification.send_all(self.work, Sender(self.work, {"sms": kept}, notification.TEXTS, settings))
        return [text for to, text in kept.sent if to.endswith("13909310001")]


@contextmanager
def open_told(database_url: Callable[..., str]) -> Iterator[Told]:
    """Sessions last by real time: it is now, while the field is in October 2022."""
    with (
        open_round(database_url) as town,
        notification.work_on(database_url("notification", notification.prepare)) as work,
    ):
        town.console.clock.moment = datetime.now(UTC)
        work = replace(work, sealer=SEALER)
        with open_doors((NOTIFICATION, work)) as doors:
            yield Told(town, work, Doors(dict(town.doors.urls) | dict(doors.urls), CONSOLE))
