"""A worker is told once of what was corrected for a whole household, not once for each of its members."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from contracts.envelope import Event
from services.notification.messages.planning import Plan

TOLD_WITH: Final = "told_with"
"""Parameter of a notice: recipients who are told of it with somebody else of the household."""
OTHER_CASES: Final = "other_cases"
"""Parameter of a notice: the cases of the others for whom it stands."""

_SAID_OF_ALL: Final = ("measure", "days", "release_on", "contact_by")


class Planned(NamedTuple):
    event: Event
    plan: Plan


def once_a_household(planned: Sequence[Planned]) -> list[Planned]:
    """Of the messages by one rule about one report to one recipient, those about the first of a household.

    Only of members of whom the text says the same: one may be asked for more than another.

    The text says how many others it is about. News of one report come together, and rarely one by one: then
    there are some messages more. A phone is each member's own.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, (event, plan) in enumerate(planned):
        household = plan.notice.household_id
        for message in plan.messages:
            if message.rule.once_a_household and household and "phone" not in event.data["change"]["kinds"]:
                of = household, event.correlationid, message.rule.name, message.recipient.id
                alike[*of, *map(plan.notice.parameters.get, _SAID_OF_ALL)].append(number)
    found = list(planned)
    for (household_id, _, rule, recipient, *_), numbers in alike.items():
        first, *others = sorted(numbers, key=lambda n: _rank(planned[n].plan, household_id))
        for other in others:
            event, plan = found[other]
            rest = [m for m in plan.messages if (m.rule.name, m.recipient.id) != (rule, recipient)]
            told_with = [*plan.notice.parameters.get(TOLD_WITH, ()), recipient]
            notice = replace(plan.notice, parameters={**plan.notice.parameters, TOLD_WITH: told_with})
            found[other] = Planned(event, replace(plan, notice=notice, messages=rest))
        if others:
            event, plan = found[first]
            more = {"others": len(others), OTHER_CASES: [planned[n].plan.notice.case_id for n in others]}
            notice = replace(plan.notice, parameters={**plan.notice.parameters, **more})
            found[first] = Planned(event, replace(plan, notice=notice))
    return found


def _rank(plan: Plan, household: object) -> tuple[bool, str]:
    """A household is named after its first arrival."""
    return plan.notice.case_id != household, plan.notice.case_id
