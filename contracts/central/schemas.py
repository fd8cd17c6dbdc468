"""What is said of homes that do not suit, and of moves to central isolation."""

from __future__ import annotations

from typing import Final

from marshmallow import fields, validate

from contracts.vocabulary import Contract, flag, happened, one_of, text, whole
from field.words import CARER_LEAVES, DEPENDANTS, HOME_LACKS, MOVE_OUTCOMES, MOVED_AS, SPECIAL_GROUPS

MOST_MOVED: Final = 12
MOST_OF_A_HOME: Final = 30


class PersonAtHome(Contract):
    """Whoever needs a carer, and by the policy stays at home under guidance, has one that is named."""

    case_id = text(36, required=True)
    group = one_of(SPECIAL_GROUPS, about="the special group they belong to; null: none")
    carer = text(200, about="who cares for them at home, and how to reach them; kept sealed")


class HomeReported(Contract):
    """Whether a home suits for staying in, as somebody saw who was there, and who of its people belongs to a
    special group. Said again, what was seen last counts.

    Of each who is to go elsewhere an officer decides: central isolation, or another home.
    """

    people = fields.List(
        fields.Nested(PersonAtHome), required=True, validate=validate.Length(min=1, max=MOST_OF_A_HOME)
    )
    lacks = fields.List(
        fields.String(validate=validate.OneOf(HOME_LACKS)),
        required=True,
        metadata={"description": "what they do not have for themselves; empty: the home suits"},
    )
    at = happened()


class PersonMoved(Contract):
    """Nobody who cannot be alone is moved without a carer, and no adult without saying who minds whom."""

    case_id = text(36, required=True)
    expects = whole(about="the case's version on which it was decided")
    who = one_of(MOVED_AS, required=True)
    carer = text(
        36,
        about="of a child, or of whoever cannot be alone: case_id of the adult who is with them, moved too, "
        "or there already",
    )
    carer_named = text(
        200, about="instead of `carer`: an adult who has no case and goes along, with a bed; kept sealed"
    )
    apart = flag(
        required=False,
        about="of whose carer is there already: they go into another room than the carer's, said on purpose; "
        "else it is refused where that room has no bed, or another one is named",
    )
    dependants = one_of(
        DEPENDANTS,
        about="of an adult, required there: none depend on them; they come along, with this adult as carer; "
        "or somebody minds them",
    )
    minded_by = text(
        200, about="of minded, required there: who minds them, and how to reach them; kept sealed"
    )


class MoveDecided(Contract):
    """People of one household are to go to central isolation; a bed is held for each at once.

    They go into one room where one has the beds, else each carer with those in their care. Where no bed is
    free it is refused with those that are, and the officer's task stays. Until they are admitted they are
    followed as before.
    """

    people = fields.List(
        fields.Nested(PersonMoved), required=True, validate=validate.Length(min=1, max=MOST_MOVED)
    )
    centre_id = text(40, required=True)
    room_id = text(20, about="of the centre; left out: the room is chosen by the rule")
    note = text(500, about="what else the site must know; kept sealed")
    at = happened()


class MoveSettled(Contract):
    """They are admitted, and their case ends here; or the decision is taken back: the bed is free, and an
    officer decides anew.
    """

    move_id = text(36, required=True)
    with_household = flag(
        required=False,
        about="also all others of their household who are on the way to that centre: whoever cannot be alone "
        "is admitted with their carer, or after them",
    )
    outcome = one_of(MOVE_OUTCOMES, required=True)
    note = text(500, about="of taken_back: why; kept sealed")
    at = happened()


class CarerNamed(Contract):
    """Somebody in central isolation, or on the way there, who cannot be alone has another carer from now on.

    With this the task of whoever finds another carer is done. They go into the room of a carer who has one;
    where no room has a bed for that it is refused, unless it is said that they stay apart.
    """

    move_id = text(36, required=True, about="of the child, or of whoever cannot be alone")
    carer = text(
        36,
        about="case_id of an adult of their household who is at that centre; on the way there: or goes too",
    )
    carer_named = text(
        200, about="instead of `carer`: an adult who has no case and comes to them, and how; kept sealed"
    )
    takes_bed = flag(
        required=False,
        default=True,
        about="of `carer_named`: false where they have a bed there, as the staff of the centre, or whoever "
        "minds a sister, too",
    )
    dependants = one_of(
        CARER_LEAVES, about="of `carer_named`, required there: none depend on them; or somebody minds those"
    )
    minded_by = text(
        200, about="of minded, required there: who minds them, and how to reach them; kept sealed"
    )
    apart = flag(
        required=False,
        about="they stay in another room than the carer: said on purpose, where no room has beds for both",
    )
    at = happened()
