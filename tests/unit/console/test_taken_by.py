"""The console knows which service takes which event from outside; the services know it better."""

from __future__ import annotations

from operations.services import SERVICES, handlers_of
from services.console.api.events import TAKEN_BY


def test_the_console_sends_each_event_to_the_service_that_takes_it() -> None:
    assert {
        event: service
        for service in SERVICES
        for handler in handlers_of(service)
        if handler.from_outside
        for event in handler.events
    } == TAKEN_BY
