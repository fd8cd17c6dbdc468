"""How often Python looks for garbage in a process that serves others.

Imported modules stay for ever, and work makes thousands of objects that no cycle holds. With Python's own
thresholds it looks through all of them again and again, 150,000 in a door: a tenth of a second and more, in
which nobody is served.
"""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Called once, when the process has all that it needs to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
