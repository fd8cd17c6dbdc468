"""The time of the field.

Demos and tests shift it by an offset that all processes share through a file. Leases, back-off and the ages
of queues use real time and never ask this clock.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.errors import WorldAway


class Clock:
    """`now()` is real time plus the seconds written in the offset file; without a file, real time."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """Aware, in UTC."""
        if self._file is not None:
            self._read()
        return datetime.now(UTC) + self._offset

    def today(self, zone: ZoneInfo) -> date:
        return self.now().astimezone(zone).date()

    def set(self, moment: datetime) -> None:
        """Move the clock of every process that shares the file to `moment`; it goes on running from there."""
        if self._file is None:
            raise ValueError("this clock has no offset file, so it cannot be set")
        seconds = (moment - datetime.now(UTC)).total_seconds()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(".new")
        temporary.write_text(f"{seconds:.6f}\n")
        os.replace(temporary, self._file)

    @property
    def can_be_set(self) -> bool:
        return self._file is not None

    def setting(self) -> tuple[int, int] | None:
        """Another value once the clock was set; None where it never was."""
        try:
            return _stamp(self._file) if self._file is not None else None
        except OSError:
            return None

    def _read(self) -> None:
        assert self._file is not None
        try:
            stamp = _stamp(self._file)
            if stamp != self._seen:
                self._offset = timedelta(seconds=float(self._file.read_text()))
                self._seen = stamp
        except FileNotFoundError:
            self._seen, self._offset = None, timedelta(0)
        except (OSError, ValueError, OverflowError):
            # This is not the fault of the work: no event may become a dead letter because a clock is wrong.
            raise WorldAway(f"the clock file {self._file} must hold seconds: correct or remove it") from None


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_ino
