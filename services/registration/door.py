"""Queries and commands of registration: a query gets a connection, a command a unit of work."""

from chassis.doors import Command, Query
from services.registration.arrivals import counts, duplicates, lookup
from services.registration.arrivals.lookup import LedToNoArrival
from services.registration.intake.correct_report import correct_report
from services.registration.persons.note_view import note_view
from services.registration.places.import_places import import_places
from services.registration.reports.queries import reports_to_correct
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official
from services.registration.risk.read_csv_list import read_csv_list
from services.registration.staff.import_staff import import_staff

TRACE = Query("trace", lookup.trace)
ARRIVAL_WITH_ID = Query("arrival_with_id", lookup.arrival_with_id)
ARRIVALS_OF_REPORT = Query("arrivals_of_report", lookup.arrivals_of_report)
ARRIVALS_WITH_RISK = Query("arrivals_with_risk", lookup.arrivals_with_risk)
OPEN_DUPLICATES = Query("open_duplicates", duplicates.open_duplicates)
REPORTS_TO_CORRECT = Query("reports_to_correct", reports_to_correct)
PROGRESS = Query("progress", counts.progress)
COUNTS = Query("counts", counts.counts)
READ_OFFICIAL_LIST = Query("read_official_list", read_official)
READ_CSV_LIST = Query("read_csv_list", read_csv_list)

IMPORT_PLACES = Command("import_places", import_places)
IMPORT_STAFF = Command("import_staff", import_staff)
IMPORT_RISK_LIST = Command("import_risk_list", import_risk_list)
CORRECT_REPORT = Command("correct_report", correct_report)
NOTE_VIEW = Command("note_view", note_view)
"""It takes a connection: a view is noted before anything is shown, and is no event."""

QUERIES = (
    TRACE,
    ARRIVAL_WITH_ID,
    ARRIVALS_OF_REPORT,
    ARRIVALS_WITH_RISK,
    OPEN_DUPLICATES,
    REPORTS_TO_CORRECT,
    PROGRESS,
    COUNTS,
    READ_OFFICIAL_LIST,
    READ_CSV_LIST,
)
COMMANDS = (IMPORT_PLACES, IMPORT_STAFF, IMPORT_RISK_LIST, CORRECT_REPORT, NOTE_VIEW)

__all__ = ["COMMANDS", "QUERIES", "LedToNoArrival"]
