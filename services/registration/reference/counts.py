"""The counts that an import answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def counts(rows: int, changed: Sequence[dict[str, Any]]) -> dict[str, int]:
    new = sum(1 for row in changed if row["version"] == 1)
    return {"rows": rows, "new": new, "changed": len(changed) - new, "unchanged": rows - len(changed)}
