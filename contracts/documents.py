"""The documents made from the contracts: a JSON Schema for each event type, and the reference page.

`python -m contracts.documents` writes the schemas; `--check` names files that are not up to date. A change
that breaks readers is not written: the committed schemas are the baseline. `--readers-first` writes changes
that only older readers would refuse, once all readers are known to be upgraded before the first writer.
`doorstep docs` writes the whole set with the listeners, because it knows the handlers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts.compatibility import Break, breaks
from contracts.examples import EXAMPLES, FURTHER
from contracts.json_schema import data_schema, envelope_schema
from contracts.registry import EVENT_TYPES

SCHEMAS = Path(__file__).parent / "schemas"

Listeners = Mapping[str, Sequence[str]]
"""Event type -> names of the queues it goes to."""


def schemas() -> dict[Path, str]:
    """File -> content, of all JSON Schemas."""
    made = {SCHEMAS / "envelope.json": as_json(envelope_schema())}
    for kind in EVENT_TYPES.values():
        made[SCHEMAS / f"{kind.name}.json"] = as_json(data_schema(kind))
    return made


def breaking(baseline: Path = SCHEMAS) -> list[Break]:
    """How the contracts of the code break those committed in `baseline`."""
    found: list[Break] = []
    for kind in EVENT_TYPES.values():
        file = baseline / f"{kind.name}.json"
        if file.exists():
            found += breaks(json.loads(file.read_text()), data_schema(kind))
    for file in sorted(baseline.glob("*.json")):
        if file.stem not in EVENT_TYPES and file.stem != "envelope":
            found.append(Break(file.stem, "the event type was removed", old_reader=False))
    return found


def as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def stale(made: Mapping[Path, str]) -> list[Path]:
    """Files whose content is not what the code makes."""
    return [file for file, text in made.items() if not file.exists() or file.read_text() != text]


def write(made: Mapping[Path, str]) -> None:
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def run(
    made: Mapping[Path, str], *, check: bool, readers_first: bool = False, command: str = "make docs"
) -> Iterable[str]:
    """Write or check the files. Yields a line for each fault."""
    refused = [found for found in breaking() if not (readers_first and found.old_reader)]
    if refused:
        yield from map(str, refused)
        yield "nothing written: contracts only grow; what must break gets a new major version (registry.py)"
        if all(found.old_reader for found in refused):
            yield "if every reader is upgraded before the first writer: --readers-first"
    elif check:
        yield from (f"{file} is not what the code makes: run `{command}`" for file in stale(made))
    else:
        write(made)


# -- the reference page --------------------------------------------------------------------------------------


def reference_page(listeners: Listeners) -> str:
    """Make docs/events.md: for each event its publisher, its listeners, its fields and an example."""
    lines = [
        "# Events",
        "",
        "Made from the contracts by `make docs`; do not edit. What is *sealed* is a token of encrypted",
        "personal data. Unknown fields are ignored at every level. The examples are fictional.",
        "",
        "Ids go everywhere in clear. An event of another system whose `id`, `source`, `correlationid` or",
        "`sample_id` holds the number of a document or phone of somebody in it is refused (`id_personal`);",
        "of a report's `reference` only that waits for correction. Answers, listings and logs name such an",
        "event by another id: the number as `***`, and `#` with a keyed digest. Other long numbers are fine.",
        "",
        "| event | said by | goes to |",
        "| --- | --- | --- |",
    ]
    for name in EVENT_TYPES:
        lines.append(
            f"| [{name}](#{_anchor(name)}) | {EVENT_TYPES[name].said_by} | {_heard_by(name, listeners)} |"
        )
    for name in EVENT_TYPES:
        lines += ["", *_section(name, listeners)]
    return "\n".join(lines) + "\n"


def _heard_by(event_type: str, listeners: Listeners) -> str:
    heard = ", ".join(f"`{queue}`" for queue in listeners.get(event_type, ()))
    return heard or "nobody yet"


def _section(name: str, listeners: Listeners) -> list[str]:
    schema = data_schema(EVENT_TYPES[name])
    lines = [f"## {name}", ""]
    if "description" in schema:
        lines += [schema["description"], ""]
    lines += [
        f"Said by {EVENT_TYPES[name].said_by}; goes to {_heard_by(name, listeners)}.",
        f"Its `dataschema` is `{schema['$id']}`: [JSON Schema](../contracts/schemas/{name}.json).",
        "",
    ]
    lines += ["| field | kind | |", "| --- | --- | --- |"]
    lines += [f"| `{path}` | {kind} | {about} |" for path, kind, about in _rows(schema, schema)]
    lines += ["", "```json", as_json(EXAMPLES[name]).rstrip(), "```"]
    for introduced, further in FURTHER.get(name, ()):
        lines += ["", introduced, "", "```json", as_json(further).rstrip(), "```"]
    return lines


def _rows(
    schema: Mapping[str, Any], root: Mapping[str, Any], prefix: str = ""
) -> Iterable[tuple[str, str, str]]:
    """Path, kind and description of every field, nested ones below their parent."""
    for name, found in schema["properties"].items():
        optional = name not in schema["required"]
        inner, many = found, False
        if "anyOf" in inner:
            inner = inner["anyOf"][0]
        if inner.get("type") == "array":
            inner, many = inner["items"], True
        path = f"{prefix}{name}{'[]' if many else ''}"
        part = root["$defs"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else None
        kind = ("list of " if many else "") + _kind_in_words(part or inner)
        if many and "maxItems" in found:
            kind += f", at most {found['maxItems']}"
        yield path, f"{kind}, optional" if optional else kind, found.get("description", "")
        if part:
            yield from _rows(part, root, f"{path}.")


def _kind_in_words(schema: Mapping[str, Any]) -> str:
    if schema.get("x-sealed"):
        return "sealed"
    if "enum" in schema:
        return " / ".join(f"`{word}`" for word in schema["enum"] if word is not None)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind: str = next(kind for kind in kinds if kind != "null")
    if "format" in schema:
        return "date" if schema["format"] == "date" else "time with zone"
    if kind == "string":
        return f"text, at most {schema['maxLength']}" if "maxLength" in schema else "text"
    return {"integer": "whole number", "boolean": "true / false"}.get(kind, kind)


def _anchor(name: str) -> str:
    """Make the anchor of a heading as GitHub and GitLab do."""
    return name.replace(".", "")


def main(arguments: Sequence[str]) -> int:
    known = {"--check", "--readers-first"}
    if not set(arguments) <= known:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = list(run(schemas(), check="--check" in arguments, readers_first="--readers-first" in arguments))
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
