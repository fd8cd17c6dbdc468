"""What the operator's tools and the demo may call of the console: `chassis/tools.py`."""

from chassis.tools import ToolCommand, ToolQuery
from services.console.accounts.invite import Invitation, enrol, invite, invite_administrator
from services.console.accounts.queries import taking_up
from services.console.accounts.take_up import take_up
from services.console.doors import DoorAway, Doors, NotActive
from services.console.settings import address_of, work_of

__all__ = ["DoorAway", "Doors", "Invitation", "NotActive", "address_of", "take_up", "work_of"]

INVITE_ADMINISTRATOR = ToolCommand("invite_administrator", invite_administrator)

INVITE = ToolCommand("invite", invite)
ENROL = ToolCommand("enrol", enrol)
TAKING_UP = ToolQuery("taking_up", taking_up)
"""For the demo, which takes an account up for somebody who is invented."""
