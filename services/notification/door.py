"""What people and other systems may say to notification, and what tools may ask it, with a connection."""

from chassis.commands.command import Command
from chassis.doors.declared import Directory, Door
from chassis.tools import ToolQuery
from services.notification.messages import counts, lookup, queries
from services.notification.messages.offer_enrolment import offer_enrolment
from services.notification.reference.copies import REVISIONS
from services.notification.reference.keep_phones import keep_phones
from services.notification.reference.tables import places, staff
from services.notification.texts.loading import texts_from_environment

TRACE = ToolQuery("trace", queries.trace)
CASE_OF_MESSAGE = ToolQuery("case_of_message", lookup.case_of_message)
COUNTS = ToolQuery("counts", counts.counts)
MOST_TO_ONE = ToolQuery("most_to_one", counts.most_to_one)
TEXTS = ToolQuery("texts", texts_from_environment)
"""The templates in force, from the settings: `TRACE` shows texts with them."""

COMMANDS: tuple[Command, ...] = (
    Command("keep_phones", "phones.changed", keep_phones, by_broker=False),
    Command("offer_enrolment", "enrolment.offered", offer_enrolment, by_broker=False),
)
"""What people and other systems may say to this service."""

DOOR = Door("notification", Directory(staff, places, REVISIONS, history=True), COMMANDS)
