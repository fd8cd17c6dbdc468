"""The events that registration handles, in what batches and by which use case, and its timers."""

from datetime import timedelta

from chassis.handlers import Handler, Timer
from chassis.names import ARRIVALS, INBOUND
from services.registration.accounts.close_batches import close_batches
from services.registration.accounts.forget_batches import forget_batches
from services.registration.accounts.settle_batches import settle_batches
from services.registration.arrivals.assign_waiting import assign_waiting
from services.registration.arrivals.renew_keys import renew_keys
from services.registration.arrivals.write_likenesses import write_likenesses
from services.registration.following.hear_of_contact import TAKES_BACK, hear_of_contact
from services.registration.intake.receive_reports import receive_reports
from services.registration.intake.refuse_reused_ids import refuse_reused_ids
from services.registration.intake.refuse_unreadable import refuse_unreadable
from services.registration.policies.keep_policies import POLICIES
from services.registration.publishers.queries import with_own_queues
from services.registration.retention.hear_of_stripped import hear_of_stripped
from services.registration.retention.strip_arrivals import strip_arrivals
from services.registration.risk.keep_risk_lists import keep_risk_lists

HANDLERS = (
    Handler(
        "receive_report",
        ("arrival.reported",),
        receive_reports,
        batch=200,
        exchange=INBOUND,
        formerly=ARRIVALS,
        publishers=with_own_queues,
        lenient=True,
        refused=refuse_reused_ids,
        unreadable=refuse_unreadable,
    ),
    Handler("close_batch", ("batch.closed",), close_batches, exchange=INBOUND, formerly=ARRIVALS),
    Handler("hear_of_contact", ("case.contacted", TAKES_BACK), hear_of_contact),
    Handler("hear_of_stripped", ("case.stripped",), hear_of_stripped),
    POLICIES.as_handler(),
    Handler("import_risk_list", ("risk_list.published",), keep_risk_lists, batch=1),
)
TIMERS = (
    Timer("assign_waiting", timedelta(seconds=30), assign_waiting),
    Timer("renew_keys", timedelta(seconds=30), renew_keys),
    Timer("write_likenesses", timedelta(seconds=30), write_likenesses),
    Timer("strip_arrivals", timedelta(minutes=10), strip_arrivals, rest_s=0.1),
    Timer("settle_batches", timedelta(seconds=60), settle_batches),
    Timer("forget_batches", timedelta(hours=1), forget_batches),
)
