"""Where travellers come from and where they go: the sample risk areas and a table of places."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from stdnum import numdb

from demo.people import counties
from demo.samples import PLACES, RISK_AREAS, sample

# A published place whose buildings are not counted, excepted or joined: an address there is surely in it.
_PLAIN = re.compile(r"[^除含及和、，~\-—至\[\]()（）<>\d]+(?:[一二三四五六七八九十\d]+号楼|全域)?")
# In no table of places.
_ROADS = (
    "滨河中",
    "民族西",
    "新胜利",
    "复兴北",
    "团结南",
    "劳动东",
    "跃进",
    "建设西",
)


class NoPlaces(ValueError):
    """The table of places has no community in the district."""


@dataclass(frozen=True, slots=True)
class Stop:
    """`level`: what the list says of exactly this spot; `county_only`: it has areas somewhere there."""

    division: str | None
    address: str | None
    level: str


@dataclass(frozen=True, slots=True)
class Home:
    """A community with the names by which its courtyards (and through them the community) are known."""

    community: str
    street: str
    names: tuple[str, ...]
    aliases: tuple[str, ...]


class Origins:
    """Stops, safe and risky. `official` has the published shape (data.highlist, data.middlelist)."""

    def __init__(self, official: Mapping[str, Any], district: str) -> None:
        self.exact: list[tuple[str, str, str, str]] = []  # level, county code, written county, place
        affected: set[str] = set()
        codes = {name: code for code, name in _written().items()}
        for level, key in (("high", "highlist"), ("medium", "middlelist")):
            for row in official["data"].get(key, ()):
                code = codes.get((row["province"], row["city"], row["county"])) or codes.get(
                    (row["province"], row["province"], row["city"])
                )
                if code is None:
                    continue
                affected.add(code)
                written = row["province"] + row["city"] + row["county"]
                for place in row["communitys"]:
                    if _PLAIN.fullmatch(place.strip()):
                        self.exact.append((level, code, written, place.strip()))
        self.affected = sorted(affected)
        cities = {code[:4] for code in affected}
        self.quiet = [code for code in counties() if code[:4] not in cities and code != district]

    @classmethod
    def shipped(cls, district: str) -> Origins:
        return cls(json.loads(sample(RISK_AREAS).read_text("utf-8")), district)

    def safe(self, rng: random.Random) -> Stop:
        code = rng.choice(self.quiet)
        return Stop(code, f"{rng.choice(_ROADS)}路{rng.randint(1, 300)}号", "none")

    def risky(self, rng: random.Random) -> Stop:
        """A spot on the list, by code or written out; one in five names the county only."""
        if rng.random() < 0.2 or not self.exact:
            return Stop(rng.choice(self.affected), None, "county_only")
        level, code, written, place = rng.choice(self.exact)
        spot = place.removesuffix("全域")
        if not spot.endswith("楼"):
            spot += f"{rng.randint(1, 30)}号"
        spot += f"{rng.randint(1, 4)}单元{rng.randint(1, 6)}0{rng.randint(1, 4)}"
        if rng.random() < 0.5:
            return Stop(code, spot, level)
        return Stop(None, written + spot, level)


@lru_cache(maxsize=1)
def _written() -> dict[str, tuple[str, str, str]]:
    """County code → (province, city, county) as a published list writes them."""
    table = numdb.get("cn/loc")
    names = {}
    for code, county in counties().items():
        ((_, province), *_rest) = table.info(code)
        city = [props.get("county", "") for part, props in table.info(code[:4] + "00")[1:]]
        written = (city[0] if city else "").rpartition("]")[2]
        names[code] = (province["province"], written or province["province"], county)
        if written == "市辖区":
            names[code] = (province["province"], province["province"], county)
    return names


class Destinations:
    """Communities of one district, and the ways to write an address in them."""

    def __init__(self, rows: Iterable[Mapping[str, str]], district: str) -> None:
        self.district = district
        self._rows = {row["place_id"]: row for row in rows}

    @classmethod
    def shipped(cls, district: str) -> Destinations:
        return cls(csv.DictReader(sample(PLACES).read_text("utf-8").splitlines()), district)

    def rows(self) -> list[Mapping[str, str]]:
        return list(self._rows.values())

    @cached_property
    def homes(self) -> list[Home]:
        found: dict[str, tuple[list[str], list[str]]] = {}
        for place_id, row in self._rows.items():
            lineage = self._lineage(place_id)
            if "community" not in lineage or self.district not in lineage.values():
                continue
            names, aliases = found.setdefault(lineage["community"], ([], []))
            if row["level"] in ("courtyard", "community"):
                names.append(row["name"])
                aliases.extend(alias for alias in row["aliases"].split(";") if alias)
        homes = [
            Home(community, self._lineage(community).get("street", ""), tuple(names), tuple(aliases or names))
            for community, (names, aliases) in found.items()
        ]
        if not homes:
            raise NoPlaces(f"no community in district {self.district}: give a places file that has some")
        return homes

    def home(self, rng: random.Random) -> Home:
        return rng.choice(self.homes)

    def write(self, rng: random.Random, home: Home) -> dict[str, Any]:
        """An address that can only mean this community, by code, name or alias."""
        door = f"{rng.randint(3, 12)}号楼{rng.randint(1, 4)}单元{rng.randint(1, 18)}0{rng.randint(1, 4)}"
        how = rng.random()
        row = self._rows[home.community]
        if how < 0.35 and row["division"]:
            return {"division": row["division"], "address": door}
        if how < 0.75:
            street = self._rows[home.street]["name"] if home.street else ""
            return {"division": self.district, "address": street + rng.choice(home.names) + door}
        return {"division": self.district, "address": rng.choice(home.aliases) + door}

    def unknown(self, rng: random.Random) -> dict[str, Any]:
        """An address that no table of places knows."""
        return {"division": self.district, "address": f"{rng.choice(_ROADS)}路{rng.randint(1, 300)}号"}

    def _lineage(self, place_id: str) -> dict[str, str]:
        """Level → place id, from the place up."""
        lineage: dict[str, str] = {}
        at: str | None = place_id
        while at and at in self._rows and len(lineage) < 12:
            lineage[self._rows[at]["level"]] = at
            at = self._rows[at]["parent"]
        return lineage
