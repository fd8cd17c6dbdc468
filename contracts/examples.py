"""A valid example of each event, as it travels; each stands beside its schema."""

from __future__ import annotations

from contracts.arrivals import examples as arrivals
from contracts.cases import examples as cases
from contracts.central import examples as central
from contracts.check_ins import examples as check_ins
from contracts.commands import examples as commands
from contracts.messages import examples as messages
from contracts.needs import examples as needs
from contracts.permits import examples as permits
from contracts.reference import examples as reference
from contracts.rounds import examples as rounds
from contracts.tasks import examples as tasks

EXAMPLES = {
    event["type"]: event
    for event in (
        *arrivals.EXAMPLES,
        *commands.EXAMPLES,
        *reference.EXAMPLES,
        *cases.EXAMPLES,
        *tasks.EXAMPLES,
        *check_ins.EXAMPLES,
        *needs.EXAMPLES,
        *permits.EXAMPLES,
        *central.EXAMPLES,
        *rounds.EXAMPLES,
        *messages.EXAMPLES,
    )
}
"""Event type -> a whole event."""

FURTHER = {
    "arrival.reported": [("Whoever was announced does not come after all:", arrivals.CALLED_OFF)],
    "case.changed": [("Another place follows them now, so that the case ends here:", cases.ENDED_ELSEWHERE)],
    "case.decided": [("Another district is asked to take them over:", tasks.TRANSFER)],
}
"""Event type -> further examples, each with a sentence that introduces it."""
