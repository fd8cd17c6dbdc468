"""Loads the templates: versioned files in templates/, checked whole.

A template declares its variables. Whatever could fail when a message is due is tried on loading instead:
unknown variables, variables that the event does not bring, a text that breaks when an optional value is
absent, a text too long for its channel even with long names and addresses cut. All faults are named at once.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from jinja2 import Template, TemplateError, meta
from marshmallow import Schema, ValidationError, fields, validate

from chassis.errors import FaultyFiles
from contracts.faults import Fault, faults_of
from field.words import LANGUAGES
from services.notification.channels import CHANNELS
from services.notification.texts.language import environment_for
from services.notification.texts.texts import MessageTemplate, Texts
from services.notification.texts.trying import failure
from services.notification.texts.variables import ALL, PERSONAL

FOLDER: Final = Path(__file__).parent / "templates"

_CHANNELS: Final = {channel.name: channel for channel in CHANNELS}


class TemplatesWrong(FaultyFiles):
    """Templates cannot be used."""


_LANGUAGE: Final = fields.String(validate=validate.OneOf(LANGUAGES))
_TEXT, _ON_PHONE = "text", "on_phone"


class _TemplateFile(Schema):
    template = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,59}$"))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=32767))
    channel = fields.String(required=True, validate=validate.OneOf(_CHANNELS))
    variables = fields.List(fields.String(), required=True)
    text = fields.Dict(keys=_LANGUAGE, values=fields.String(), required=True)
    on_phone = fields.Dict(keys=_LANGUAGE, values=fields.String(), load_default=dict)


def load_texts(folder: Path = FOLDER, *, zone: ZoneInfo, signature: str = "") -> Texts:
    """All templates of a folder. Raises TemplatesWrong with every fault.

    :param signature: who speaks, before each text, such as 【城关区防疫】; many gateways add it themselves.
    """
    templates: list[MessageTemplate] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            templates.append(load_template(path.read_text(encoding="utf-8"), zone, signature))
        except TemplatesWrong as error:
            faults += [fault.within(path.name) for fault in error.faults]
    keys = [template.key for template in templates]
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            faults.append(Fault("", "repeated", f"{key[0]} version {key[1]} is there twice"))
    if faults:
        raise TemplatesWrong(faults)
    return Texts(templates, signature)


def texts_from_environment(given: Mapping[str, str], zone: ZoneInfo) -> Texts:
    """A district's own templates stand in the folder DOORSTEP_TEMPLATES. Raises TemplatesWrong."""
    folder = Path(given.get("DOORSTEP_TEMPLATES", "").strip() or FOLDER)
    if not folder.is_dir():
        raise TemplatesWrong([Fault("", "unreadable", f"DOORSTEP_TEMPLATES={folder} is no folder")])
    return load_texts(folder, zone=zone, signature=given.get("DOORSTEP_SMS_SIGNATURE", "").strip())


@cache  # a service needs all of them for its rules and for sending, and to try them takes most of its start
def load_template(source: str, zone: ZoneInfo, signature: str = "") -> MessageTemplate:
    """One template from the text of its file. Raises TemplatesWrong with every fault."""
    try:
        document = _TemplateFile(unknown="raise").load(yaml.safe_load(source))
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise TemplatesWrong([Fault("", "unreadable", f"not YAML: {said}")]) from None
    except ValidationError as error:
        raise TemplatesWrong(faults_of(error.messages, keyed=True)) from None
    declared = frozenset(document["variables"])
    faults = [
        Fault("variables", "unknown", f"nothing brings {name}") for name in sorted(declared - ALL.keys())
    ]
    parts, used = {}, set[str]()
    for part in (_TEXT, _ON_PHONE):
        if part == _TEXT or document[part]:
            parts[part], names, wrong = _texts_of(document, part, declared, zone, signature)
            used |= names
            faults += wrong
    if not faults:
        unused = sorted(declared - used)
        faults = [Fault("variables", "unused", f"{name} is declared and never used") for name in unused]
    if faults:
        raise TemplatesWrong(faults)
    channel = document["channel"]
    return MessageTemplate(
        document["template"],
        document["version"],
        channel,
        declared,
        parts[_TEXT],
        parts.get(_ON_PHONE, {}),
        _CHANNELS[channel].too_long,
    )


def _texts_of(
    document: Mapping[str, Any], part: str, declared: frozenset[str], zone: ZoneInfo, signature: str
) -> tuple[dict[str, Template], set[str], list[Fault]]:
    """The text of each language, tried; the variables in them; and every fault of them."""
    texts: dict[str, Template] = {}
    used: set[str] = set()
    faults = [
        Fault(part, "missing", f"{language} is missing")
        for language in LANGUAGES
        if language not in document[part]
    ]
    for language, text in document[part].items():
        place = f"{part} {language}"
        environment = environment_for(language, zone)
        try:
            names = meta.find_undeclared_variables(environment.parse(text))
            texts[language] = environment.from_string(text.strip())
        except TemplateError as error:
            faults.append(Fault(place, "template", str(error)))
            continue
        used |= names
        faults += [Fault(place, "undeclared", f"{name} is not declared") for name in sorted(names - declared)]
        if part == _ON_PHONE:
            faults += [Fault(place, "personal", f"{name} is personal") for name in sorted(names & PERSONAL)]
        if names <= declared <= ALL.keys():
            channel = _CHANNELS[document["channel"]]
            problem = failure(texts[language], names, channel, signature)
            faults += [Fault(place, "fails", problem)] if problem else []
    return texts, used, faults
