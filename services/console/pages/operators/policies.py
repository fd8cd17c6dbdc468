"""Policies: administrators propose one, another publishes it, and any withdraws the newest text of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import orjson
from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from chassis.doors.statuses import STATUS
from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Fault, Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import N_
from services.console.pages.clock import in_words
from services.console.pages.entry.kept import again_page
from services.console.pages.entry.keys import key_of_act
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import acting_for_console, only_in
from services.console.pages.refusals import refusal_page

_LONGEST: Final = 60_000
"""Bytes of a document; those that come with Doorstep have a tenth of it."""
_DEEPEST: Final = 50
"""Levels of lists and objects: far more than a policy has, and far fewer than can be written again (254)."""
SAID: Final[Mapping[str, str]] = {
    "proposed": N_("It is proposed. Nothing holds yet: another administrator publishes it."),
    "published": N_("It is published. Open cases are planned anew within a minute where it applies to them."),
    "discarded": N_("It is discarded."),
    "withdrawn": N_("It is withdrawn. Open cases are planned anew within a minute."),
}
_IN_DOCUMENT: Final = "document"


class Wrong(NamedTuple):
    """A field of the form and what is wrong with it; in a document also where, in English as the file is."""

    field: str
    says: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent and not done.

    :param typed: stands in the form again.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[Wrong] = ()
    status: int = 200


def add_policies(pages: Blueprint, work: Work, doors: Doors) -> None:
    pages.add_app_template_filter(_moment, "moment_in_words")
    pages.add_app_template_filter(_author, "author_of_policy")
    pages.add_app_template_filter(_as_json, "as_json")

    @pages.get("/policies")
    @only_in(work, "administrator")
    def policies() -> Response:
        return _all(doors, Tried())

    @pages.post("/policies")
    @only_in(work, "administrator")
    def propose() -> Response:
        text = _sent_text()
        if len(text.encode()) > _LONGEST:
            says = gettext("It is over %(most)s bytes long, as no policy is.", most=_LONGEST)
            return _all(doors, Tried({}, [Wrong("document", says)], 422))
        if (document := _document(text)) is None:
            says = gettext("This is no policy: choose the JSON file, or paste all of it.")
            return _all(doors, Tried({"document": text}, [Wrong("document", says)], 422))
        key = key_of_act(document, "propose")
        try:
            done = doors.say("isolation", "propose_policy", acting_for_console(), key, {"document": document})
        except DoorAway:
            fields = [("document", text), ("key", request.form.get("key", ""))]
            return again_page(request.path, fields, away=True)
        except Refused as refused:
            return _all(doors, Tried({"document": text}, _wrong(refused), STATUS[refused.kind]))
        return redirect(f"/policies/proposals/{quote(done['proposal_id'])}?said=proposed", 303)

    @pages.get("/policies/proposals/<id>")
    @only_in(work, "administrator")
    def proposal(id: str) -> Response:
        return _proposal(doors, id, Tried())

    @pages.post("/policies/proposals/<id>")
    @only_in(work, "administrator")
    def decide(id: str) -> Response:
        given = _typed("outcome", "reason")
        data = {"proposal_id": id, "outcome": given["outcome"]}
        data |= {"reason": given["reason"]} if given["reason"] else {}
        try:
            doors.say("isolation", "decide_policy", acting_for_console(), key_of_act(data), data)
        except DoorAway:
            return again_page(request.path, _kept("outcome", "reason"), away=True)
        except Refused as refused:
            return _proposal(doors, id, Tried(given, _wrong(refused), STATUS[refused.kind]))
        return redirect(f"/policies/proposals/{quote(id)}?said={quote(given['outcome'])}", 303)

    @pages.get("/policies/<policy_id>")
    @only_in(work, "administrator")
    def policy(policy_id: str) -> Response:
        return _policy(doors, policy_id, Tried())

    @pages.post("/policies/<policy_id>/withdraw")
    @only_in(work, "administrator")
    def withdraw(policy_id: str) -> Response:
        given = _typed("reason", "expects")
        data = {"policy_id": policy_id, "expects": number_of(given["expects"]), "reason": given["reason"]}
        if not given["reason"]:
            wrong = [Wrong("reason", gettext("Say what is wrong with it."))]
            return _policy(doors, policy_id, Tried(given, wrong, 422))
        try:
            doors.say("isolation", "withdraw_policy", acting_for_console(), key_of_act(data), data)
        except DoorAway:
            return again_page(request.path, _kept("reason", "expects"), away=True)
        except Refused as refused:
            return _policy(doors, policy_id, Tried(given, _wrong(refused), STATUS[refused.kind]))
        return redirect(f"/policies/{quote(policy_id)}?said=withdrawn", 303)


# -- what is sent ----------------------------------------------------------------------------------------


def _sent_text() -> str:
    """Of the file, where one was chosen, else what was pasted; what is too long is not cut off."""
    if (file := request.files.get("file")) and file.filename:
        return str(file.read().decode("utf-8-sig", "replace"))
    return request.form.get("document", "").strip()


def _document(text: str) -> dict[str, Any] | None:
    """None: it is no JSON object, or not one of a policy, which is not nested so deeply."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and _is_within(document, _DEEPEST) else None


