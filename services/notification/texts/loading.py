"""The texts of messages: versioned files in templates/, checked when they are loaded.

A template declares its variables. Whatever could fail when a message is due is tried on loading instead:
unknown variables, variables that the event does not bring, a text that breaks when an optional value is
absent, a text too long for a text message. All errors are told at once.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from marshmallow import Schema, ValidationError, fields, validate

from chassis.errors import SettingsError
from field.words import LANGUAGES
from services.notification.channels.sms_length import segments
from services.notification.messages.notices import CASE_PARAMETERS, OVERDUE_PARAMETERS
from services.notification.rules.book import TASK_OVERDUE, Rule

FOLDER: Final = Path(__file__).parent / "templates"
FALLBACK: Final = "zh-CN"

# Beside the parameters of the event: what is unsealed when the message is sent, and settings.
TO_RESIDENT: Final = frozenset({"name", "worker_name", "worker_phone"})
TO_STAFF: Final = frozenset({"name", "resident_name", "resident_phone", "resident_address"})
SETTINGS: Final = frozenset({"hotline"})

MOST_SEGMENTS: Final = 4
_AFTER_CHINESE: Final = re.compile(r"(?<=[。，；：！？]) ")
_LONGEST_SIGNATURE: Final = "【张掖路街道防疫】"


class TemplatesWrong(SettingsError):
    """What is wrong with the templates, all of it, one line each."""


class _TemplateFile(Schema):
    template = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,59}$"))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=32767))
    channel = fields.String(required=True, validate=validate.OneOf(["sms"]))
    variables = fields.List(fields.String(), required=True)
    text = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LANGUAGES)), values=fields.String(), required=True
    )


@dataclass(frozen=True)
class _Loaded:
    name: str
    version: int
    channel: str
    variables: frozenset[str]
    texts: Mapping[str, Template]


class Texts:
    """All templates, each by name, version, channel and language."""

    def __init__(self, loaded: Iterable[_Loaded], signature: str = "") -> None:
        self._signature = signature
        self._by_key = {(t.name, t.version, t.channel): t for t in loaded}
        self._latest: dict[str, int] = {}
        for name, version, _channel in self._by_key:
            self._latest[name] = max(version, self._latest.get(name, 0))

    def latest(self, template: str) -> int:
        """The version in which new messages are written; those queued before keep theirs."""
        return self._latest[template]

    def render(
        self, template: str, version: int, channel: str, language: str, variables: Mapping[str, Any]
    ) -> str:
        found = self._by_key[template, version, channel]
        text = found.texts.get(language) or found.texts[FALLBACK]
        return self._signature + _one_line(
            text.render({name: variables.get(name) for name in found.variables})
        )

    def problems_with(self, rules: Iterable[Rule]) -> list[str]:
        """What the rules ask of the templates and do not get."""
        found = []
        for rule in rules:
            if rule.template not in self._latest:
                found.append(f"rule {rule.name}: there is no template {rule.template}")
                continue
            for channel in rule.channels:
                loaded = self._by_key.get((rule.template, self._latest[rule.template], channel))
                if loaded is None:
                    found.append(f"rule {rule.name}: template {rule.template} has no text for {channel}")
                    continue
                for name in sorted(loaded.variables - _brought_by(rule)):
                    found.append(
                        f"rule {rule.name}: template {rule.template} uses {name}, "
                        f"which {rule.event} does not bring"
                    )
        return found


def load_texts(folder: Path = FOLDER, *, zone: ZoneInfo, signature: str = "") -> Texts:
    """All templates of a folder. Raises TemplatesWrong with every error.

    :param signature: who speaks, before each text, such as 【城关区防疫】; many gateways add it themselves.
    """
    loaded, problems = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            loaded.append(_load(path.read_text(encoding="utf-8"), zone))
        except TemplatesWrong as error:
            problems += [f"{path.name}: {line}" for line in str(error).splitlines()]
    keys = [(t.name, t.version, t.channel) for t in loaded]
    problems += [
        f"{key[0]} version {key[1]} is there twice" for key in sorted(set(keys)) if keys.count(key) > 1
    ]
    if problems:
        raise TemplatesWrong("\n".join(problems))
    return Texts(loaded, signature)


def texts_from_environment(given: Mapping[str, str], zone: ZoneInfo) -> Texts:
    """A district's own templates stand in the folder DOORSTEP_TEMPLATES. Raises TemplatesWrong."""
    folder = Path(given.get("DOORSTEP_TEMPLATES", "").strip() or FOLDER)
    if not folder.is_dir():
        raise TemplatesWrong(f"DOORSTEP_TEMPLATES={folder} is no folder")
    return load_texts(folder, zone=zone, signature=given.get("DOORSTEP_SMS_SIGNATURE", "").strip())


def check(source: str) -> None:
    """What to call before a template is saved. Raises TemplatesWrong with every error."""
    _load(source, ZoneInfo("Asia/Shanghai"))


