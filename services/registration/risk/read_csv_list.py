"""Read a risk list that is a CSV of an operator's own."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.imported_tables import read_table
from services.registration.risk.published_lists import CSV_COLUMNS, RiskList, read_csv


def read_csv_list(text: str, zone: ZoneInfo, published_at: datetime) -> RiskList:
    """A CSV names no time of its own: it is known by the time when it was published."""
    rows = read_table(text, CSV_COLUMNS, optional=("valid_from", "division"))
    return read_csv(rows, zone, f"csv-{published_at.astimezone(zone):%Y%m%d%H%M}", published_at)
