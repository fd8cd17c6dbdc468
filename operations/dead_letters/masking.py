"""Masking a message whose content nobody has checked.

A value is shown only under a name that holds nothing personal, and only if it looks as such a value must. All
else is masked, so that an unforeseen field, or a person's name in the wrong place, stays hidden too.
"""

from __future__ import annotations

import re
from typing import Any

from chassis.masking import CODE, UUID, masked_numbers, masked_text

# Names from the envelope and the contracts whose values are ids, codes, dates or words of our vocabulary.
_WORDS = """
    specversion id source type subject time datacontenttype dataschema aggregateversion correlationid
    traceparent source_kind identity_type division from to mode at expected language arrival_id
    person_id household_id case_id task_id message_id report_id list_id policy_id place_id staff_id kind
    kinds level measure previous_measure days day counted_from first_day release_on risk_level state role step
    version edition placed_by certainty channel template community grid street worker parent due_from
    due_by arrived_at received_at left_on valid_from valid_to outcome why code attempts tasks_planned
    assigned active removed previous_level published_at
"""
SHOWN = frozenset(_WORDS.split())
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_SEALED = re.compile(r"[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_=-]{40,}")
# Harmless values with many digits: ids, times, and the `traceparent` of a trace.
_TIME = r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_NO_NUMBER = re.compile(rf"{UUID}|{_TIME}|00-[0-9a-f]{{32}}-[0-9a-f]{{16}}-[0-9a-f]{{2}}")
# No other code of ours has so many digits in a row, however they are grouped; numbers of people do.
_NUMBER = re.compile(r"(?:\d[^A-Za-z0-9]*){7}")
# Of a province, city, district, street or community; and one of its grids.
_DIVISION = re.compile(r"(?:\d{2}|\d{4}|\d{6}|\d{9}|\d{12})(?:-g\d{1,3})?")
# As a code, or as `contracts/personal_ids.py` makes one of an id with a number in it.
_OTHER_ID = re.compile(r"[A-Za-z0-9_./:+@*#-]{1,200}")
_PLACES = frozenset({"place_id", "parent", "street", "community", "grid"})
_NOT_ENGLISH = re.compile(r"[^\x00-\x7f]+")


def masked(message: Any) -> Any:
    """A message's JSON value with everything hidden that could be personal.

    The id and source of an event, or of each that is packed, stay as they are: they are listed anyway.
    """
    if isinstance(message, list):
        return [masked(event) for event in message]
    if isinstance(message, dict) and "specversion" in message:
        return {
            _name(key): masked_id(inner) if key in ("id", "source") else _masked(inner, key)
            for key, inner in message.items()
        }
    return _masked(message, "")


def masked_id(value: Any) -> Any:
    """An id may hold long runs of digits: a publisher's own numbers. Those of people are masked; events whose
    ids hold such ones are refused and kept by other ids, yet letters of before may have them."""
    if value is None:
        return None
    if isinstance(value, str) and _OTHER_ID.fullmatch(value):
        return masked_numbers(value)
    return _masked(value, "id")


def _masked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {_name(key): _masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str) and _SEALED.fullmatch(text):
        return "(sealed)"
    if name in SHOWN and _harmless(name, text):
        return value
    return f"(masked, {len(text)} characters)"


def _name(key: str) -> str:
    return key if _NAME.fullmatch(key) else "(masked name)"


def masked_error(text: str) -> str:
    """An error without what could be personal. Ours are English and quote nothing; this is the net below."""
    return _NOT_ENGLISH.sub("(masked)", masked_text(text))


def _harmless(name: str, text: str) -> bool:
    of_a_place = bool(_DIVISION.fullmatch(text))
    if name == "division" or (of_a_place and name in _PLACES):
        return of_a_place
    return bool(CODE.fullmatch(text)) and not _NUMBER.search(_NO_NUMBER.sub(":", text))
