"""Services for tests, each a process of its own with its own settings, log and exit code.

They are forked from one process for each, `python -m tests.services NAME`, for tests start a thousand, and
most of what a start costs is importing.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Mapping
from functools import cache

from tests.forking import Forked, Forker, serve

# What is read while a service is imported, or by the dynamic linker before.
AT_THE_START = {"LD_PRELOAD", "DOORSTEP_FAULT"}


@cache
def _forker(service: str) -> Forker:
    return Forker(("tests.services", service))


def fork(service: str, *, env: Mapping[str, str], log: int) -> Forked:
    """What `python -m services.NAME` is; of its environment nothing may be in AT_THE_START."""
    return _forker(service).fork((), env=env, out=log, err=log)


if __name__ == "__main__":
    import chassis.running.process  # first: it patches  # noqa: F401  # isort: skip
    from importlib import import_module
    from zoneinfo import ZoneInfo

    module = f"services.{sys.argv[1]}"
    import_module(f"{module}.service")
    if module == "services.notification":  # texts that are shipped are tried once, and not at each start
        import_module(f"{module}.texts.loading").texts_from_environment({}, ZoneInfo("Asia/Shanghai"))
    if serve(sys.argv[2]) is not None:
        sys.argv = [module]
        runpy.run_module(module, run_name="__main__")
