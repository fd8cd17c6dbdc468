"""Read the shipped table. The streets (about 30 ms) are read where they are first asked for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Zone:
    """A development zone: a place like a county, run by a committee of its own.

    :param code: 6 digits (`410173`), or "" for a zone without one.
    :param city: 4 digits, the city that runs it.
    :param name: "" if a row names no more than the city.
    :param other_names: customary and older ones.
    :param counties: those in which it lies; () if that is not known.
    :param own_streets: names; of a zone with a statistical code the table of streets has them.
    """

    code: str
    city: str
    name: str
    other_names: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    own_streets: tuple[str, ...] = ()

    @property
    def division(self) -> str:
        """Its own code, or else that of its city."""
        return self.code or self.city

    @property
    def cities(self) -> frozenset[str]:
        """4 digits each: a zone may reach into a neighbouring city (西咸新区 into 咸阳)."""
        return frozenset((self.city, *(county[:4] for county in self.counties)))

    def streets(self) -> tuple[str, ...]:
        return self.own_streets or tuple(name for _, name in streets_of(self.code))


def read_zones() -> Iterator[Zone]:
    text = resources.files(__package__).joinpath("zones.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield Zone(
            row["code"],
            row["city"],
            row["name"],
            _several(row["other_names"]),
            _several(row["counties"]),
            _several(row["streets"]),
        )


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


def streets_of(area: str) -> tuple[tuple[str, str], ...]:
    """
    :param area: code of a county or zone.
    :returns: code (9 digits) and name of each street and town.
    """
    line = _lines().get(area, "").partition("\t")[2]
    return tuple((area + entry[:3], entry[3:]) for entry in line.split(",") if entry)


def areas_below(prefix: str) -> tuple[str, ...]:
    """Codes of the counties and zones that begin with these digits."""
    return tuple(code for code in _lines() if len(code) == 6 and code.startswith(prefix))


def area_names() -> Mapping[str, str]:
    """Code and name of all provinces, cities, counties and zones."""
    return {code: line.partition("\t")[0] for code, line in _lines().items()}


@lru_cache(maxsize=1)
def _lines() -> Mapping[str, str]:
    packed = resources.files(__package__).joinpath("streets.tsv.gz").read_bytes()
    lines = gzip.decompress(packed).decode().split("\n")
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))
