"""How words, days and moments are written in each language; the filters of templates."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notification.texts.shortening import shortened

WORDS: Final[Mapping[str, Mapping[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
)
_AFTER_CHINESE: Final = re.compile(r"(?<=[。，；：！？]) ")


def one_line(text: str) -> str:
    """One line; Chinese sentences follow each other without a space."""
    return _AFTER_CHINESE.sub("", " ".join(text.split()))


def environment_for(language: str, zone: ZoneInfo) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

    def word(value: str) -> str:
        return WORDS[language].get(value, value.replace("_", " "))

    def day(value: date | str) -> str:
        when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
        return f"{when.month}月{when.day}日" if language == "zh-CN" else f"{when.day} {when:%b}"

    def moment(value: datetime | str) -> str:
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
        local = when.astimezone(zone)
        if local.hour == 0 and local.minute == 0:  # the end of a day, said as that day
            return (
                f"{day((local - timedelta(days=1)).date())}{'24时' if language == 'zh-CN' else ' midnight'}"
            )
        return f"{day(local.date())}{'' if language == 'zh-CN' else ' '}{local:%H:%M}"

    def short(value: str, most: int) -> str:
        return shortened(value, most)

    environment.filters.update(word=word, day=day, moment=moment, short=short)
    return environment
