"""Reads rules.yaml; every error is told at once, and nothing is taken from a file that has one.

`python -m services.notification.rules.reading [FILE]` checks a file.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.errors import SettingsError
from field.words import MEASURES
from services.notification.rules.book import (
    CASE_CHANGED,
    CHANGES,
    EVENTS,
    NOBODY,
    TASK_OVERDUE,
    URGENCIES,
    Rule,
    RuleBook,
    gaps,
)
from services.notification.texts.loading import Texts, load_texts

FILE: Final = Path(__file__).parent / "rules.yaml"
_NAME: Final = validate.Regexp(
    r"^[a-z][a-z0-9_]{0,59}$", error="lower-case letters, digits and _, at most 60"
)


class RulesWrong(SettingsError):
    """What is wrong with the rules, all of it, one line each."""


class _RuleSchema(Schema):
    rule = fields.String(required=True, validate=_NAME)
    event = fields.String(required=True, validate=validate.OneOf(EVENTS))
    to = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^(resident|owner|ladder|nobody|team:[a-z_]{1,40})$",
            error="resident, owner, team:<role>, ladder or nobody",
        ),
    )
    template = fields.String(validate=_NAME, load_default="")
    channels = fields.List(fields.String(validate=validate.OneOf(["sms"])), load_default=list)
    urgency = fields.String(validate=validate.OneOf(URGENCIES), load_default="normal")
    measures = fields.List(fields.String(validate=validate.OneOf(MEASURES)), load_default=list)
    changes = fields.List(fields.String(validate=validate.OneOf(CHANGES)), load_default=list)
    tasks = fields.List(fields.String(validate=validate.Length(min=1, max=40)), load_default=list)

    @validates_schema(skip_on_field_errors=True)
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        wrong: dict[str, list[str]] = {}
        overdue = data["event"] == TASK_OVERDUE
        for name, wanted in (
            ("measures", not overdue),
            ("changes", data["event"] == CASE_CHANGED),
            ("tasks", overdue),
            ("template", data["to"] != NOBODY),
            ("channels", data["to"] != NOBODY),
        ):
            if wanted and not data[name]:
                wrong[name] = ["is needed here"]
            elif data[name] and not wanted:
                wrong[name] = [f"means nothing for {data['event']} to {data['to']}"]
        if overdue and data["to"] not in ("ladder", NOBODY):
            wrong["to"] = [f"{TASK_OVERDUE} names no {data['to']}: ladder or nobody"]
        if not overdue and data["to"] == "ladder":
            wrong["to"] = [f"{data['event']} names no ladder"]
        if wrong:
            raise ValidationError(wrong)


def load_rules(path: Path = FILE, *, texts: Texts) -> RuleBook:
    """Raises RulesWrong with every error of the file, also those between rules and templates."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RulesWrong(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RulesWrong(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    entries = document.get("rules") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise RulesWrong(f"{path} must hold a list called rules")
    rules, problems = _rules(entries)
    if not problems:
        problems = texts.problems_with(rule for rule in rules if rule.to != NOBODY) + gaps(rules)
    if problems:
        raise RulesWrong("\n".join(problems))
    return RuleBook(rules)


def _rules(entries: list[Any]) -> tuple[list[Rule], list[str]]:
    rules: list[Rule] = []
    problems: list[str] = []
    schema = _RuleSchema()
    for number, entry in enumerate(entries, start=1):
        try:
            rule = _rule(schema.load(entry))
        except ValidationError as error:
            name = entry.get("rule") if isinstance(entry, Mapping) else None
            problems += [f"rule {number} ({name or 'no name'}): {line}" for line in _lines(error.messages)]
            continue
        if any(rule.name == earlier.name for earlier in rules):
            problems.append(f"rule {number} ({rule.name}): the name is taken")
        rules.append(rule)
    return rules, problems


def _rule(data: Mapping[str, Any]) -> Rule:
    to, _, role = data["to"].partition(":")
    return Rule(
        name=data["rule"],
        event=data["event"],
        to=to,
        role=role or None,
        template=data["template"],
        channels=tuple(data["channels"]),
        urgency=URGENCIES.index(data["urgency"]),
        measures=tuple(data["measures"]),
        changes=tuple(data["changes"]),
        tasks=tuple(data["tasks"]),
    )


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
        load_rules(
            Path(sys.argv[1]) if len(sys.argv) > 1 else FILE, texts=load_texts(zone=ZoneInfo("Asia/Shanghai"))
        )
    except SettingsError as problem:
        sys.exit(str(problem))
