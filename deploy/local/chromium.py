"""Debian's Chromium, which Playwright starts for the browser tests and the benchmarks."""

from __future__ import annotations

import os
import shutil
from typing import Any

from deploy.local.processes import LocalNodeError


def chromium_options() -> dict[str, Any]:
    """Options by which Playwright starts it. Raises LocalNodeError where there is none."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise LocalNodeError("there is no chromium: deploy/local/setup.sh --dev --chromium")
    return {"executable_path": chromium, "args": ["--no-sandbox"] if os.getuid() == 0 else []}
