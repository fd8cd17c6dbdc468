"""Compares a changed contract with the one before it: can each read the events of the other?

Contracts only grow. Replicas of both versions run at once during an upgrade, and outboxes and dead letters
hold old events for long. So a new reader must take every old event, and an old reader every new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

# keyword -> whether more of it allows more
_LIMITS = {"minLength": False, "maxLength": True, "minItems": False, "maxItems": True}


@dataclass(frozen=True, slots=True)
class Break:
    """One way in which a change breaks readers.

    :param old_reader: True: readers of the old contract refuse new events. False: readers of the new
        contract refuse, or lose something of, old events.
    """

    where: str
    what: str
    old_reader: bool

    def __str__(self) -> str:
        who = "an old reader of new events" if self.old_reader else "a new reader of old events"
        return f"{self.where}: {self.what} (breaks {who})"


def breaks(old: Document, new: Document) -> list[Break]:
    """List the ways in which a new data schema breaks readers; none: both versions understand each other."""
    if old.get("$id") != new.get("$id"):
        return []  # another major version is another contract
    return list(_compare(str(new.get("title", "data")), old, new, old, new))


def _compare(
    where: str, old: Document, new: Document, old_root: Document, new_root: Document
) -> Iterator[Break]:
    old, old_null = _resolved(old, old_root)
    new, new_null = _resolved(new, new_root)
    old_types, new_types = _types(old), _types(new)
    if old_types != new_types:
        yield Break(where, f"type {_words(old_types)} became {_words(new_types)}", False)
        return
    if old_null and not new_null:
        yield Break(where, "may no longer be null", False)
    if new_null and not old_null:
        yield Break(where, "may now be null", True)
    yield from _compare_values(where, old, new)
    if "properties" in old or "properties" in new:
        yield from _compare_fields(where, old, new, old_root, new_root)
    if "items" in old and "items" in new:
        yield from _compare(f"{where}[]", old["items"], new["items"], old_root, new_root)


def _compare_fields(
    where: str, old: Document, new: Document, old_root: Document, new_root: Document
) -> Iterator[Break]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, needed_now = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        path = f"{where}.{name}"
        if name not in after:
            yield Break(
                path, "was removed or renamed: keep it, and add the new name beside it", name in needed
            )
            continue
        if name in needed_now - needed:
            yield Break(path, "became required: old events may not have it", False)
        if name in needed - needed_now:
            yield Break(path, "is no longer required: new events may not have it", True)
        yield from _compare(path, before[name], after[name], old_root, new_root)
    for name in after:
        if name not in before and name in needed_now:
            yield Break(f"{where}.{name}", "is new and required: add it as optional", False)


def _compare_values(where: str, old: Document, new: Document) -> Iterator[Break]:
    if "enum" in old or "enum" in new:
        before, after = _enum(old), _enum(new)
        if after is not None and (before is None or before - after):
            gone = "any text" if before is None else _words(before - after)
            yield Break(where, f"no longer takes {gone}", False)
        if before is not None and (after is None or after - before):
            come = "any text" if after is None else _words(after - before)
            yield Break(where, f"now also takes {come}", True)
    if old.get("format") != new.get("format"):
        yield Break(where, f"format {old.get('format')} became {new.get('format')}", False)
    if bool(old.get("x-sealed")) != bool(new.get("x-sealed")):
        yield Break(where, "is sealed in only one of them", True)
    for keyword, grows in _LIMITS.items():
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        wider = after is None or (before is not None and (after > before) == grows)
        yield Break(where, f"{keyword} {before} became {after}", old_reader=wider)


def _resolved(schema: Document, root: Document) -> tuple[Document, bool]:
    """The schema itself, and whether it may be null."""
    if "anyOf" in schema:
        inner = next(choice for choice in schema["anyOf"] if choice.get("type") != "null")
        return _resolved(inner, root)[0], True
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    return schema, "null" in _all_types(schema)


def _all_types(schema: Document) -> set[str]:
    found = schema.get("type", ())
    return {found} if isinstance(found, str) else set(found)


def _types(schema: Document) -> set[str]:
    return _all_types(schema) - {"null"}


def _enum(schema: Document) -> set[str] | None:
    return {word for word in schema["enum"] if word is not None} if "enum" in schema else None


def _words(found: set[str]) -> str:
    return ", ".join(sorted(found)) or "anything"
