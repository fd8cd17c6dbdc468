"""Reference data of which services keep copies: risk lists, policies, places, staff."""

from __future__ import annotations

from marshmallow import fields

from contracts.vocabulary import (
    Contract,
    day,
    document,
    flag,
    happened,
    moment,
    one_of,
    sealed,
    several,
    text,
    whole,
)
from field.words import LANGUAGES, PLACE_LEVELS, POLICY_DECISIONS, STAFF_AMENDMENTS

_ANNOUNCED = "said again for those who keep a copy: nothing has changed, and it was so before"


class RiskListPublished(Contract):
    """A published list of risk areas, whole. One said later of the same time corrects it."""

    list_id = text(60, required=True)
    published_at = moment()
    source = text(200, required=True, about="who published it, and where")
    official = document(about="the official JSON shape: data.highlist, data.middlelist, data.lowlist …")


class PolicyPublished(Contract):
    """A policy that holds from a day on, for some places or everywhere; or it was withdrawn."""

    policy_id = text(60, required=True)
    edition = text(60, required=True)
    title = text(200, required=True)
    source = text(500, required=True)
    valid_from = day()
    valid_to = day(required=False)
    places = several(fields.String(), about="division code prefixes; empty: everywhere")
    document = document(about="the whole policy, as imported")
    withdrawn = flag(required=False, about="it holds nowhere any more")
    announced = flag(required=False, about=_ANNOUNCED)


class PolicyProposed(Contract):
    """An administrator proposes a policy, or a correction of one. It holds once another publishes it."""

    document = document(about="the whole policy")
    at = happened()


class PolicyDecided(Contract):
    """A proposed policy is published, by somebody else than whoever proposed it, or discarded."""

    proposal_id = text(36, required=True)
    outcome = one_of(POLICY_DECISIONS, required=True)
    reason = text(500, about="of discarded: why")
    at = happened()


class PolicyWithdrawn(Contract):
    """An administrator takes the newest text of a policy back: what was in force before it is again."""

    policy_id = text(60, required=True)
    expects = whole(about="version that is withdrawn")
    reason = text(500, required=True)
    at = happened()


class PlaceChanged(Contract):
    place_id = text(40, required=True)
    parent = text(40)
    level = one_of(PLACE_LEVELS, required=True)
    name = text(100, required=True)
    aliases = several(fields.String())
    division = text(12)
    kind = text(40, about="of a courtyard: managed, self_managed, nobody's; kinds are data")
    removed = flag(about="it has ended")
    successor = text(40, about="of a place that has ended: the one into which it was dissolved")
    announced = flag(required=False, about=_ANNOUNCED)


class StaffAmended(Contract):
    """An officer says who joined, changed, left, is away or is on duty, at their own places and below."""

    staff_id = text(40, required=True)
    what = one_of(STAFF_AMENDMENTS, required=True)
    expects = whole(about="the version on which it was decided; 0 of somebody new")
    role = text(40, about="of added; of amended where it changes, as all that follows")
    place = text(40, about="place_id")
    name = text(100)
    phone = text(30)
    language = one_of(LANGUAGES)
    replaced_by = text(40, about="of left: staff_id of who goes on with all that is open")
    away_from = moment(required=False, about="of away; null: from now on")
    away_to = moment(required=False, about="of away; null: until further notice")
    deputy = text(40, about="of away: staff_id")
    duty_from = moment(required=False, about="of on_duty")
    duty_to = moment(required=False, about="of on_duty")
    at = happened()


class StaffChanged(Contract):
    """A member of staff as they are now. Of a time that is named, `from` belongs to it and `to` does not."""

    staff_id = text(40, required=True)
    role = text(40, required=True)
    place = text(40, required=True)
    active = flag()
    person = sealed(about="JSON object with name, phone")
    language = one_of(LANGUAGES, required=True)
    replaced_by = text(40, about="of somebody who has left: who goes on with all that is open")
    away_from = moment(required=False, about="null: neither away nor to be")
    away_to = moment(required=False, about="null, with away_from: until further notice")
    deputy = text(40, about="staff_id: who does their work and hears what they would while they are away")
    duty_from = moment(required=False, about="when they are on duty next, or are now; null: no duty is named")
    duty_to = moment(required=False)
    announced = flag(required=False, about=_ANNOUNCED)


class Phone(Contract):
    staff_id = text(40, required=True)
    until = moment(required=False, about="real time: it is in until then; null: it is out")


class PhonesChanged(Contract):
    """The console says which members of staff have a phone that is in: they read the rest there."""

    as_of = moment(about="real time, by the console's clock: of each phone what is newest counts")
    phones = several(Phone, about="of which something is said, at most 200")


class EnrolmentOffered(Contract):
    """An officer has the link that lets one phone in sent to the number of the register, and to no other."""

    staff_id = text(40, required=True)
    link = text(200, required=True, about="a key: it goes from the console to notification's door alone")
    until = moment(about="real time: so long it counts")
