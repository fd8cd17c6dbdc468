"""Invented travellers: names, identity documents and telephone numbers that pass every check."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from stdnum import numdb
from stdnum.cn.ric import calc_check_digit

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑"
    "谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方"
)
_SYLLABLES = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂"
    "华建玲文斌辉波鹏飞宇欣怡晨曦子涵浩然梓轩雨桐诗琪嘉懿俊熙思远瑾萱若曦雅婷志诚"
)
_FOREIGN = (
    ("KAZ", "Aigerim Dosova"),
    ("PAK", "Bilal Karimzai"),
    ("DEU", "Jonas Wetterling"),
    ("FRA", "Camille Aubreton"),
    ("KOR", "Minseo Hwangbo"),
    ("GBR", "Oliver Thackeray"),
    ("KGZ", "Nursultan Abdyev"),
    ("JPN", "Haruto Minakami"),
)
# Sequence codes 996 to 999 belonged to people over a hundred; odd for men, even for women.
_SEQUENCES = {"male": ("997", "999"), "female": ("996", "998")}
_TRAVELLERS = 90_000_000  # 1650 0000000 to 1658 9999999


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    identity_type: str | None
    identity_number: str | None
    phone: str | None
    birth_date: date | None
    sex: str | None
    nationality: str | None

    def as_reported(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "identity_type": self.identity_type,
            "identity_number": self.identity_number,
            "phone": self.phone,
            "birth_date": self.birth_date.isoformat() if self.birth_date else None,
            "sex": self.sex,
            "nationality": self.nationality,
        }


@lru_cache(maxsize=1)
def counties() -> dict[str, str]:
    """Six-digit codes of today's counties with their names, from python-stdnum's table."""
    found: dict[str, str] = {}
    for province, _props, children in _parts(numdb.get("cn/loc").prefixes):
        for rest, props, _ in _parts(children):
            for name in props.get("county", "").split(","):
                since, name = _validity(name)
                if since is not None and not rest.endswith("00") and name not in ("市辖区", "县"):
                    found[province + rest] = name
    return found


def _parts(prefixes: Any) -> Any:
    for length, low, high, props, children in prefixes:
        if low == high and length == len(low):
            yield low, props, children


def _validity(name: str) -> tuple[int | None, str]:
    """(first year, name) of a table entry such as `[1985-]白银区`; None as year if it is history."""
    if not name.startswith("["):
        return (0, name) if name else (None, "")
    years, _, bare = name[1:].partition("]")
    first, _, last = years.partition("-")
    return (None if last else int(first or 0)), bare


@lru_cache(maxsize=1)
def _issuers() -> list[tuple[str, int]]:
    """County codes with the first year in which numbers could begin with them."""
    table = numdb.get("cn/loc")
    issuers = []
    for code in counties():
        (_, (_, props)) = table.info(code)
        first = min(year for year, _ in map(_validity, props["county"].split(",")) if year is not None)
        issuers.append((code, first))
    return issuers


def identity_number(rng: random.Random, born: date, sex: str) -> str:
    """A resident identity number that is right in every digit and belongs to nobody."""
    code, first = rng.choice(_issuers())
    while first > born.year:
        code, first = rng.choice(_issuers())
    head = f"{code}{born:%Y%m%d}{rng.choice(_SEQUENCES[sex])}"
    return head + calc_check_digit(head + "0")


class People:
    """Makes each person once: identity numbers and telephone numbers never repeat within one source."""

    def __init__(self, rng: random.Random, today: date) -> None:
        self._rng = rng
        self._today = today
        self._numbers: set[str] = set()
        self._count = 0
        self._phone_start = rng.randrange(_TRAVELLERS)

    def adult(self) -> Person:
        kind = self._rng.random()
        if kind < 0.03:
            return self._foreigner()
        return self._resident(18, 75, documented=kind >= 0.06)

    def companion(self, head: Person) -> Person:
        surname = head.name[0] if head.identity_type != "passport" else None
        return self._resident(0, 80, surname=surname, with_phone=self._rng.random() < 0.5)

    def _resident(
        self,
        youngest: int,
        oldest: int,
        *,
        surname: str | None = None,
        documented: bool = True,
        with_phone: bool = True,
    ) -> Person:
        rng = self._rng
        sex = rng.choice(("male", "female"))
        born = self._today - timedelta(days=rng.randint(youngest * 366, oldest * 365) + 1)
        if surname is None or rng.random() < 0.4:
            surname = rng.choice(_SURNAMES)
        name = surname + rng.choice(_SYLLABLES) + rng.choice(_SYLLABLES)
        number = self._new_number(born, sex) if documented else None
        return Person(
            name=name,
            identity_type="resident_id" if documented else None,
            identity_number=number,
            phone=self.phone() if with_phone or not documented else None,
            birth_date=born if rng.random() < 0.3 else None,
            sex=sex if rng.random() < 0.5 else None,
            nationality="CHN" if rng.random() < 0.8 else None,
        )

    def _foreigner(self) -> Person:
        rng = self._rng
        nationality, name = rng.choice(_FOREIGN)
        while (number := f"X{rng.randrange(10**8):08d}") in self._numbers:
            pass
        self._numbers.add(number)
        born = self._today - timedelta(days=rng.randint(20 * 366, 60 * 365))
        return Person(name, "passport", number, self.phone(), born, None, nationality)

    def _new_number(self, born: date, sex: str) -> str:
        while (number := identity_number(self._rng, born, sex)) in self._numbers:
            pass
        self._numbers.add(number)
        return number

    def phone(self) -> str:
        """Each once in 90 million: 7919 is a prime that does not divide the size of the range."""
        self._count += 1
        return f"165{(self._phone_start + self._count * 7919) % _TRAVELLERS:08d}"
