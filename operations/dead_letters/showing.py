"""A dead letter as it may be shown: everything personal is masked."""

from __future__ import annotations

from typing import Any

import orjson

from chassis.masking import masked_text
from chassis.messaging.dead_letters import opened
from chassis.sealing import SealBroken
from contracts.encodings import NotUnpacked, unpacked
from contracts.envelope import MAX_BYTES
from operations.databases import settings_of
from operations.dead_letters.advice import advice
from operations.dead_letters.choice import Letter
from operations.dead_letters.masking import masked, masked_error, masked_id


def shown(letter: Letter) -> dict[str, Any]:
    """All of a letter but its body and headers, with everything personal masked."""
    row = {name: value for name, value in letter.row.items() if name not in ("sealed_body", "headers")}
    row["error"] = masked_error(row["error"])
    row["settled_reason"] = row["settled_reason"] and masked_text(row["settled_reason"])
    for name in ("source", "event_id", "event_type", "correlation_id"):
        row[name] = masked_id(row[name])
    row["content_type"] = masked_error(row["content_type"] or "")
    row["content_encoding"] = row["content_encoding"] and masked_error(row["content_encoding"])
    row["advice"] = advice(row)
    return {"service": letter.service} | row


def body_of(letter: Letter) -> Any:
    """Its content with everything personal masked."""
    row = letter.row
    try:
        body = opened(settings_of(letter.service).sealer(), row["sealed_body"])
    except SealBroken as error:
        return f"(sealed: {error})"
    try:
        text = unpacked(body, row["content_encoding"], row["content_type"], MAX_BYTES)
        return masked(orjson.loads(text))
    except NotUnpacked as error:
        return f"({error}; {len(body)} bytes, not shown)"
    except RecursionError:
        return f"(nested too deep; {len(body)} bytes, not shown)"
    except orjson.JSONDecodeError as error:
        return f"(no JSON at character {error.pos}; {len(body)} bytes, not shown)"


def headers_of(letter: Letter) -> dict[str, Any]:
    """Ours are ids and routing keys; outsiders may have written anything into theirs."""
    found = {}
    for name, value in letter.row["headers"].items():
        ours = name.startswith("doorstep-")
        found[name if ours else "(masked name)"] = masked_id(value) if ours else masked(value)
    return found
