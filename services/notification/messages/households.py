"""A worker is told once of what was corrected for a whole household, not once for each of its members."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from contracts.envelope import Event
from services.notification.messages.planning import Plan


class Planned(NamedTuple):
    event: Event
    plan: Plan


def once_a_household(planned: Sequence[Planned]) -> list[Planned]:
    """Of the messages by one rule about one report to one recipient, those about the first of a household.

    The text says how many others it is about. News of one report come together, and rarely one by one: then
    there are some messages more. A phone is each member's own.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, (event, plan) in enumerate(planned):
        household = plan.notice.household_id
        for message in plan.messages:
            if message.rule.once_a_household and household and "phone" not in event.data["change"]["kinds"]:
                of = household, event.correlationid, message.rule.name, message.recipient.id
                alike[of].append(number)
    found = list(planned)
    for (household_id, _, rule, recipient), numbers in alike.items():
        first, *others = sorted(numbers, key=lambda n: _rank(planned[n].plan, household_id))
        for other in others:
            event, plan = found[other]
            rest = [m for m in plan.messages if (m.rule.name, m.recipient.id) != (rule, recipient)]
            found[other] = Planned(event, replace(plan, messages=rest))
        if others:
            event, plan = found[first]
            notice = replace(plan.notice, parameters={**plan.notice.parameters, "others": len(others)})
            found[first] = Planned(event, replace(plan, notice=notice))
    return found


def _rank(plan: Plan, household: object) -> tuple[bool, str]:
    """A household is named after its first arrival."""
    return plan.notice.case_id != household, plan.notice.case_id
