"""How long people try again where a door, the broker or a database is away: all come back after a while."""

from __future__ import annotations

PATIENCE_S = 120.0
AGAIN_S = 0.3
