"""The story that all examples tell, so that they fit each other; everybody in it is invented."""

from __future__ import annotations

from typing import Any

REPORT_EVENT = "G2001/2022-10-01/05/12F"
REPORT = "0183917b-6c40-7d1e-9f3a-5b1d6a0e4c01"
ARRIVAL = "0183917b-6c41-7a52-8d10-3f0c9b7e2a11"
OTHER_ARRIVAL = "01839180-9d11-8000-9f42-6c7d8e9f0a1b"
PERSON = "0183917b-6c41-7a52-8d10-3f0c9b7e2a12"
HOUSEHOLD = "0183917b-6c41-7a52-8d10-3f0c9b7e2a13"
TASK = "0183917b-70a9-7c33-b2f4-91d2c4e8aa21"
MESSAGE = "0183917b-74c2-7e19-a6c5-08c1d5f3bb31"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

SEALED = "k1.RXhhbXBsZSBvZiBhIHNlYWxlZCBmaWVsZDogbm8ga2V5IG9wZW5zIGl0Lg=="
"""A sealed field, which no key opens."""


def event(
    type: str,
    data: dict[str, Any],
    *,
    source: str,
    id: str,
    time: str,
    subject: str | None = None,
    version: int | None = None,
    correlation: str = REPORT_EVENT,
) -> dict[str, Any]:
    """A whole event as it travels."""
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": time,
        "datacontenttype": "application/json",
    }
    if subject:
        whole["subject"] = subject
    if source.startswith("/doorstep/"):
        whole["dataschema"] = f"urn:doorstep:{type}:1"
        if version is not None:
            whole["aggregateversion"] = version
        whole["correlationid"] = correlation
        whole["traceparent"] = f"00-{TRACE}-00f067aa0ba902b7-01"
    return {**whole, "data": data}


def recorded_by(
    service: str, type: str, subject: str, version: int, data: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return event(
        type,
        data,
        source=f"/doorstep/{service}",
        id=f"{type}:{subject}:{version}",
        subject=subject,
        version=version,
        **more,
    )


def reply(type: str, data: dict[str, Any]) -> dict[str, Any]:
    return event(
        type,
        data,
        source="/doorstep/registration",
        id=f"{type}:{data['report_id']}",
        subject=data["report_id"],
        time=data["received_at"],
    )
