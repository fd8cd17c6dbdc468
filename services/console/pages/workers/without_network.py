"""What a phone needs for a day without network: the pages of today, and where it sends what it kept."""

from __future__ import annotations

from typing import Any, Final

import structlog
from flask import Blueprint, Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as Answer

from chassis.doors.limits import Allowance
from chassis.telemetry import describe_error
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors, NotActive
from services.console.pages.entry.who import only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.workers.asked_as import asked_as
from services.console.pages.workers.household import Visit, said_of
from services.console.pages.workers.my_doors import MyDoors
from services.console.pages.workers.not_done import because_of
from services.console.phone_acts.act import LONGEST, Act, Because, read_act
from services.console.phone_acts.authors import author_of, pass_of
from services.console.phone_acts.keys import ActKeys, NotOpened
from services.console.phone_acts.queries import Kept, kept_act
from services.console.phone_acts.settle import NoRoom, id_of, settle_act
from services.console.sessions.queries import In

FORMS: Final = (
    "check-in",
    "mend",
    "person",
    "not-found",
    "not-possible",
    "not-at-home",
    "refusal",
    "home-suits",
    "notice",
    "contact",
    "need",
    "permit",
)
ACTS: Final = frozenset({*FORMS, "done", "no-answer", "correct", "take-back", "need-answer", "passage"})
SHELL: Final = ("doorstep.css", "icon.svg", "kept.js", "phone.js")
"""Files that the pages of workers ask for."""
MOST_HOUSEHOLDS: Final = 200
_BURST: Final = 600.0
_PER_SECOND: Final = 5.0
"""A phone has some hundred pages, and after a day in the cellar some hundred acts."""

_GIVEN_UP: Final = frozenset(map(str, range(5, 1000)))
"""How often the phone says that the server failed at an act: then an officer has it."""

log = structlog.get_logger()


class Away(Exception):
    """Something that is needed does not answer: the phone keeps the act."""


def add_without_network(pages: Blueprint, work: Work, doors: Doors, keys: ActKeys) -> None:
    left = Allowance(_BURST, _PER_SECOND)

    @pages.context_processor
    def phone_of() -> dict[str, Any]:
        """Whose phone keeps the page, and as of when it is. Desks keep none."""
        as_of = g.get("as_of")
        kept = as_of is not None and g.who.account.kind == "worker"
        return {"phone_of": g.who.account.id, "as_of_now": f"{as_of:%H:%M}"} if kept else {"phone_of": None}

    @pages.get("/phone")
    @only_in(work, "worker")
    def phone() -> Response:
        """What is to be kept, all doors among it, and by what it is sealed. One question to the door."""
        mine = MyDoors.ask(doors)
        g.as_of = mine.round.now
        lists = {path: _page(g.who, path, my_doors=mine) for path in mine.pages()}
        asset: Any = current_app.jinja_env.globals["asset"]
        with work.look() as uow:
            pass_ = pass_of(uow, g.who)
        return jsonify(
            user=g.who.account.id,
            now=mine.document["as_of"],
            key={"id": keys.id, "public": keys.public},
            households=[one.id for one in mine.round.stops[:MOST_HOUSEHOLDS]],
            doors={path: page for path, page in lists.items() if page},
            shell=[asset(name) for name in SHELL],
            nothing=render_template("workers/nothing_kept.html"),
            **{"pass": pass_},
        )

    @pages.get("/phone/<household>")
    @only_in(work, "worker")
    def phone_household(household: str) -> Answer:
        """All pages of one household as they are now: path -> page. One question to the door."""
        if not left.take(g.who.session.id):
            return refusal_page(429)
        try:
            visit = Visit(doors, household)
        except Refused:
            return refusal_page(404)
        own = [one["check_in_id"] for one in visit.document["check_ins"] if one["mine"] and one["today"]]
        home = f"/doors/{household}"
        paths = [home, *(f"{home}/{form}" for form in FORMS), *(f"{home}/correct/{id}" for id in own)]
        found = {path: _page(g.who, path, visit=visit) for path in paths}
        return jsonify({path: page for path, page in found.items() if page})

    @pages.get("/phone/token")
    @only_in(work, "worker", "officer")
    def token_of_phone() -> Response:
        """Of the form by which acts are sent: kept pages may be of somebody else's session."""
        form_token: Any = current_app.jinja_env.globals["form_token"]
        return jsonify(form_token=form_token())

    @pages.post("/phone/acts")
    @only_in(work, "worker", "officer")
    def acts_of_phone() -> Answer:
        """One act, as a phone sealed it, by whoever is in: it is done in the name of its author, or kept for
        an officer. The phone forgets it only after this answer.
        """
        sealed = request.form.get("act", "")
        if not 0 < len(sealed) <= LONGEST:
            return make_response({"because": "size"}, 413)
        if not left.take(g.who.session.id):
            return refusal_page(429)
        with work.look() as uow:
            before = kept_act(uow, id_of(sealed))
        given_up = request.form.get("failed", "") in _GIVEN_UP
        try:
            kept = before or _settle(work, keys, sealed, given_up=given_up)
        except NoRoom:
            return refusal_page(429)
        except (Away, DoorAway):
            return refusal_page(503)
        return jsonify(id=kept.id, became=kept.state, because=because_of(kept))


