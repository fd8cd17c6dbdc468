"""The registration service as the chassis runs it."""

from chassis.commands.by_broker import as_handlers
from chassis.database.last_backup import last_backup
from chassis.figures import Figure
from chassis.handlers import Service
from field.words import LIKENESSES
from services.registration import metrics
from services.registration.arrivals.duplicates import open_by_reason
from services.registration.arrivals.queries import longest_without_worker, without_worker
from services.registration.door import COMMANDS
from services.registration.following.counts import oldest_on_lists, on_lists
from services.registration.handlers import HANDLERS, TIMERS
from services.registration.persons.tables import person_views
from services.registration.reports.queries import needing_correction

FIGURES = (
    # Of all databases together; one service tells.
    Figure(metrics.LAST_BACKUP, lambda conn, _now: {("registration",): last_backup(conn)}),
    Figure(metrics.NEEDING_CORRECTION, needing_correction),
    Figure(metrics.POSSIBLE_DUPLICATES, open_by_reason, tuple((why,) for why in LIKENESSES)),
    Figure(metrics.ON_LISTS, on_lists, tuple((name,) for name in metrics.LISTS)),
    Figure(metrics.OLDEST_ON_LISTS, oldest_on_lists, tuple((name,) for name in metrics.LISTS)),
    Figure(metrics.WITHOUT_OWNER, without_worker),
    Figure(metrics.OLDEST_WITHOUT_OWNER, longest_without_worker),
)
SERVICE = Service(
    "registration",
    (*HANDLERS, *as_handlers("registration", COMMANDS)),
    TIMERS,
    FIGURES,
    canary=True,
    trails=(person_views,),
)
