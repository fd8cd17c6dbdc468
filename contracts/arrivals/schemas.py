"""Reports of arrivals from outside, the replies to them, and arrivals as registration knows them."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.vocabulary import (
    Contract,
    day,
    document,
    flag,
    happened,
    moment,
    one_of,
    part,
    sealed,
    several,
    text,
    whole,
)
from field.words import (
    CERTAINTIES,
    DECISIONS,
    FOLLOWED,
    HOW_FOLLOWED,
    IDENTITY_TYPES,
    LANGUAGES,
    LEVELS,
    SETTLED_AS,
    SOURCE_KINDS,
    TRANSFER_DECISIONS,
)

PERSON_INSIDE = (
    "JSON object with name, phone, identity_type, identity_number, address; for a person without a phone "
    "also contact: name and phone of somebody who came along; birth_date, if known, "
    "unless the number says it, as that of a resident_id does"
)


class Person(Contract):
    name = text(100, about="as on the document")
    identity_type = one_of(IDENTITY_TYPES)
    identity_number = text(
        40, about="as text, as it stands on the document; a spreadsheet may have changed it"
    )
    phone = text(
        30,
        about="one number: with + and country code, or of mainland China as dialled there; what may be a "
        "number of two countries waits for correction",
    )
    birth_date = day(required=False)
    sex = one_of(("male", "female"))
    nationality = text(3, about="ISO 3166-1 alpha-3")
    issuing_country = text(
        3,
        about="of the document, ISO 3166-1 alpha-3; left out, it is the nationality for a passport, and CHN "
        "for a resident identity number and for permits",
    )


class Stop(Contract):
    division = text(12, about="administrative division code of 2 to 12 digits")
    address = text(300)
    from_ = fields.Date(
        required=True, data_key="from", attribute="from", metadata={"description": "first day there"}
    )
    to = day(about="last day there")


class Transport(Contract):
    mode = text(20, about="train, plane, bus, car, ship, …")
    number = text(20)
    carriage = text(10)
    seat = text(10)


class Coming(Contract):
    at = moment(about="when, actual or expected")
    expected = flag(required=False, about="true while the person has not come yet")
    called_off = flag(
        required=False,
        about="true: whoever was announced does not come; the source's next report without it takes it back",
    )
    entered_on = day(
        required=False,
        about="of all people of the report, where they came from abroad, or from beyond border control: the "
        "day on which they entered; their days may count from it",
    )


class Destination(Contract):
    division = text(12)
    address = text(300)


class ArrivalReported(Contract):
    """Somebody came, will come, or does not come after all: one notice from one source.

    A later report of the same publisher about the same coming corrects its earlier one, field by field: what
    it leaves out stays, and its list of stops, unless empty, replaces the earlier list. It is about the same
    coming where it bears the same `reference` and moves an announcement, or its time by under 12 hours; or
    where the same person goes to the same destination within 48 hours, or, while they are only expected,
    within 14 days.
    """

    source_kind = one_of(SOURCE_KINDS, required=True)
    reference = text(
        100, about="the source's own number for it, the same in all its reports of it; no number of a person"
    )
    person = part(Person)
    companions = fields.List(
        fields.Nested(Person),
        load_default=list,
        validate=validate.Length(max=30),
        metadata={"description": "who came along; each becomes an arrival of the same household"},
    )
    stops = fields.List(
        fields.Nested(Stop),
        load_default=list,
        validate=validate.Length(max=60),
        metadata={"description": "origin and stops of the last 14 days"},
    )
    transport = part(Transport, required=False)
    arrival = part(Coming)
    destination = part(Destination)
    remarks = text(1000)
    language = one_of(LANGUAGES, about="for messages to the person; zh-CN when left out")


class Reason(Contract):
    field = text(100, required=True, about="path of the field, as in companions[1].identity_number")
    code = text(60, required=True)
    message = text(500, required=True, about="what is wrong and what to do; never the value")


class EventKey(Contract):
    source = text(required=True)
    id = text(required=True)


class ReportAccepted(Contract):
    """The report was taken: a new arrival, or more about one already known.

    What of it is wrong stands in `to_correct`, and the rest goes on. A person who cannot be known waits for
    correction; a stop or the destination counts as far as it is known, and its risk is to confirm; any other
    field is left out. Send the report again, whole, under a new id: nobody is doubled.
    """

    report_id = text(36, required=True)
    event = part(EventKey)
    outcome = one_of(("registered", "merged"), required=True)
    arrival_ids = several(fields.String(), about="of its people in their order, without those who wait")
    received_at = moment()
    to_correct = several(Reason, required=False, about="what of it is wrong, as in report.rejected")


class ReportRejected(Contract):
    """Nobody can act on the report. It is kept as *needs correction*, or, unreadable, as a dead letter.

    That is so where nobody in it can be known, its time is impossible, it has no destination, or its source
    is not the publisher's own. All reasons stand there at once.
    """

    report_id = text(36, required=True)
    event = part(EventKey)
    reasons = several(Reason)
    received_at = moment()


class BatchClosed(Contract):
    """How many events a publisher has sent: of one source, of one day. Held against what arrived.

    With `ids` it counts a part, and the parts of a day add up, also where they name some events twice.
    Without `ids` it counts the whole day so far, and the newest count takes the place of the earlier ones.
    """

    source = text(200, required=True, about="of the events; it begins with the publisher's name")
    day = day(about="of the events' own time, in the district's zone")
    count = whole(about="different events that were sent; of an event sent twice, one")
    ids = fields.List(
        fields.String(validate=validate.Length(min=1, max=200)),
        load_default=list,
        validate=validate.Length(max=5000),
        metadata={"description": "of these events, so that a missing one can be named"},
    )


class ArrivalFollowed(Contract):
    """Somebody followed an arrival, at the door, by phone or in a register, and says what came of it."""

    arrival_id = text(36, required=True)
    outcome = one_of(
        FOLLOWED,
        required=True,
        about="contacted: reached; verified: seen in person; this_is_not_me: by the resident, who says that "
        "somebody else is meant",
    )
    at = happened()
    how = one_of(tuple(HOW_FOLLOWED), about="by what it is known")
    arrived_at = moment(
        required=False,
        about="of contacted and verified: when they came, where they were only expected. Verified without "
        "it: they have come by then",
    )
    coming_at = moment(required=False, about="when they say that they will come")
    try_again_at = moment(required=False, about="when it is tried next")
    destination = part(Destination, required=False, about="of lives_elsewhere: where, if they know")
    note = text(1000)


class ArrivalFollowingTakenBack(Contract):
    """Whoever said something of an arrival takes it back on the same day: it was a mistake."""

    arrival_id = text(36, required=True)
    number = whole(about="of the line in the arrival's history, as `arrival.followed_up` is numbered")
    at = happened()


class PersonMended(Contract):
    """What is right of a person, over what reports say: what is left out stays as it is."""

    arrival_id = text(36, required=True)
    name = text(100)
    phone = text(30, about="theirs; the one by which they were reached so far is not, or no more")
    language = one_of(LANGUAGES)
    destination = part(Destination, required=False, about="the door at which they are")
    companion = part(Person, required=False, about="one more of the household, who came along")
    note = text(1000)
    at = happened()


class ArrivalPlaced(Contract):
    """An officer says in which place an arrival lies, over what reports say: whoever works there gets it."""

    arrival_id = text(36, required=True)
    place = text(40, required=True, about="place_id of a street, a community or a grid")
    note = text(1000, about="kept sealed")
    expects = whole(about="the version of the arrival on which this was decided")
    at = happened()


class ArrivalSettled(Contract):
    """An officer says what became of somebody whom nobody found: nobody follows them any more."""

    arrival_id = text(36, required=True)
    decision = one_of(
        SETTLED_AS,
        required=True,
        about="passed_on: they live elsewhere, and those there know, as the note says; never_came; "
        "wrong_report: nobody is meant by it",
    )
    note = text(1000, about="kept sealed")
    expects = whole(about="the version of the arrival on which this was decided")
    at = happened()


class TransferRequested(Contract):
    """An officer asks another community to take somebody over; until it does, they belong where they are."""

    arrival_id = text(36, required=True)
    with_household = flag(
        required=False, about="with all of their household who are followed in the same community"
    )
    place = text(40, required=True, about="place_id of another community, or of a grid of one")
    address = text(300, required=True, about="the door there")
    moves_on = day(
        required=False,
        about="from when they live there, at most 30 days ahead: until then it is not accepted, and the "
        "clock for the answer does not run; left out, they do already",
    )
    note = text(1000, required=True, about="why; kept sealed")
    at = happened()


class TransferDecided(Contract):
    """What becomes of a transfer. Accepted by the place that was asked, who is followed still belongs there
    from now on, with the days that they have served; refused or withdrawn, nothing changes for them.
    """

    transfer_id = text(36, required=True)
    decision = one_of(
        TRANSFER_DECISIONS,
        required=True,
        about="accepted and refused: by the place that was asked; withdrawn: by that of whoever asked",
    )
    note = text(1000, about="of refused required there: why; kept sealed")
    expects = whole(about="the version of the transfer: how often it was decided, 0 at first")
    at = happened()


class ReportCorrected(Contract):
    """An officer corrects a report that waits for it, whole or in a part."""

    report_id = text(36, required=True)
    data = document(about="the whole data of arrival.reported, as it should have been")
    expects = whole(about="the version of the report: 1 as long as it waits")
    at = happened()


class DuplicateDecided(Contract):
    """An officer decides about two arrivals that may be one. They are not asked about again.

    Where they are one, one of them goes on with what was told and said of both, and the other ends as
    `merged`; `apart`, said of such a pair, makes them two again, and nothing is lost either way.
    """

    first = text(36, required=True, about="arrival_id of one of the two")
    second = text(36, required=True, about="arrival_id of the other")
    decision = one_of(DECISIONS, required=True, about="apart: two people, or two comings; same: one coming")
    note = text(500, about="kept sealed")
    expects = whole(about="the version of the pair: 1 as long as nobody has decided, 2 once they are one")
    at = happened()


class ArrivalFollowedUp(Contract):
    """What came of following an arrival. A change of the arrival itself comes as arrival.reassessed."""

    arrival_id = text(36, required=True)
    arrival_version = whole(about="of the arrival that this left")
    household_id = text(36)
    outcome = one_of(FOLLOWED, required=True)
    state = text(20, required=True, about="of the arrival: contacted, verified, unreachable, not_here …")
    at = moment()
    by = text(
        200, required=True, about="the source that said it: /console/<user>, /link/<id>, /<publisher>/…"
    )
    how = one_of(tuple(HOW_FOLLOWED), about="by what it is known")
    attempts = whole(about="to reach them in vain since they were reached last")
    try_again_at = moment(required=False)
    to_settle = several(
        text(40, required=True),
        required=False,
        about="what somebody must settle of the arrival after this, as lives_elsewhere",
    )


class ArrivalFollowUpTakenBack(Contract):
    """What was said of following an arrival was a mistake: the `arrival.followed_up` of it counts no more."""

    arrival_id = text(36, required=True)
    arrival_version = whole(about="of the arrival that this left")
    number = whole(about="the version of the `arrival.followed_up` that is taken back")
    outcome = one_of(FOLLOWED, required=True)
    at = moment()
    by = text(200, required=True, about="the source that said both")


class PlacedDestination(Contract):
    division = text(12)
    street = text(40, about="place_id")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
    placed_by = one_of(("code", "name", "alias", "none"), required=True)


class RiskArea(Contract):
    list = text(60, required=True, about="list_id it was published in")
    level = one_of(LEVELS, required=True)
    division = text(12)
    place = text(500, required=True, about="as published")
    certainty = one_of(CERTAINTIES, required=True)
    stop = whole(about="index of the stop that touched it")
    left_on = day(required=False, about="last day of that stop")


class Risk(Contract):
    level = one_of(LEVELS, required=True)
    certainty = one_of(CERTAINTIES, required=True)
    left_on = day(required=False, about="last day in the riskiest area")
    areas = several(RiskArea, about="20 at most: of each level the one left last, then the riskiest")


class Change(Contract):
    why = several(
        fields.String(),
        about="stop_added, stop_removed, companion_added, risk_raised, risk_lowered, called_off, not_here, "
        "same_as_other, not_the_same, coming_after_all, came, not_yet_come, phone_changed, "
        "phone_taken_back, address_changed, time_moved, details_added",
    )
    previous_level = one_of(LEVELS, required=True)


class ArrivalRegistered(Contract):
    """An arrival with everything others need to act on it; the full state, not a difference."""

    arrival_id = text(36, required=True)
    person_id = text(36, required=True)
    household_id = text(36)
    person = sealed(about=PERSON_INSIDE)
    identity_index = text(
        16,
        about="keyed digest of the document's number; empty: none is known; null: an earlier version said it",
    )
    language = one_of(LANGUAGES, required=True)
    arrived_at = moment()
    expected = flag()
    not_coming = flag(required=False, about="true where it was called off: nobody is followed")
    merged = flag(
        required=False, about="true where it is another arrival, as which they are followed; not_coming then"
    )
    goes_on_as = text(
        36, about="arrival_id of that other one, which may be another one itself; null: it is one of its own"
    )
    entered_on = day(
        required=False, about="when they entered the country; null: not from abroad, as far as it is known"
    )
    source_kinds = several(fields.String())
    reports = whole(about="how many reports it is known from")
    destination = part(PlacedDestination)
    worker = text(40, about="staff_id of the grid worker it was given to")
    risk = part(Risk)
    change = part(Change, required=False, about="why it was assessed again; null at first")


class ArrivalReassessed(ArrivalRegistered):
    """The same arrival after a later report; replaces what was known before."""


class StaffToTell(Contract):
    staff_id = text(40, required=True)
    role = text(40, required=True)
    contact = sealed(about="JSON object with name, phone")
    language = one_of(LANGUAGES, required=True)


class TransferOfPeople(Contract):
    transfer_id = text(36, required=True)
    arrivals = several(text(36, required=True), about="arrival_id of each")
    from_place = text(100, about="name of the community or street where they are; null: none is known")
    to_place = text(100, about="name of the place that is asked")
    staff = several(StaffToTell, about="officers of the other side; none: nobody of it is at work")


class TransferAsked(TransferOfPeople):
    """A community is asked to take people over from another one: its officers answer."""

    answer_by = moment(about="by the policy in force; past it, the lists name the next level")


class TransferAnswered(TransferOfPeople):
    """What became of a transfer, told to those who asked; where they withdrew it, to those who were asked."""

    decision = one_of(TRANSFER_DECISIONS, required=True)


class PairedArrival(Contract):
    arrival_id = text(36, required=True)
    street = text(40, about="place_id")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
    place = text(200, about="the names of community and grid")
    staff = several(
        StaffToTell, about="its worker, or else the officers of its community or street; none: do not tell"
    )


class PossibleDuplicateOpened(Contract):
    """Two arrivals may be one person's, or one coming. Both go on; staff decide whether they are one."""

    why = text(40, required=True, about="the strongest reason known then, as two_places, same_phone")
    arrivals = several(PairedArrival, about="the two, in the order of their ids")