def _load(source: str, zone: ZoneInfo) -> _Loaded:
    try:
        document = _TemplateFile(unknown="raise").load(yaml.safe_load(source))
    except yaml.YAMLError as error:
        raise TemplatesWrong(f"not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise TemplatesWrong("\n".join(_lines(error.messages))) from None
    declared = frozenset(document["variables"])
    known = CASE_PARAMETERS | OVERDUE_PARAMETERS | TO_RESIDENT | TO_STAFF | SETTINGS
    problems = [f"variables: nothing brings {name}" for name in sorted(declared - known)]
    texts: dict[str, Template] = {}
    problems += [f"text: {language} is missing" for language in LANGUAGES if language not in document["text"]]
    used: set[str] = set()
    for language, text in document["text"].items():
        environment = _environment(language, zone)
        try:
            undeclared = meta.find_undeclared_variables(environment.parse(text))
            template = environment.from_string(text.strip())
        except TemplateError as error:
            problems.append(f"text {language}: {error}")
            continue
        used |= undeclared
        problems += [f"text {language}: {name} is not declared" for name in sorted(undeclared - declared)]
        if undeclared <= declared <= known:
            problems += [f"text {language}: {problem}" for problem in _tried(template, undeclared, language)]
        texts[language] = template
    if not problems:
        problems += [f"variables: {name} is declared and never used" for name in sorted(declared - used)]
    if problems:
        raise TemplatesWrong("\n".join(problems))
    return _Loaded(document["template"], document["version"], document["channel"], declared, texts)


# The longest that occur; what may be absent is tried absent, in every combination.
_SAMPLES: Final[Mapping[str, Any]] = {
    "name": "欧阳建国",
    "worker_name": "司马晓红",
    "worker_phone": "13900001234",
    "resident_name": "Alexandra Montgomery",
    "resident_phone": "+8613900001234",
    "resident_address": "甘肃省兰州市城关区张掖路街道大众巷社区中山路一百二十号御景小区4号楼2单元1803室",
    "measure": "central_isolation",
    "previous_measure": "health_monitoring",
    "days": 14,
    "counted_from": date(2022, 11, 28),
    "release_on": date(2022, 12, 12),
    "risk_level": "medium",
    "reason": None,
    "contact_by": datetime.fromisoformat("2022-11-28T12:30:00+00:00"),
    "task_kind": "first_contact",
    "day": 14,
    "due_by": datetime.fromisoformat("2022-11-28T12:30:00+00:00"),
    "level": "community",
    "case_number": "0F3C9A7B",
    "hotline": "0931-12345",
}
_OPTIONAL: Final = frozenset(
    {"name", "worker_name", "worker_phone", "resident_name", "resident_phone", "resident_address"}
    | {"previous_measure", "days", "counted_from", "release_on", "reason", "contact_by", "day", "risk_level"}
)


def _tried(template: Template, variables: Iterable[str], language: str) -> list[str]:
    variables = sorted(variables)
    absent = [name for name in variables if name in _OPTIONAL]
    # One after another and all together; combinations only of the few that go together in sentences.
    cases = [frozenset(), frozenset(absent), *(frozenset({name}) for name in absent)]
    cases += [frozenset(pair) for pair in product(absent, absent) if pair[0] < pair[1]]
    for missing in cases:
        values = {name: None if name in missing else _SAMPLES[name] for name in variables}
        try:
            text = _LONGEST_SIGNATURE + _one_line(template.render(values))
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError) as error:
            return [
                f"fails without {', '.join(sorted(missing)) or 'anything missing'}: {type(error).__name__}"
            ]
        if "None" in text:
            return [f"says None where {', '.join(sorted(missing))} is absent"]
        if (parts := segments(text)) > MOST_SEGMENTS:
            return [f"takes {parts} text messages; at most {MOST_SEGMENTS}"]
    return []


def _one_line(text: str) -> str:
    """One line; Chinese sentences follow each other without a space."""
    return _AFTER_CHINESE.sub("", " ".join(text.split()))


def _brought_by(rule: Rule) -> frozenset[str]:
    parameters = OVERDUE_PARAMETERS if rule.event == TASK_OVERDUE else CASE_PARAMETERS
    return parameters | (TO_RESIDENT if rule.to == "resident" else TO_STAFF) | SETTINGS


# -- words and dates ---------------------------------------------------------------------------------------

WORDS: Final[Mapping[str, Mapping[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
)


def _environment(language: str, zone: ZoneInfo) -> ImmutableSandboxedEnvironment:
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
        return value if len(value) <= most else value[: most - 1] + "…"

    environment.filters.update(word=word, day=day, moment=moment, short=short)
    return environment


def _lines(messages: Any, path: str = "") -> list[str]:
    if isinstance(messages, Mapping):
        return [
            line
            for key, value in messages.items()
            for line in _lines(value, f"{path}.{key}" if path else str(key))
        ]
    return [f"{path}: {message}" for message in messages]


if __name__ == "__main__":
    try:
        load_texts(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, zone=ZoneInfo("Asia/Shanghai"))
    except TemplatesWrong as problem:
        sys.exit(str(problem))
