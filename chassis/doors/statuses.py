"""The one map from kinds of `Refused` to HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.faults import Kind

STATUS: Final[Mapping[Kind, int]] = {"unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409}
