"""Outcomes of messages, which notification publishes."""

from __future__ import annotations

from contracts.vocabulary import Contract, flag, moment, one_of, part, several, text, whole


class Recipient(Contract):
    kind = one_of(("resident", "staff"), required=True)
    staff_id = text(40)
    role = text(40)


class MessageAccepted(Contract):
    """A provider took the message."""

    message_id = text(36, required=True)
    case_id = text(36, required=True)
    recipient = part(Recipient)
    channel = text(40, required=True)
    template = text(100, required=True)
    provider_reference = text(200)
    accepted_at = moment()


class About(Contract):
    """One of the notices that a digest told."""

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    about = text(80, required=True, about="the notice")
    level = text(20, about="of the ladder, all of whose staff were told; null: it is about no overdue task")


class MessageUndeliverable(Contract):
    """No channel got the message through: a human must.

    A digest is about several notices: `abouts` names them all, in several events where they are many, and
    `case_id`, `about` and `level` are those of the first.
    """

    message_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    recipient = part(Recipient)
    channel = text(40, required=True)
    template = text(100, required=True)
    reason = text(200, required=True)
    instead = one_of(
        ("call", "visit"), about="what tells the resident now: a visit where no phone rings; null: to staff"
    )
    attempts = whole()
    about = text(80, about="the notice: messages with the same one tell several people the same thing")
    level = text(20, about="of the ladder, all of whose staff were told; null: it is about no overdue task")
    urgent = flag(required=False, about="it was sent at once, at any hour")
    abouts = several(About, required=False, about="of a digest: all that this event is about")
