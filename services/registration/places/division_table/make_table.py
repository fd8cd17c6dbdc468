"""Make streets.tsv.gz, the table of counties, zones and streets, from the four CSV files of its source.

    python -m services.registration.places.division_table.make_table FOLDER --year 2023

FOLDER holds provinces.csv, cities.csv, areas.csv, streets.csv and LICENSE of
https://github.com/modood/Administrative-divisions-of-China (folder dist; its licence is the WTFPL). The same
files make the same table, byte by byte.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
TABLE = "streets.tsv.gz"
SOURCE = "https://github.com/modood/Administrative-divisions-of-China (WTFPL)"


def make_table(folder: Path, year: int) -> bytes:
    """One line a county or zone: code, name, and its streets, each with the last three digits of its code."""
    streets: dict[str, list[str]] = defaultdict(list)
    for row in _rows(folder / "streets.csv"):
        streets[row["areaCode"]].append(row["code"][6:] + row["name"])
    lines = [f"# {SOURCE}, {year}"]
    lines += [f"{row['code']}\t{row['name']}" for row in _rows(folder / "provinces.csv")]
    lines += [f"{row['code']}\t{row['name']}" for row in _rows(folder / "cities.csv")]
    for row in _rows(folder / "areas.csv"):
        lines.append(f"{row['code']}\t{row['name']}\t{','.join(streets[row['code']])}")
    return gzip.compress("\n".join(lines).encode(), 9, mtime=0)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of counties, zones and streets.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, required=True, help="The year of the divisions in the folder.")
    given = parser.parse_args()
    (HERE / TABLE).write_bytes(make_table(given.folder, given.year))
    (HERE / "LICENSE").write_bytes((given.folder / "LICENSE").read_bytes())


if __name__ == "__main__":
    main()
