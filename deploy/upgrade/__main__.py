"""python3 -m deploy.upgrade TO [--keep N] [--no-build]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.backup.__main__ import whole
from deploy.backup.errors import Refused
from deploy.backup.interrupts import end_as_by_ctrl_c
from deploy.upgrade.steps import upgrade


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.upgrade", description=__doc__)
    parser.add_argument("to", type=Path, help="the folder below which the backup goes")
    parser.add_argument("--keep", type=whole, help="afterwards only the newest so many backups stay there")
    parser.add_argument("--no-build", action="store_true", help="the image of this version is there already")
    options = parser.parse_args()
    end_as_by_ctrl_c()
    try:
        upgrade(options.to.absolute(), keep=options.keep, build=not options.no_build, say=_say)
    except (Refused, OSError) as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("upgrade: interrupted; run it again", file=sys.stderr)
        return 130
    return 0


def _say(step: str) -> None:
    print(f"upgrade: {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