def _page(who: In, path: str, **known: Any) -> str | None:
    """:param known: of what it shows, as `asked_as` takes it."""
    with asked_as(who, path, **known) as answer:
        return answer.get_data(as_text=True) if answer and answer.status_code == 200 else None


def _settle(work: Work, keys: ActKeys, sealed: str, *, given_up: bool) -> Kept:
    """Raises Away, DoorAway, NoRoom: then nothing is written down.

    :param given_up: the act has made the server fail so often that an officer gets it if it does so again.
    """
    act = _opened(keys, sealed)
    with work.look() as uow:
        author = author_of(uow, act.pass_) if act else None
    if act is None or author is None:
        with work.unit() as uow:
            because: Because = "not_hers" if act else "unreadable"
            return settle_act(uow, sealed, g.who.account, because, known=False)
    account, who = author
    says = ""
    if who is None:
        not_done: Because | None = "session_ended"
    else:
        try:
            not_done, says = carry_out(who, act)
        except (Away, DoorAway):
            raise
        except Exception as error:
            if not given_up:
                raise
            log.error("an act of a phone fails again and again", what=act.what, error=describe_error(error))
            not_done = "refused"
    with work.unit() as uow:
        return settle_act(uow, sealed, account, not_done, says)


def _opened(keys: ActKeys, sealed: str) -> Act | None:
    try:
        act = read_act(keys.open(sealed))
    except NotOpened:
        return None
    return act if act and act.what in ACTS else None


def carry_out(who: In, act: Act) -> tuple[Because | None, str]:
    """Send the form in their name. Returns why it was not done, and what the form says is wrong.

    Raises Away, DoorAway. What a page would ask once more is sure: nobody can be asked now. Who answered
    that it is not right has said nothing.
    """
    if ("sure", "no") in act.fields:
        return "refused", ""
    own = ("at", "sure", "form_token")
    fields = [(name, value) for name, value in act.fields if name not in own]
    fields += [("at", act.at.isoformat()), ("sure", "yes")]
    try:
        with asked_as(who, act.path, fields) as answer:
            if answer is not None and answer.status_code == 303:
                # The worker would read it on the next page; here nobody does, but for an officer.
                return ("refused", said_of("changed")) if g.get("said") == "changed" else (None, "")
            if answer is not None and answer.status_code >= 429 and answer.status_code != 500:
                raise Away
            if g.get("too_old"):
                return "too_old", ""
            if answer is None or answer.status_code == 404:
                return "gone", ""
            return "refused", " ".join(one.says for one in g.get("wrong", ()))
    except NotActive:
        return "left", ""
