"""Every document made from the code: schemas, AsyncAPI, OpenAPI, the pages of events and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from chassis.handlers import Service
from chassis.names import REPLIES
from contracts.documents import SCHEMAS, as_json, reference_page, run, schemas
from contracts.registry import EVENT_TYPES
from operations.documents.asyncapi import asyncapi
from operations.documents.metrics_page import metrics_page
from operations.documents.openapi import openapi
from operations.services import SERVICES, all_doors, handlers_of


def write_documents(*, check: bool = False, readers_first: bool = False) -> Iterable[str]:
    """Write all of them, and name what is wrong with each.

    :param check: write nothing; what is out of date is wrong.
    :param readers_first: write also what only older readers refuse.
    """
    return run(made(), check=check, readers_first=readers_first)


def made() -> dict[Path, str]:
    """File -> content."""
    docs = SCHEMAS.parent.parent / "docs"
    services = handling_services()
    return {
        **schemas(),
        SCHEMAS.parent / "asyncapi.json": as_json(asyncapi(services)),
        SCHEMAS.parent / "openapi.json": as_json(openapi(all_doors())),
        docs / "events.md": reference_page(listeners(services)),
        docs / "metrics.md": metrics_page(),
    }


def handling_services() -> list[Service]:
    return [Service(name, tuple(handlers_of(name))) for name in SERVICES]


def listeners(services: Sequence[Service]) -> dict[str, list[str]]:
    """Event type -> the queues it goes to."""
    found: dict[str, list[str]] = {}
    for name in EVENT_TYPES:
        found[name] = [
            handler.queue(service.name)
            for service in services
            for handler in service.handlers
            if name in handler.events
        ]
        if EVENT_TYPES[name].reply:
            found[name].append(f"{REPLIES}.<publisher>")
    return found
