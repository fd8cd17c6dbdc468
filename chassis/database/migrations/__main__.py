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
        case ["revision", service, message]:
            with tempfile.TemporaryDirectory() as folder:
                database = Database(f"sqlite:///{folder}/scratch.db")
                upgrade(service, database)
                write_revision(service, message, database)
        case _:
            print(__doc__, "\nusage: upgrade SERVICE | revision SERVICE MESSAGE", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
