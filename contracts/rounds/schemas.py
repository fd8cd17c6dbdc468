"""What people say of rounds of tests: at a place and in a term everybody is to be tested."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.vocabulary import Contract, day, flag, happened, moment, one_of, text, whole
from field.words import ROUND_OUTCOMES


class TestRoundOpened(Contract):
    """An officer opens a round: whoever is followed there, or comes until it ends, should be tested."""

    __test__ = False  # no test of pytest

    place = text(40, required=True, about="place_id of a street, a community or a grid")
    begins_at = moment(about="a day ago at most")
    ends_at = moment(about="7 days after its beginning at most")
    at = happened()


class TestRoundClosed(Contract):
    """An officer closes a round: each person has an outcome, or the officer says why it is closed without."""

    __test__ = False  # no test of pytest

    round_id = text(36, required=True)
    expects = whole(about="version of the round on which this was decided")
    because = text(500, about="why it is closed although people are missing, or before its end; kept sealed")
    at = happened()


class RegisteredPerson(Contract):
    """A line of a register of residents. All of it is kept sealed."""

    line = whole(required=False, about="where it stands in the register; faults name it")
    name = text(100, required=True)
    phone = text(30)
    building = text(
        60, about="as people write it, with the estate: 京怡家园4号楼; building or room is needed"
    )
    unit = text(10)
    floor = text(10)
    room = text(10)
    identity_number = text(40, about="by this results of laboratories find them")
    birth_date = day(required=False)
    cannot_walk = flag(required=False, about="somebody comes to their door")


class RoundRegisterGiven(Contract):
    """Residents of a register, who have no case, should be tested in a round, too.

    Where a line is wrong nothing is done, and each fault names its line. Who is given again is known.
    """

    round_id = text(36, required=True)
    place = text(40, about="place_id inside the round's place, where they live; left out, that of the round")
    people = fields.List(
        fields.Nested(RegisteredPerson), required=True, validate=validate.Length(min=1, max=500)
    )
    at = happened()


class RoundPersonReported(Contract):
    """Whoever knocks says of somebody that a sample was taken, or why not. What happened last counts."""

    person_id = text(36, required=True, about="of the round")
    outcome = one_of(
        ROUND_OUTCOMES,
        required=True,
        about="nobody_there, cannot_come_out: somebody comes again; taken_back: what was said before was a "
        "mistake; exempt needs a note",
    )
    note = text(300, about="kept sealed")
    at = happened()
