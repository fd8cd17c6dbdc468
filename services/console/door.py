"""What the operator's tools may call of the console: `chassis/tools.py`. Each takes a unit of work."""

from chassis.tools import ToolCommand
from services.console.accounts.invite import Invitation, invite_administrator
from services.console.settings import address_of, work_of

__all__ = ["INVITE_ADMINISTRATOR", "Invitation", "address_of", "work_of"]

INVITE_ADMINISTRATOR = ToolCommand("invite_administrator", invite_administrator)
