"""Several channels, of which not all are set up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from sqlalchemy import func, select, update

from chassis.unit_of_work import Work
from services.notification.channels.answers import Answer, Outcome
from services.notification.channels.channel import Channel
from services.notification.messages import queries
from services.notification.messages.sender import Sender
from services.notification.tables import message_attempts, messages
from services.notification.texts.texts import Texts
from tests.integration.notification.trial import (
    QUICK,
    SEALER,
    TEXTS,
    Gateway,
    inform,
    opened,
    recorded,
    rows,
    states,
)

# The same texts for both channels.
BOTH = Texts(text for sms in TEXTS._by_key.values() for text in (sms, replace(sms, channel="slip")))


class Slips(Channel):
    """Written on paper for the door; here into a list."""

    name = "slip"
    address = "address"
    setting = "DOORSTEP_SLIPS"
    idempotent = True
    time_limit = 1.0

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []

    @classmethod
    def from_settings(cls, given: Mapping[str, str]) -> Self | None:
        return None

    def send(self, to: str, text: str, key: str) -> Outcome:
        self.written.append((to, text))
        return Outcome(Answer.ACCEPTED)


def a_message(work: Work, channels: str, **person: Any) -> None:
    """To a resident, by these channels in turn."""
    sealed = SEALER.seal({"name": "王建国", "phone": None, "address": "大众巷1号", **person})
    inform(work, opened(team=[], assigned=False, person=sealed))
    with work.database.begin() as conn:
        conn.execute(update(messages).values(channels=channels))


def attempts(work: Work) -> int:
    with work.database.read() as conn:
        return conn.execute(select(func.count()).select_from(message_attempts)).scalar_one()


def test_a_message_waits_while_none_of_its_channels_is_set_up(work: Work) -> None:
    a_message(work, "sms")
    sender = Sender(work, {"slip": Slips()}, BOTH, QUICK)
    assert (sender.run_once(), sender.run_once()) == (1, 0)
    (row,) = rows(work)
    assert (row["state"], row["attempts"], row["reason"]) == ("pending", 0, "no_such_channel")
    assert attempts(work) == 0
    assert recorded(work, "message.undeliverable") == []


def test_a_message_goes_by_the_first_of_its_channels_that_is_set_up(work: Work) -> None:
    a_message(work, "sms,mail,slip")
    slips = Slips()
    sender = Sender(work, {"slip": slips}, BOTH, QUICK)
    assert (sender.run_once(), sender.run_once()) == (1, 1)
    assert [to for to, _ in slips.written] == ["大众巷1号"]
    assert [(row["state"], row["channel"]) for row in rows(work)] == [("accepted", 2)]
    assert recorded(work, "message.accepted")[0]["data"]["channel"] == "slip"


def test_a_resident_without_a_phone_gets_the_message_by_the_channel_for_addresses(
    work: Work, gateway: Gateway
) -> None:
    a_message(work, "sms,slip")
    slips = Slips()
    sender = Sender(work, {"sms": gateway.channel(), "slip": slips}, BOTH, QUICK)
    assert (sender.run_once(), sender.run_once()) == (1, 1)
    assert [to for to, _ in slips.written] == ["大众巷1号"]
    assert states(work) == {"accepted": 1}
    assert gateway.sent()["delivered"] == 0


def test_a_failed_message_is_undeliverable_where_its_next_channel_is_not_set_up(
    work: Work, gateway: Gateway
) -> None:
    a_message(work, "sms,slip")
    Sender(work, {"sms": gateway.channel()}, BOTH, QUICK).run_once()
    assert states(work) == {"failed": 1}
    assert [event["data"]["reason"] for event in recorded(work, "message.undeliverable")] == ["no_phone"]


def test_a_resident_gets_the_link_of_the_household_and_staff_get_none(work: Work) -> None:
    contact = SEALER.seal({"name": "李红", "address": "值班室"})
    team = [{"role": "grid_worker", "staff_id": "w1", "contact": contact}]
    inform(work, opened(link=SEALER.seal("0123456789ab", "link"), team=team))
    with work.database.begin() as conn:
        conn.execute(update(messages).values(channels="slip"))
    slips = Slips()
    settings = replace(QUICK, public_url="https://doorstep.example")
    Sender(work, {"slip": slips}, BOTH, settings).run_once()
    link = "https://doorstep.example/r/0123456789ab"
    assert sorted(link in text for _, text in slips.written) == [False, True]
    assert all("0123456789ab" not in str(row) for row in [*rows(work), *recorded(work, "message.accepted")])


def test_without_an_address_of_the_console_no_text_has_a_link(work: Work) -> None:
    inform(work, opened(link=SEALER.seal("0123456789ab", "link")))
    with work.database.begin() as conn:
        conn.execute(update(messages).values(channels="slip"))
    slips = Slips()
    Sender(work, {"slip": slips}, BOTH, QUICK).run_once()
    assert slips.written and not any("0123456789ab" in text for _, text in slips.written)


def test_whoever_traces_a_case_sees_that_a_text_has_a_link_and_not_its_token(work: Work) -> None:
    case = opened(link=SEALER.seal("0123456789ab", "link"))
    inform(work, case)
    with work.database.read() as conn:
        traced = queries.trace(
            conn,
            case.data["case_id"],
            sealer=SEALER,
            texts=TEXTS,
            public_url="https://doorstep.example",
        )
    texts = [message["text"] for message in traced["messages"]]
    assert sorted("https://doorstep.example/r/************" in text for text in texts) == [False, True]
    assert "0123456789ab" not in str(traced)
