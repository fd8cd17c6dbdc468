"""Reads rules.yaml. All faults are named at once, and nothing is taken from a file that has one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.errors import FaultyFiles
from contracts.faults import Fault, faults_of
from services.notification.channels import CHANNELS
from services.notification.events import EVENTS
from services.notification.events.case import FORMER_NUMBER, TEAM
from services.notification.events.digest import TEMPLATE as DIGEST_TEMPLATE
from services.notification.events.enrolment import TEMPLATE as ENROLMENT_TEMPLATE
from services.notification.events.event import RESIDENT, Selector
from services.notification.rules.book import (
    COUNTED,
    DIGESTS,
    NOBODY,
    URGENCIES,
    URGENT,
    Rule,
    RuleBook,
    gaps,
)
from services.notification.texts.texts import Texts
from services.notification.texts.variables import brought_by

FILE: Final = Path(__file__).parent / "rules.yaml"

_NAME: Final = validate.Regexp(
    r"^[a-z][a-z0-9_]{0,59}$", error="lower-case letters, digits and _, at most 60"
)
_SELECTORS: Final = {selector.key: selector for event in EVENTS.values() for selector in event.selectors}
_RECIPIENTS: Final = dict.fromkeys(name for event in EVENTS.values() for name in event.recipients)
_PLAIN_RECIPIENTS: Final = [*(name for name in _RECIPIENTS if name != TEAM), NOBODY]
_RECIPIENTS_SAID: Final = ", ".join(f"{TEAM}:<role>" if name == TEAM else name for name in _RECIPIENTS)


class RulesWrong(FaultyFiles):
    """The file of rules cannot be used."""


def load_rules(path: Path = FILE, *, texts: Texts) -> RuleBook:
    """Raises RulesWrong with every fault of the file, also those between rules and templates."""
    rules, faults = _read(_entries(path))
    if not faults:
        faults = [*_lacking_texts(rules, texts)]
        faults += [Fault("", "gap", gap) for gap in gaps(EVENTS.values(), rules)]
    if faults:
        raise RulesWrong(faults)
    versions = texts.latest(DIGEST_TEMPLATE), texts.latest(ENROLMENT_TEMPLATE)
    return RuleBook([_dated(rule, texts) for rule in rules], *versions)


def _entries(path: Path) -> Sequence[object]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RulesWrong([Fault("", "unreadable", f"{path} cannot be read: {error.strerror}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise RulesWrong([Fault("", "unreadable", f"{path} is not YAML: {said}")]) from None
    entries = document.get("rules") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise RulesWrong([Fault("", "unreadable", f"{path} must hold a list called rules")])
    return entries


def _read(entries: Sequence[object]) -> tuple[list[Rule], list[Fault]]:
    rules: list[Rule] = []
    faults: list[Fault] = []
    schema = _RuleSchema()
    for number, entry in enumerate(entries, start=1):
        name = entry.get("rule") if isinstance(entry, Mapping) else None
        place = f"rule {number} ({name or 'no name'})"
        try:
            rule = _rule(schema.load(entry))
        except ValidationError as error:
            faults += [fault.within(place) for fault in faults_of(error.messages, item=".{}")]
            continue
        if any(rule.name == earlier.name for earlier in rules):
            faults.append(Fault(place, "repeated", "the name is taken"))
        rules.append(rule)
    return rules, faults


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
        digest=data["digest"],
        once_a_household=data["once_a_household"],
        selected=tuple(tuple(data[selector.key]) for selector in EVENTS[data["event"]].selectors),
    )


def _lacking_texts(rules: Iterable[Rule], texts: Texts) -> Iterator[Fault]:
    """Texts and variables that the rules need and the templates do not have."""
    if not texts.has(DIGEST_TEMPLATE):
        yield Fault("", "no_template", f"there is no template {DIGEST_TEMPLATE}, by which staff get digests")
    if not texts.has(ENROLMENT_TEMPLATE):
        said = f"there is no template {ENROLMENT_TEMPLATE}, by which phones of staff are let in"
        yield Fault("", "no_template", said)
    for rule in rules:
        place = f"rule {rule.name}"
        if rule.digest:
            yield from _lacking_channels(place, DIGEST_TEMPLATE, rule.channels, texts)
        if rule.to == NOBODY or rule.digest == COUNTED:
            continue
        if not texts.has(rule.template):
            yield Fault(place, "no_template", f"there is no template {rule.template}")
            continue
        yield from _lacking_channels(place, rule.template, rule.channels, texts)
        for channel in rule.channels:
            variables = texts.variables(rule.template, texts.latest(rule.template), channel) or frozenset()
            for name in sorted(variables - brought_by(EVENTS[rule.event], rule.to)):
                said = f"template {rule.template} uses {name}, which {rule.event} does not bring"
                yield Fault(place, "no_variable", said)


def _lacking_channels(place: str, template: str, channels: Iterable[str], texts: Texts) -> Iterator[Fault]:
    """The channels for which the template, where there is one, has no text."""
    for channel in channels:
        if texts.has(template) and texts.variables(template, texts.latest(template), channel) is None:
            yield Fault(place, "no_text", f"template {template} has no text for {channel}")


def _dated(rule: Rule, texts: Texts) -> Rule:
    return replace(rule, template_version=texts.latest(rule.template)) if rule.template else rule


def _words_of(selector: Selector) -> Any:
    length = validate.Length(min=1, max=40)
    word = validate.OneOf(selector.words) if selector.words else length
    return fields.List(fields.String(validate=word), load_default=list)


class _Rule(Schema):
    rule = fields.String(required=True, validate=_NAME)
    event = fields.String(required=True, validate=validate.OneOf(EVENTS))
    to = fields.String(
        required=True,
        validate=validate.Regexp(
            rf"^({'|'.join(_PLAIN_RECIPIENTS)}|{TEAM}:[a-z_]{{1,40}})$",
            error=f"{_RECIPIENTS_SAID} or {NOBODY}",
        ),
    )
    template = fields.String(validate=_NAME, load_default="")
    channels = fields.List(
        fields.String(validate=validate.OneOf([channel.name for channel in CHANNELS])), load_default=list
    )
    urgency = fields.String(validate=validate.OneOf(URGENCIES), load_default="normal")
    digest = fields.String(validate=validate.OneOf(DIGESTS), load_default="")
    once_a_household = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=True)
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        """Each event wants its own selectors and knows its own recipients."""
        event, to = EVENTS[data["event"]], data["to"]
        own = {selector.key for selector in event.selectors}
        wanted = {key: key in own for key in _SELECTORS}
        wanted |= {"template": to != NOBODY and data["digest"] != COUNTED, "channels": to != NOBODY}
        wrong = {}
        if data["once_a_household"] and data["event"] != "case.changed":
            wrong["once_a_household"] = [f"means nothing for {event.type}"]
        if data["digest"] and (
            to in (RESIDENT, FORMER_NUMBER, NOBODY) or URGENCIES.index(data["urgency"]) == URGENT
        ):
            wrong["digest"] = ["is for staff, and for what is not urgent"]
        for name, needed in wanted.items():
            if needed and not data[name]:
                wrong[name] = ["is needed here"]
            elif data[name] and not needed:
                wrong[name] = [f"means nothing for {event.type} to {to}"]
        if to != NOBODY and to.partition(":")[0] not in event.recipients:
            wrong["to"] = [f"{event.type} names no {to}: {', '.join(event.recipients)} or {NOBODY}"]
        if wrong:
            raise ValidationError(wrong)


_RuleSchema: Final = type("_RuleSchema", (_Rule,), {key: _words_of(each) for key, each in _SELECTORS.items()})
