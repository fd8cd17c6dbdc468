"""What may be shown of a message whose content nobody has checked.

Shown is only what stands under a name that holds nothing personal and looks as such a value must; all else
is masked, so that a field nobody thought of, or a name in the wrong place, stays hidden too.
"""

from __future__ import annotations

import re
from typing import Any

# Names from the envelope and the contracts whose values are ids, codes, dates or words of our vocabulary.
_WORDS = """
    specversion id source type subject time datacontenttype dataschema aggregateversion correlationid
    traceparent source_kind identity_type division from to mode at expected language arrival_id
    person_id household_id case_id task_id message_id report_id list_id policy_id place_id staff_id kind
    kinds level measure previous_measure days day counted_from release_on risk_level state role step
    version edition placed_by certainty channel template community grid street worker parent due_from
    due_by arrived_at received_at left_on valid_from valid_to outcome why code attempts tasks_planned
    assigned active removed previous_level published_at
"""
SHOWN = frozenset(_WORDS.split())
_CODE = re.compile(r"[A-Za-z0-9_./:+@-]{1,200}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_SEALED = re.compile(r"[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_=-]{40,}")
# A code of ours never has so many digits in a row, but for divisions; phones and identity numbers do.
_NUMBER = re.compile(r"\d{10,}")
_DIVISION = re.compile(r"\d{2,12}")
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# In a sentence: a number as long as a phone's or a document's, and a mail address. Ids of ours may stay.
_PERSONAL = re.compile(rf"({_UUID})|\+?[A-Za-z]?\d[\d -]{{5,}}[\dXx]|[^\s@]+@[^\s@]+")
_NOT_ENGLISH = re.compile(r"[^\x00-\x7f]+")


def masked(value: Any, name: str = "") -> Any:
    """The JSON value with everything hidden that could be personal."""
    if isinstance(value, dict):
        return {
            key if _NAME.fullmatch(key) else "(masked name)": masked(inner, key)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str) and _SEALED.fullmatch(text):
        return "(sealed)"
    if name in SHOWN and _harmless(name, text):
        return value
    return f"(masked, {len(text)} characters)"


def masked_error(text: str) -> str:
    """An error without what could be personal. Ours are English and quote nothing; this is the net below."""
    return _NOT_ENGLISH.sub("(masked)", masked_text(text))


def masked_text(text: str) -> str:
    """What an operator wrote, without numbers and addresses of people."""
    return _PERSONAL.sub(lambda found: found[1] or "(masked)", text)


def _harmless(name: str, text: str) -> bool:
    if name == "division":
        return bool(_DIVISION.fullmatch(text)) and len(text) != 11  # as long as a mobile number
    # Ids may hold long runs of digits (uuid7, a publisher's own numbers); they are listed anyway.
    return bool(_CODE.fullmatch(text)) and (name in ("id", "source") or not _NUMBER.search(text))
