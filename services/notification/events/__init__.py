"""Events that inform somebody: a file an event, and one line here."""

from services.notification.events.abnormal_check_in import CheckInAbnormal, CheckInCorrected
from services.notification.events.breach_suspected import BreachSuspected
from services.notification.events.case_changed import CaseChanged
from services.notification.events.case_opened import CaseOpened
from services.notification.events.contact_invited import ContactInvited
from services.notification.events.event import InformingEvent
from services.notification.events.permit_asked import PermitAsked
from services.notification.events.possible_duplicate import PossibleDuplicateOpened
from services.notification.events.staff_day import StaffDayPlanned
from services.notification.events.task_overdue import TaskOverdue
from services.notification.events.transfer import TransferAnswered, TransferAsked
from services.notification.events.unmatched_test import TestUnmatched, TestUnmatchedCorrected
from services.notification.events.unusual_batch import ResultBatchUnusual
from services.notification.events.urgent_need import NeedUrgent
from services.notification.events.urgent_test import TestUrgent, TestUrgentCorrected

_EVENTS: tuple[InformingEvent, ...] = (
    CaseOpened(),
    CaseChanged(),
    TaskOverdue(),
    PossibleDuplicateOpened(),
    TransferAsked(),
    TransferAnswered(),
    CheckInAbnormal(),
    CheckInCorrected(),
    ContactInvited(),
    StaffDayPlanned(),
    NeedUrgent(),
    PermitAsked(),
    BreachSuspected(),
    TestUrgent(),
    TestUrgentCorrected(),
    ResultBatchUnusual(),
    TestUnmatched(),
    TestUnmatchedCorrected(),
)

EVENTS = {event.type: event for event in _EVENTS}
