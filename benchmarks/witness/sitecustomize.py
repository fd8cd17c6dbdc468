"""Python imports this at the start of every process of a comparison, because its folder stands in PYTHONPATH.

At its end each process appends a line to the file DOORSTEP_BENCH_MODULES: its program, and from which file it
took each package that is installed neither with Python nor in the virtual environment. So the comparison can
tell that every process ran the code that was to be measured. It costs nothing while the process works.
"""

import atexit
import json
import os
import sys
import sysconfig


def _record(file: str) -> None:
    installed = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    files = {}
    for name, module in list(sys.modules.items()):
        source = getattr(module, "__file__", None)
        if source and not source.startswith(installed) and name not in ("__main__", "sitecustomize"):
            files[name] = source
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    line = {"program": spec.name if spec else sys.argv[0], "files": files}
    with open(file, "a") as out:
        out.write(json.dumps(line) + "\n")


if os.environ.get("DOORSTEP_BENCH_MODULES"):
    atexit.register(_record, os.environ["DOORSTEP_BENCH_MODULES"])
