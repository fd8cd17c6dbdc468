"""Acts as a phone seals and sends them, and the officers who settle them."""

from __future__ import annotations

from typing import Any

from chassis.sealing import Sealer
from services.console.doors import Doors
from services.console.phone_acts.keys import ActKeys
from services.isolation import tables as of_isolation
from tests.integration.console.round import Phone, Round, hidden
from tests.integration.console.trial import Browser

AT = "2022-10-01T08:10:00+08:00"
KEYS = ActKeys(Sealer({"c": b"c" * 32}))


def act(
    phone: Phone, path: str, form: str, *, at: str = AT, keys: ActKeys = KEYS, pass_: str = "", **typed: str
) -> str:
    """As the phone seals it: the form with what stands hidden in it."""
    home = path if form in ("done", "no-answer") else f"{path}/{form}"
    fields = hidden(phone.get(home), form) | typed
    pass_ = pass_ or phone.get("/phone").json["pass"]
    return keys.seal({"pass": pass_, "path": f"{path}/{form}", "at": at, "fields": listed(fields)})


def listed(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """As a form says what stands in it several times."""
    return [
        (name, one)
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def check_in(town: Round, phone: Phone, name: str = "赵大山", degrees: str = "36.6", **given: Any) -> str:
    id = town.case(name)["case_id"]
    typed = {f"temperature-{id}": degrees, f"how-{id}": "seen"}
    return act(phone, town.household(name), "check-in", **typed, **given)


def send(phone: Phone, sealed: str, status: int = 200) -> Any:
    token = phone.get("/phone/token").json["form_token"]
    answer = phone.browser.post("/phone/acts", token=token, act=sealed)
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json if status == 200 else None


def check_ins(town: Round) -> list[dict[str, Any]]:
    return town.isolation.rows(of_isolation.check_ins)


def officer(town: Round, staff_id: str = "o-0004", doors: Doors | None = None) -> Browser:
    owner = town.console.owner(f"officer.{staff_id}", "officer", staff_id)
    browser = Browser(town.app(doors), language="en")
    assert browser.log_in(town.console, owner).status_code == 303
    return browser


def close(town: Round, name: str) -> None:
    with town.isolation.work.unit() as uow:
        cases = of_isolation.cases
        of_it = cases.c.case_id == town.case(name)["case_id"]
        uow.conn.execute(cases.update().where(of_it).values(closed_at=uow.now, state="transferred"))
