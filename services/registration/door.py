"""What people and other systems may say to registration, and what tools may call of it.

Of what tools call, a query gets a connection, a command a unit of work.
"""

from chassis.commands.command import Command
from chassis.doors.declared import Directory, Door
from chassis.doors.looking_back import VIEWS, said_to
from chassis.tools import ToolCommand, ToolQuery
from services.registration.arrivals import counts, duplicates, lookup
from services.registration.arrivals.lists import (
    PAIRS_MADE_ONE,
    POSSIBLE_DUPLICATE,
    POSSIBLE_DUPLICATES,
    WAITING_ARRIVALS,
)
from services.registration.arrivals.lookup import LedToNoArrival
from services.registration.following.decide_duplicate import decide_duplicate
from services.registration.following.follow_arrival import follow_arrival
from services.registration.following.lists import ARRIVALS_TO_SETTLE, EXPECTED_ARRIVALS
from services.registration.following.mend_person import mend_person
from services.registration.following.place_arrival import place_arrival
from services.registration.following.said_today import SAID_TODAY
from services.registration.following.settle_arrival import settle_arrival
from services.registration.following.shown_arrival import ARRIVAL
from services.registration.following.take_back_following import take_back_following
from services.registration.intake.correct_by_command import correct_by_command
from services.registration.intake.correct_report import correct_report
from services.registration.persons.note_view import note_view
from services.registration.places.announce_places import PLACES
from services.registration.places.import_places import import_places
from services.registration.places.lists import PLACES as LIST_OF_PLACES
from services.registration.places.tables import places
from services.registration.publishers.keep_publisher import keep_publisher
from services.registration.publishers.lookup import PUBLISHER
from services.registration.publishers.make_api_key import make_api_key
from services.registration.publishers.queries import KnownPublisher, known_publishers, publisher_with_key
from services.registration.publishers.remove_publisher import read_own_queue, remove_publisher
from services.registration.reference.versions import VERSIONS
from services.registration.reports.lists import REPORT_TO_CORRECT
from services.registration.reports.lists import REPORTS_TO_CORRECT as LIST_OF_REPORTS
from services.registration.reports.queries import reports_to_correct
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official
from services.registration.risk.read_csv_list import read_csv_list
from services.registration.staff.amend_staff import amend_staff
from services.registration.staff.announce_staff import STAFF
from services.registration.staff.import_staff import import_staff
from services.registration.staff.lists import STAFF as LIST_OF_STAFF
from services.registration.staff.names import NAMES
from services.registration.staff.tables import staff
from services.registration.transfers.decide_transfer import decide_transfer
from services.registration.transfers.lists import COMMUNITIES, TRANSFER, TRANSFERS_TO_ANSWER
from services.registration.transfers.request_transfer import request_transfer

TRACE = ToolQuery("trace", lookup.trace)
ARRIVAL_WITH_ID = ToolQuery("arrival_with_id", lookup.arrival_with_id)
ARRIVALS_OF_REPORT = ToolQuery("arrivals_of_report", lookup.arrivals_of_report)
ARRIVALS_WITH_RISK = ToolQuery("arrivals_with_risk", lookup.arrivals_with_risk)
OPEN_DUPLICATES = ToolQuery("open_duplicates", duplicates.open_duplicates)
REPORTS_TO_CORRECT = ToolQuery("reports_to_correct", reports_to_correct)
PROGRESS = ToolQuery("progress", counts.progress)
COUNTS = ToolQuery("counts", counts.counts)
ACTS = ToolQuery("acts", counts.acts)
READ_OFFICIAL_LIST = ToolQuery("read_official_list", read_official)
READ_CSV_LIST = ToolQuery("read_csv_list", read_csv_list)
PUBLISHERS = ToolQuery("publishers", known_publishers)
PUBLISHER_WITH_KEY = ToolQuery("publisher_with_key", publisher_with_key)

IMPORT_PLACES = ToolCommand("import_places", import_places)
IMPORT_STAFF = ToolCommand("import_staff", import_staff)
IMPORT_RISK_LIST = ToolCommand("import_risk_list", import_risk_list)
CORRECT_REPORT = ToolCommand("correct_report", correct_report)
NOTE_VIEW = ToolCommand("note_view", note_view)
"""It takes a connection: a view is noted before anything is shown, and is no event."""
KEEP_PUBLISHER = ToolCommand("keep_publisher", keep_publisher)
REMOVE_PUBLISHER = ToolCommand("remove_publisher", remove_publisher)
READ_OWN_QUEUE = ToolCommand("read_own_queue", read_own_queue)
MAKE_API_KEY = ToolCommand("make_api_key", make_api_key)

ANNOUNCEMENTS = (PLACES, STAFF)
"""What `doorstep reference announce` says again."""

COMMANDS: tuple[Command, ...] = (
    Command("follow_arrival", "arrival.followed", follow_arrival),
    Command("correct_report", "report.corrected", correct_by_command, by_broker=False),
    Command("mend_person", "person.mended", mend_person, by_broker=False),
    Command("take_back_following", "arrival.following_taken_back", take_back_following, by_broker=False),
    Command("place_arrival", "arrival.placed", place_arrival, by_broker=False),
    Command("settle_arrival", "arrival.settled", settle_arrival, by_broker=False),
    Command("decide_duplicate", "duplicate.decided", decide_duplicate, by_broker=False),
    Command("request_transfer", "transfer.requested", request_transfer, by_broker=False),
    Command("decide_transfer", "transfer.decided", decide_transfer, by_broker=False),
    Command("amend_staff", "staff.amended", amend_staff, by_broker=False),
)
"""What people and other systems may say to this service."""

DOOR = Door(
    "registration",
    Directory(staff, places, VERSIONS),
    COMMANDS,
    lookups=(PUBLISHER, NAMES, COMMUNITIES, SAID_TODAY, VIEWS, said_to("registration", COMMANDS)),
    lists=(
        WAITING_ARRIVALS,
        ARRIVALS_TO_SETTLE,
        EXPECTED_ARRIVALS,
        TRANSFERS_TO_ANSWER,
        POSSIBLE_DUPLICATES,
        PAIRS_MADE_ONE,
        LIST_OF_REPORTS,
        LIST_OF_STAFF,
        LIST_OF_PLACES,
    ),
    things=(ARRIVAL, TRANSFER, REPORT_TO_CORRECT, POSSIBLE_DUPLICATE),
)

__all__ = ["COMMANDS", "DOOR", "KnownPublisher", "LedToNoArrival"]