def _is_within(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_within(one, levels - 1) for one in inside)


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "")[:500].strip() for name in names}


def _kept(*names: str) -> list[tuple[str, str]]:
    return [(name, request.form.get(name, "")) for name in ("key", *names)]


# -- pages -----------------------------------------------------------------------------------------------


def _all(doors: Doors, tried: Tried) -> Response:
    try:
        found = doors.look_up("isolation", "policies", acting_for_console(), {})
    except DoorAway:
        found = None
    page = render_template(
        "operators/policies.html", found=found, tried=tried, wrong=tried.wrong, key=new_id()
    )
    return make_response(page, tried.status if found is not None else 503)


def _proposal(doors: Doors, id: str, tried: Tried) -> Response:
    try:
        found = doors.look_up("isolation", "policy_proposal", acting_for_console(), {"proposal_id": id})
    except DoorAway:
        return refusal_page(503)
    except Refused:
        return refusal_page(404)
    page = render_template(
        "operators/proposal.html",
        proposal=found,
        own=found["source"] == acting_for_console().author.source,
        effects=None if found["decided_as"] else _effects(doors, id),
        tried=tried,
        wrong=tried.wrong,
        said=SAID.get(request.args.get("said", "")),
        key=new_id(),
    )
    return make_response(page, tried.status)


def _effects(doors: Doors, id: str) -> Mapping[str, Any] | None:
    """None: it cannot be worked out now."""
    try:
        return doors.look_up("isolation", "try_policy", acting_for_console(), {"proposal_id": id})
    except (DoorAway, Refused):
        return None


def _policy(doors: Doors, policy_id: str, tried: Tried) -> Response:
    shown = number_of(request.args.get("version", "")) or None
    try:
        asked = {"policy_id": policy_id, "version": shown}
        found = doors.look_up("isolation", "policy", acting_for_console(), asked)
    except DoorAway:
        return refusal_page(503)
    except Refused:
        return refusal_page(404)
    page = render_template(
        "operators/policy.html",
        policy=found,
        tried=tried,
        wrong=tried.wrong,
        said=SAID.get(request.args.get("said", "")),
        key=new_id(),
    )
    return make_response(page, tried.status)


# -- in words --------------------------------------------------------------------------------------------


def _wrong(refused: Refused) -> list[Wrong]:
    """A fault in the document says where, and what, as files and the command line do."""
    found = []
    for fault in refused.faults:
        path = fault.where.removeprefix(_IN_DOCUMENT).lstrip(".")
        if fault.where.startswith(_IN_DOCUMENT) and fault.code not in _known():
            found.append(Wrong("document", fault.message, path))
        else:
            field = {"document.policy_id": "document", "reason": "reason"}.get(fault.where, fault.where)
            found.append(Wrong(field or "document", sentence(fault)))
    return found


def sentence(fault: Fault) -> str:
    return _known().get(fault.code, fault.message)


def _known() -> dict[str, str]:
    """What is wrong, in the reader's language."""
    return {
        "own_proposal": gettext("You proposed it: another administrator publishes it."),
        "decided_already": gettext("It was published or discarded meanwhile."),
        "changed_since": gettext("The policy was changed since this was proposed. Propose it again."),
        "in_force": gettext("This text is in force already: nothing would change."),
        "withdrawn": gettext("This policy was withdrawn. Propose the text under another policy_id."),
        "nothing_else": gettext("No other policy holds there on that day: publish one first."),
        "not_kept": gettext("The text before it was not kept: propose it again instead."),
        "conflict": gettext("It has changed meanwhile."),
    }


def _moment(text: str) -> str:
    return in_words(datetime.fromisoformat(text))


def _author(source: str | None) -> str:
    """Who did it, as histories name them."""
    if source is None:
        return str(gettext("not known"))
    if source.startswith("/command-line"):
        name = source.removeprefix("/command-line").lstrip("/")
        alone = str(gettext("alone, by the command line"))
        return f"{name}: {alone}" if name else alone
    return source.removeprefix("/console/")


def _as_json(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
