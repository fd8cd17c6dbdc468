"""Rules that hold for every event that informs somebody."""

from collections import defaultdict

import pytest

from contracts.registry import EVENT_TYPES
from services.notification.events import EVENTS
from services.notification.events.event import InformingEvent
from services.notification.handlers import HANDLERS
from services.notification.messages.columns import PlanEntry, channel_names, channels_text, plan_entries
from services.notification.texts.variables import SETTINGS, TO_RESIDENT, TO_STAFF


def test_each_event_has_a_handler_under_the_name_it_always_had() -> None:
    names = {event: handler.name for handler in HANDLERS for event in handler.events}
    assert names == {
        "case.opened": "tell_case_opened",
        "case.changed": "tell_case_changed",
        "task.overdue": "tell_task_overdue",
        "possible_duplicate.opened": "tell_possible_duplicate",
        "transfer.asked": "tell_transfer_asked",
        "transfer.answered": "tell_transfer_answered",
        "check_in.abnormal": "tell_check_in_abnormal",
        "check_in.corrected": "tell_check_in_corrected",
        "need.urgent": "tell_need_urgent",
        "permit.asked": "tell_permit_asked",
        "breach.suspected": "tell_breach_suspected",
        "contact.invited": "tell_contact_invited",
        "staff.day_planned": "tell_staff_day",
        "test.urgent": "tell_test_urgent",
        "test.urgent_corrected": "tell_test_urgent_corrected",
        "result_batch.unusual": "tell_result_batch_unusual",
        "test.unmatched": "tell_test_unmatched",
        "test.unmatched_corrected": "tell_test_unmatched_corrected",
        "place.changed": "keep_places",
        "staff.changed": "keep_staff",
        "case.stripped": "strip_notices",
    }
    assert len(HANDLERS) == len(names)
    assert EVENTS.keys() == names.keys() - {"place.changed", "staff.changed", "case.stripped"}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_each_event_is_in_the_contracts_and_names_somebody_to_inform(event: InformingEvent) -> None:
    assert event.type in EVENT_TYPES
    assert event.recipients


def test_a_parameter_and_a_selector_mean_the_same_in_all_events() -> None:
    meanings = defaultdict(set)
    for event in EVENTS.values():
        for name, parameter in event.parameters.items():
            meanings[name].add(parameter)
        for selector in event.selectors:
            meanings[selector.key].add(selector)
    for unsealed in (TO_RESIDENT, TO_STAFF, SETTINGS):
        for name, parameter in unsealed.items():
            meanings[name].add(parameter)
    assert {name for name, found in meanings.items() if len(found) > 1} == set()


def test_columns_that_hold_a_list_as_text_are_read_as_they_are_written() -> None:
    assert channel_names(channels_text(("sms", "slip"))) == ("sms", "slip")
    assert plan_entries("worker_case>s1,resident_worker>resident") == (
        PlanEntry("worker_case", "s1"),
        PlanEntry("resident_worker", "resident"),
    )
    assert plan_entries("") == ()
