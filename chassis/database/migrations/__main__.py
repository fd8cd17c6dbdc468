"""Command line of chassis.database.migrations."""

import os
import sys
import tempfile

from chassis.database.engine import Database
from chassis.database.migrations import upgrade, write_revision


def main() -> int:
    match sys.argv[1:]:
        case ["upgrade", service]:
            upgrade(service, Database(os.environ[f"DOORSTEP_{service.upper()}_DATABASE_URL"]))
        case ["revision", history, message]:
            with tempfile.TemporaryDirectory() as folder:
                write_revision(history, message, Database(f"sqlite:///{folder}/scratch.db"))
        case _:
            print(__doc__, "\nusage: upgrade SERVICE | revision SERVICE|chassis MESSAGE", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
