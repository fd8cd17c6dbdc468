"""How doors answer what they refuse: the one map from kinds of `Refused` to HTTP, and a code pages know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.faults import Kind

NOT_ACTIVE: Final = "not_active"
"""The code of the fault by which a door says that a member of staff is none any more."""

STATUS: Final[Mapping[Kind, int]] = {"unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409}
