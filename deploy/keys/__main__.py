"""`python3 -m deploy.keys add|promote|retire FILE [ID]`: for a deployment, whose containers cannot write it.

`make keys` calls it. Exit code 2 with one line where the file or the command is wrong.
"""

import sys
from pathlib import Path

from deploy.keys.ring import RingFault, added, promoted, retired, write


def main(action: str, file: Path, id: str = "") -> str:
    """What was done. Raises RingFault, OSError."""
    text = file.read_text()
    if action == "add":
        text, id = added(text)
        said = f"{id} was added; it seals nothing yet"
    elif action == "promote":
        text, id = promoted(text)
        said = f"{id} seals from now on"
    elif action == "retire" and id:
        text, said = retired(text, id), f"{id} is no longer on the ring"
    else:
        raise RingFault("say add FILE, promote FILE or retire FILE ID")
    write(file, text)
    return said


if __name__ == "__main__":
    try:
        print(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:4]))
    except IndexError:
        sys.exit("keys: say add FILE, promote FILE or retire FILE ID")
    except (OSError, RingFault) as error:
        print(f"keys: {error}", file=sys.stderr)
        sys.exit(2)
