"""Every event type there is, and the one way to read an event's data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError

from contracts.arrivals import schemas as arrivals
from contracts.cases import schemas as cases
from contracts.central import schemas as central
from contracts.check_ins import schemas as check_ins
from contracts.commands import schemas as commands
from contracts.envelope import Event, Unreadable
from contracts.faults import Fault, faults_of
from contracts.messages import schemas as messages
from contracts.needs import schemas as needs
from contracts.permits import schemas as permits
from contracts.quick import Unsure, quick_loader
from contracts.reference import schemas as reference
from contracts.rounds import schemas as rounds
from contracts.tasks import schemas as tasks

# No more digits than a version can have: Python refuses to read a number of thousands of them.
_VERSION = re.compile(r"(?:^|[:/])v?(\d{1,9})(?:\.\d+)*$")

OUTSIDERS = "other systems"
PEOPLE = "people, at a door"
ANY_SERVICE = "each service, to whoever published a command"
NO_SERVICE = "no service: whoever publishes it"


@dataclass(frozen=True)
class EventType:
    """One kind of event.

    :param said_by: the service that records it, OUTSIDERS, PEOPLE, ANY_SERVICE or
        NO_SERVICE.
    :param reply: an answer to a publisher, which goes to its reply queue.
    :param subscribed: False where no service listens yet; an unheard event of such a type is no alarm.
    """

    name: str
    schema: type[Schema]
    said_by: str
    subscribed: bool = True
    major: int = 1
    reply: bool = False

    @cached_property
    def loader(self) -> Schema:
        return self.schema()

    @cached_property
    def quick(self) -> Callable[[Any], Any]:
        return quick_loader(self.loader)


_TYPES = (
    EventType("arrival.reported", arrivals.ArrivalReported, OUTSIDERS),
    EventType("batch.closed", arrivals.BatchClosed, OUTSIDERS),
    EventType("report.accepted", arrivals.ReportAccepted, "registration", reply=True),
    EventType("report.rejected", arrivals.ReportRejected, "registration", reply=True),
    EventType("command.settled", commands.CommandSettled, ANY_SERVICE, reply=True),
    EventType("publisher.slowed", commands.PublisherSlowed, "registration", reply=True),
    EventType("arrival.registered", arrivals.ArrivalRegistered, "registration"),
    EventType("arrival.reassessed", arrivals.ArrivalReassessed, "registration"),
    EventType("arrival.followed", arrivals.ArrivalFollowed, OUTSIDERS),
    EventType("arrival.following_taken_back", arrivals.ArrivalFollowingTakenBack, PEOPLE, subscribed=False),
    EventType("arrival.follow_up_taken_back", arrivals.ArrivalFollowUpTakenBack, "registration"),
    EventType("person.mended", arrivals.PersonMended, PEOPLE, subscribed=False),
    EventType("arrival.placed", arrivals.ArrivalPlaced, PEOPLE, subscribed=False),
    EventType("arrival.settled", arrivals.ArrivalSettled, PEOPLE, subscribed=False),
    EventType("transfer.requested", arrivals.TransferRequested, PEOPLE, subscribed=False),
    EventType("transfer.decided", arrivals.TransferDecided, PEOPLE, subscribed=False),
    EventType("transfer.asked", arrivals.TransferAsked, "registration"),
    EventType("transfer.answered", arrivals.TransferAnswered, "registration"),
    EventType("report.corrected", arrivals.ReportCorrected, PEOPLE, subscribed=False),
    EventType("arrival.followed_up", arrivals.ArrivalFollowedUp, "registration"),
    EventType("possible_duplicate.opened", arrivals.PossibleDuplicateOpened, "registration"),
    EventType("duplicate.decided", arrivals.DuplicateDecided, PEOPLE, subscribed=False),
    EventType("risk_list.published", reference.RiskListPublished, NO_SERVICE),
    EventType("policy.published", reference.PolicyPublished, "isolation"),
    EventType("policy.proposed", reference.PolicyProposed, PEOPLE, subscribed=False),
    EventType("policy.decided", reference.PolicyDecided, PEOPLE, subscribed=False),
    EventType("policy.withdrawn", reference.PolicyWithdrawn, PEOPLE, subscribed=False),
    EventType("place.changed", reference.PlaceChanged, "registration"),
    EventType("staff.amended", reference.StaffAmended, PEOPLE, subscribed=False),
    EventType("staff.changed", reference.StaffChanged, "registration"),
    EventType("phones.changed", reference.PhonesChanged, PEOPLE, subscribed=False),
    EventType("enrolment.offered", reference.EnrolmentOffered, PEOPLE, subscribed=False),
    EventType("case.opened", cases.CaseOpened, "isolation"),
    EventType("case.changed", cases.CaseChanged, "isolation"),
    EventType("case.stripped", cases.CaseStripped, "isolation"),
    EventType("task.planned", cases.TaskPlanned, "isolation", subscribed=False),
    EventType("task.overdue", cases.TaskOverdue, "isolation"),
    EventType("staff.day_planned", cases.StaffDayPlanned, "isolation"),
    EventType("task.reported", tasks.TaskReported, OUTSIDERS),
    EventType("task.waived", tasks.TaskWaived, PEOPLE, subscribed=False),
    EventType("overdue.acknowledged", tasks.OverdueAcknowledged, PEOPLE, subscribed=False),
    EventType("task.report_taken_back", tasks.TaskReportTakenBack, PEOPLE, subscribed=False),
    EventType("acknowledgement.taken_back", tasks.AcknowledgementTakenBack, PEOPLE, subscribed=False),
    EventType("case.handed_over", tasks.CaseHandedOver, PEOPLE, subscribed=False),
    EventType("code.set_back", tasks.CodeSetBack, OUTSIDERS),
    EventType("case.decided", tasks.CaseDecided, PEOPLE, subscribed=False),
    EventType("case.contacted", tasks.CaseContacted, "isolation"),
    EventType("case.contact_taken_back", tasks.CaseContactTakenBack, "isolation"),
    EventType("task.done", tasks.TaskDone, "isolation", subscribed=False),
    EventType("task.done_taken_back", tasks.TaskDoneTakenBack, "isolation", subscribed=False),
    EventType("check_in.reported", check_ins.CheckInReported, OUTSIDERS),
    EventType("test.reported", check_ins.TestReported, OUTSIDERS),
    EventType("test.taken_up", check_ins.TestTakenUp, PEOPLE, subscribed=False),
    EventType("close_contact.listed", check_ins.CloseContactListed, PEOPLE, subscribed=False),
    EventType("close_contact.settled", check_ins.CloseContactSettled, PEOPLE, subscribed=False),
    EventType("result_batch.decided", check_ins.ResultBatchDecided, PEOPLE, subscribed=False),
    EventType("test_round.opened", rounds.TestRoundOpened, PEOPLE, subscribed=False),
    EventType("test_round.closed", rounds.TestRoundClosed, PEOPLE, subscribed=False),
    EventType("round_register.given", rounds.RoundRegisterGiven, PEOPLE, subscribed=False),
    EventType("round_person.reported", rounds.RoundPersonReported, PEOPLE, subscribed=False),
    EventType("notice.signed", check_ins.NoticeSigned, PEOPLE, subscribed=False),
    EventType("refusal.reported", check_ins.RefusalReported, PEOPLE, subscribed=False),
    EventType("need.asked", needs.NeedAsked, OUTSIDERS),
    EventType("need.answered", needs.NeedAnswered, PEOPLE, subscribed=False),
    EventType("need.urgent", needs.NeedUrgent, "isolation"),
    EventType("permit.requested", permits.PermitRequested, OUTSIDERS),
    EventType("permit.decided", permits.PermitDecided, PEOPLE, subscribed=False),
    EventType("permit.asked", permits.PermitAsked, "isolation"),
    EventType("passage.reported", permits.PassageReported, OUTSIDERS),
    EventType("breach.reported", permits.BreachReported, OUTSIDERS),
    EventType("breach.judged", permits.BreachJudged, PEOPLE, subscribed=False),
    EventType("breach.suspected", permits.BreachSuspected, "isolation"),
    EventType("home.reported", central.HomeReported, PEOPLE, subscribed=False),
    EventType("move.decided", central.MoveDecided, PEOPLE, subscribed=False),
    EventType("move.settled", central.MoveSettled, PEOPLE, subscribed=False),
    EventType("carer.named", central.CarerNamed, PEOPLE, subscribed=False),
    EventType("contact.changed", check_ins.ContactChanged, PEOPLE, subscribed=False),
    EventType("contact.invited", check_ins.ContactInvited, "isolation"),
    EventType("result_batch.unusual", check_ins.ResultBatchUnusual, "isolation"),
    EventType("test.unmatched", check_ins.TestUnmatched, "isolation"),
    EventType("test.unmatched_corrected", check_ins.TestUnmatchedCorrected, "isolation"),
    EventType("test.urgent", check_ins.TestUrgent, "isolation"),
    EventType("test.urgent_corrected", check_ins.TestUrgentCorrected, "isolation"),
    EventType("check_in.abnormal", check_ins.CheckInAbnormal, "isolation"),
    EventType("check_in.corrected", check_ins.CheckInCorrected, "isolation"),
    EventType("message.accepted", messages.MessageAccepted, "notification", subscribed=False),
    EventType("message.undeliverable", messages.MessageUndeliverable, "notification"),
)
EVENT_TYPES = {kind.name: kind for kind in _TYPES}
INBOUND_TYPES = tuple(kind.name for kind in _TYPES if kind.said_by == OUTSIDERS)
"""The event types that other systems may publish."""


def read_data(event: Event) -> Event:
    """The event with its data loaded by its schema, or with all `problems` and the data as it came.

    Raises Unreadable for an unknown type or an unknown major version.
    """
    return event.with_data(*load_data(event.type, event.dataschema, event.data))


def load_data(
    type: str, dataschema: str | None, data: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The data of an event of this type as its schema loads them, or as they came with all that is wrong.

    Raises Unreadable for an unknown type or an unknown major version.
    """
    kind = EVENT_TYPES.get(type)
    if kind is None:
        raise Unreadable("unknown event type", field="type", code="unknown_type")
    if dataschema:
        found = _VERSION.search(dataschema)
        if found is None or int(found[1]) != kind.major:
            raise Unreadable(
                f"unknown version of {type}: this reader knows major version {kind.major}",
                field="dataschema",
                code="unknown_version",
            )
    try:
        return kind.quick(data), ()
    except Unsure:
        pass
    try:
        loaded: dict[str, Any] = kind.loader.load(data)
    except ValidationError as error:
        return data, tuple(faults_of(error.messages, whole="data"))
    return loaded, ()
