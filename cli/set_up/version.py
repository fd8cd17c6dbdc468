"""`doorstep version`: the version, the tables it knows, and the keys by which it reads and finds."""

from cli.options import AsJson
from cli.output import print_json
from operations.settings import environment
from operations.version import version


def command(as_json: AsJson = False) -> None:
    """The version, the newest tables it knows, and fingerprints of the keys that are set.

    Asks neither broker nor database. A fingerprint tells whether two keys are the same, and nothing else.
    """
    found = version(environment())
    if as_json:
        print_json(found.as_dict())
        return
    print(f"doorstep {found.version}")
    print("tables:", ", ".join(f"{service} {known[-1]}" for service, known in found.tables.items()))
    if found.keys is None:
        print("no keys are set")
        return
    for key_id, fingerprint in found.keys.seal.items():
        print(f"seal key {key_id}: {fingerprint}")
    print(f"index key: {found.keys.index}")
