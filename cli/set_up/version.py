"""`doorstep version`: what this is, which tables it knows, and by which keys it reads and finds."""

import json
from importlib.metadata import version as version_of
from typing import Annotated, Any

import typer

from operations.settings import SERVICES, environment


def register(app: typer.Typer) -> None:
    app.command()(version)


def version(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """The version, the newest tables it knows, and fingerprints of the keys that are set.

    Asks neither broker nor database. A fingerprint tells whether two keys are the same, and nothing else.
    """
    from chassis.database.migrations import revisions

    found: dict[str, Any] = {
        "version": version_of("doorstep"),
        "tables": {service: revisions(service) for service in SERVICES},
        "keys": _fingerprints(environment()),
    }
    if as_json:
        print(json.dumps(found))
        return
    print(f"doorstep {found['version']}")
    print("tables:", ", ".join(f"{service} {known[-1]}" for service, known in found["tables"].items()))
    for key_id, fingerprint in found["keys"].get("seal", {}).items():
        print(f"seal key {key_id}: {fingerprint}")
    print(f"index key: {found['keys']['index']}" if found["keys"] else "no keys are set")


def _fingerprints(given: dict[str, str]) -> dict[str, Any]:
    from chassis.sealing import BlindIndex, Sealer

    seal_keys, index_key = given.get("DOORSTEP_SEAL_KEYS", ""), given.get("DOORSTEP_INDEX_KEY", "")
    if not (seal_keys and index_key):
        return {}
    return {
        "seal": Sealer.from_text(seal_keys).fingerprints,
        "index": BlindIndex.from_text(index_key)("fingerprint", "")[:16],
    }
