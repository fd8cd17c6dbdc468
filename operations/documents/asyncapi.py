"""The AsyncAPI 3 document: all services as one application, made from contracts and handlers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from chassis.handlers import Handler, Service
from chassis.messaging.topology import work_queue
from chassis.names import EVENTS, INBOUND, REPLIES
from contracts.examples import EXAMPLES
from contracts.json_schema import data_schema, envelope_schema
from contracts.registry import ANY_SERVICE, EVENT_TYPES, NO_SERVICE, OUTSIDERS, PEOPLE
from operations.documents.components import components


def asyncapi(services: Sequence[Service]) -> dict[str, Any]:
    """All services as one application: what it sends, what each of its queues receives."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name in EVENT_TYPES:
        if EVENT_TYPES[name].said_by == PEOPLE:  # by HTTP only
            continue
        channel, address, exchange, kind = _way_out(name)
        if channel not in channels:
            channels[channel] = _exchange_channel(address, exchange, kind)
        channels[channel]["messages"][name] = {"$ref": f"#/components/messages/{name}"}
        speaker = EVENT_TYPES[name].said_by
        if speaker == ANY_SERVICE:
            for service in services:
                operations[f"{service.name}.says.{name}"] = _operation("send", channel, [name])
        elif speaker not in (OUTSIDERS, NO_SERVICE):
            operations[f"{speaker}.says.{name}"] = _operation("send", channel, [name])
    for service in services:
        for handler in service.handlers:
            queue = handler.queue(service.name)
            channels[queue] = _queue_channel(service.name, handler)
            operations[queue] = _operation("receive", queue, handler.events)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Doorstep",
            "version": _version(),
            "description": (
                "The events of Doorstep over RabbitMQ (AMQP 0-9-1). A message is one CloudEvent"
                " (application/cloudevents+json) or a JSON array of up to 200"
                " (application/cloudevents-batch+json, by our convention). Fields marked x-sealed are tokens"
                " of encrypted personal data. Made from the contracts and handlers by `make docs`."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": dict(_messages()),
            "schemas": components([envelope_schema(), *map(data_schema, EVENT_TYPES.values())]),
        },
    }


def _way_out(event_type: str) -> tuple[str, str, str, str]:
    """Channel, address (routing key), exchange and its kind, for one event type."""
    if EVENT_TYPES[event_type].said_by == OUTSIDERS:
        return event_type, f"{event_type}.{{publisher}}", INBOUND, "topic"
    if EVENT_TYPES[event_type].reply:
        return "replies", "{publisher}", REPLIES, "direct"
    return event_type, event_type, EVENTS, "topic"


def _exchange_channel(address: str, exchange: str, kind: str) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": address,
        "messages": {},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange, "type": kind, "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }
    if "{publisher}" in address:
        channel["parameters"] = {"publisher": {"description": "name of the publisher's broker user"}}
    return channel


def _queue_channel(service: str, handler: Handler) -> dict[str, Any]:
    queue = work_queue(service, handler)
    return {
        "address": queue.name,
        "description": f"work queue of {service}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in handler.events},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
        "x-queue-arguments": dict(queue.queue_arguments),
        "x-bound-to": [
            {"exchange": exchange, "routingKey": key}
            for exchange, key in sorted((bound.exchange.name, bound.routing_key) for bound in queue.bindings)
        ],
    }


def _operation(action: str, channel: str, events: Sequence[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in events],
    }


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, kind in EVENT_TYPES.items():
        yield (
            name,
            {
                "name": name,
                "title": name,
                "summary": data_schema(kind).get("description", name),
                "contentType": "application/cloudevents+json",
                "correlationId": {"location": "$message.payload#/correlationid"},
                "payload": {
                    "allOf": [
                        {"$ref": "#/components/schemas/envelope"},
                        {
                            "type": "object",
                            "properties": {
                                "type": {"const": name},
                                "data": {"$ref": f"#/components/schemas/{name}"},
                            },
                        },
                    ]
                },
                "examples": [{"name": "example", "payload": EXAMPLES[name]}],
            },
        )


def _version() -> str:
    return version("doorstep")
