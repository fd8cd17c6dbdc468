"""The vocabularies of the field, each listed once. Contracts, policies, imports and texts use these words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class RiskLevel(IntEnum):
    """How risky an area or an arrival is; higher is worse."""

    none = 0
    low = 1
    medium = 2
    high = 3


LEVELS: Final = tuple(level.name for level in RiskLevel)
"""Risk levels, from none to high."""

MEASURES: Final = (
    "inform_only",
    "self_monitoring",
    "health_monitoring",
    "home_health_monitoring",
    "home_isolation",
    "central_isolation",
)
"""From the laxest to the strictest. `health_monitoring` is the word of earlier editions for both kinds of
monitoring, and orders what `home_health_monitoring` does: cases of before keep it, editions of today name one
of the two.
"""

NOT_KEPT_IN: Final = ("inform_only", "self_monitoring")
"""Measures that order nobody to stay in: who is under one goes out without leave."""

CERTAINTIES: Final = ("exact", "district_only")
"""How sure a risk level is: matched to the published place, or to its district only."""

ROLES: Final = (
    "grid_worker",
    "community_officer",
    "health_worker",
    "police",
    "community_cadre",
    "street_officer",
    "district_officer",
    "administrator",
)
"""Roles of staff at a place; what each may do stands in roles.yaml."""

RUNGS: Final = ("worker", "community", "street", "district")
"""The steps of the ladder, from the door to the district."""

TOLD_OF_CASES: Final = ("resident", "care_team", "grid_worker", "community", "street", "district")
"""Whom a policy may name: the resident, others of the team, and officers of a level."""

URGENT_TASKS: Final = (
    "escort_to_site",
    "see_abnormal",
    "see_positive",
    "decide_positive",
    "see_breach",
    "medical_need",
    "urgent_permit",
    "name_carer",
)
"""Kinds of task that climb and wake somebody at any hour: fetching, abnormal, positive, breach, medical,
leave to go out that is asked for shortly before, and somebody left alone in a centre who cannot be.
"""

RUNG_OF_ROLE: Final = {
    "grid_worker": "worker",
    "health_worker": "worker",
    "police": "worker",
    "community_officer": "community",
    "community_cadre": "community",
    "street_officer": "street",
    "district_officer": "district",
}
"""The level at which each role stands."""

TASK_OUTCOMES: Final = ("taken", "done", "not_possible", "attempt")
"""What somebody may report of a task."""

NOT_POSSIBLE_BECAUSE: Final = (
    "no_answer",
    "refused",
    "not_here",
    "wrong_door",
    "unsafe",
    "no_supplies",
    "other",
)
"""Why a task was not possible."""

ACKNOWLEDGED_BECAUSE: Final = ("outage", "mass_test", "weather", "other")
"""The one cause of many overdue tasks."""

PLACE_LEVELS: Final = (
    "province",
    "city",
    "district",
    "street",
    "guanqu",
    "community",
    "grid",
    "courtyard",
    "building",
)
"""Levels of the place tree, from the widest; 管区 (guanqu) lies between street and community."""

LANGUAGES: Final = ("zh-CN", "en")
"""Languages of texts and pages; the first is the default."""

SOURCE_KINDS: Final = (
    "transport",
    "police",
    "self",
    "employer",
    "school",
    "lodging",
    "grid",
    "gate",
    "resident_hint",
    "import",
)
"""Kinds of source that report arrivals (P1 to P4)."""

IDENTITY_TYPES: Final = (
    "resident_id",
    "passport",
    "hk_macau_permit",
    "taiwan_permit",
    "foreign_permanent_resident",
    "other",
)
"""Kinds of identity document."""

FOLLOWED: Final = (
    "contacted",
    "verified",
    "no_answer",
    "not_here",
    "lives_elsewhere",
    "no_such_door",
    "wrong_number",
    "not_yet_come",
    "this_is_not_me",
)
"""What came of following an arrival, at the door, by phone or in a register."""

STAFF_AMENDMENTS: Final = ("added", "amended", "left", "away", "back", "on_duty", "off_duty")
"""What an officer says of a member of staff."""

POLICY_DECISIONS: Final = ("published", "discarded")
"""What becomes of a policy that somebody proposed."""

LIKENESSES: Final = (
    "fits_two_arrivals",
    "two_places",
    "destination_unclear",
    "moved_or_another",
    "same_number",
    "same_name_and_phone",
    "similar_number",
    "same_name_and_birth_date",
    "same_name_beside",
    "same_phone",
    "too_many",
)
"""Why two arrivals may be one person's or one coming, the strongest reason first.

The last says that there are more such pairs of one of the two than anybody compares.
"""

CASE_STATES: Final = (
    "open",
    "active",
    "release_review",
    "released",
    "refused",
    "moved_to_central",
    "moved_to_hospital",
    "transferred",
    "cancelled",
)
"""States of a case."""

RELEASE_LACKS: Final = ("days", "test_positive", "second_sample", "test_result", "fever", "refusal")
"""Why somebody cannot be released yet: the days are not full, a result is positive, that of a pooled tube is
and they are to be tested alone, one is missing, check-ins say fever or a symptom, or they refuse. Nobody is
held because a task of the staff is undone."""

CASE_DECISIONS: Final = (
    "release",
    "cancel",
    "refuse",
    "resume",
    "move_to_central",
    "move_to_hospital",
    "transfer",
    "taken_over",
    "not_taken_over",
    "reopen",
)
"""What an officer decides about a case."""

HOME_LACKS: Final = ("own_room", "own_toilet")
"""What a home has not, in which somebody is to stay apart from others."""

SPECIAL_GROUPS: Final = ("under_14", "pregnant", "aged", "ill", "not_alone")
"""Who may stay at home under guidance, where a policy says so; not_alone: who cannot live alone."""

NEEDS_CARER: Final = ("under_14", "not_alone")
"""Those of them who are left nowhere without a named carer."""

MOVED_AS: Final = ("adult", "child", "cannot_be_alone")
"""As whom somebody is moved to central isolation: who is no adult, or cannot be alone, has a carer there."""

DEPENDANTS: Final = ("none", "come_along", "minded")
"""What becomes of those who depend on an adult who is moved: there are none, they come along, or somebody
minds them where they stay."""

CARER_LEAVES: Final = ("none", "minded")
"""Likewise of a carer who has no case and goes to somebody in central isolation."""

MOVE_OUTCOMES: Final = ("admitted", "taken_back")
"""What came of a move that was decided: they are there, or an officer decides anew."""

CANCELLED_BECAUSE: Final = ("wrongly_opened", "followed_elsewhere", "moved_away", "died", "other")
"""Why an officer takes a case back."""

REOPENED_BECAUSE: Final = ("decided_by_mistake", "came_back", "other")
"""Why an officer opens a case again that had ended."""

DECIDED_BECAUSE: Final = tuple(dict.fromkeys(CANCELLED_BECAUSE + REOPENED_BECAUSE))

HOW_KNOWN: Final = ("seen", "by_phone", "told_by", "by_link")
"""How a check-in is known, or that a task is done: measured or looked at, by phone, told by somebody else, by
the resident's link."""

HOW_FOLLOWED: Final[Mapping[str, str | None]] = {
    "seen": "seen",
    "phone": "by_phone",
    "neighbour": "told_by",
    "register": None,
}
"""How it is known what came of following an arrival, and which of HOW_KNOWN that is."""

COLDEST: Final = 30
HOTTEST: Final = 45
"""The temperatures of bodies, in °C; what is beyond was measured or written wrongly."""

TEST_METHODS: Final = ("pcr", "antigen")

TEST_STAGES: Final = ("preliminary", "confirmed", "ruled_out")

TEST_RESULTS: Final = ("negative", "positive", "inconclusive", "invalid")
"""Of inconclusive and invalid ones the sample is to be taken again."""

CONTACT_KINDS: Final = ("person", "place")
"""What stands on the contacts' list of somebody positive."""

CONTACT_SETTLED: Final = ("informed", "passed_on", "no_contact")
"""What came of somebody on that list, or of a place: told, passed on to where they are, or none after all."""

BATCH_OUTCOMES: Final = ("stands", "mistake")
"""What a laboratory said of a batch with an unusual share of positives."""

ROUND_OUTCOMES: Final = (
    "tested",
    "nobody_there",
    "refused",
    "moved_away",
    "exempt",
    "cannot_come_out",
    "listed_twice",
    "taken_back",
)
"""What whoever knocks says of somebody whom a round of tests waits for; of `nobody_there` and
`cannot_come_out` somebody comes again."""

ROUND_STATES: Final = ("missing", "tested", "excused")
"""Where somebody stands in a round of tests."""

VISITS: Final = ("child", "old", "cannot_walk")
"""Why whoever takes samples comes to somebody's door."""

TAKEN_UP: Final = ("reached", "passed_on", "laboratory_mistake")
"""What came of a positive result of somebody who is not followed here."""

MATTERS: Final = (
    "not_here",
    "lives_elsewhere",
    "no_such_door",
    "unreachable",
    "wrong_number",
    "this_is_not_me",
)
"""What an officer must settle of an arrival."""

SETTLED_AS: Final = ("passed_on", "never_came", "wrong_report")
"""What became of somebody who arrived by what was reported, and whom nobody found."""

TRANSFER_DECISIONS: Final = ("accepted", "refused", "withdrawn")
"""What becomes of it when another community is asked to take somebody over: that one accepts or refuses,
whoever asked withdraws it."""

DECISIONS: Final = ("apart", "same")
"""What an officer decides about a possible duplicate: they are two people or two comings, or one coming."""

NOTICE_OUTCOMES: Final = ("signed", "signed_by_guardian", "signed_by_proxy", "refused_to_sign")

REFUSED: Final = ("notice", "visit", "test", "isolation")
"""What somebody refuses."""

REFUSED_BECAUSE: Final = ("work", "care_of_others", "cannot_pay", "no_toilet", "fear", "medicine", "other")
"""Why somebody refuses: what would help follows from it."""

NEED_KINDS: Final = ("food", "medicine", "medical", "psychological", "other")
"""What a household that stays in needs from outside."""

NEED_ANSWERS: Final = ("seen", "met", "not_possible", "withdrawn")
"""What becomes of a need: somebody took it up, it was met, was not possible, or is needed no more."""

NEED_MET: Final = ("left_at_door", "handed_over", "visited", "by_phone")
"""How a need was met."""

NEED_STATES: Final = ("asked", "seen", "met", "not_possible", "not_met", "withdrawn", "ended")
"""Where a need stands. Of not_possible an officer decides; not_met: they decided so; ended: with its case."""

PERMIT_KINDS: Final = ("emergency", "treatment", "maternity", "bereavement", "other")
"""Why somebody who stays in must go out. An emergency waits for nobody."""

PERMIT_BY: Final = ("ambulance", "escorted_car", "own_car", "on_foot")
"""How they go: never with others."""

PERMIT_DECISIONS: Final = ("granted", "refused", "withdrawn")
"""What becomes of it when leave to go out is asked for; a household takes back its own."""

PERMIT_STATES: Final = ("asked", "granted", "refused", "withdrawn", "ended")
"""Where leave to go out stands; ended: with the case, before anybody decided."""

PASSAGES: Final = ("out", "back")
"""How somebody who stays in was seen: going out, or coming back."""

BREACHES: Final = ("late_back", "no_permit")
"""What every reader knows of what contradicts a measure: not back in time, or out without leave."""

ABSENCES: Final = ("not_at_home", "door_sensor")
"""What is reported of somebody who should be at home: not there when somebody came, or the door opened."""

BREACH_KINDS: Final = (*BREACHES, *ABSENCES, "refused_visits")
"""What contradicts a measure and is to be looked into. Missed check-ins never do."""

BREACH_JUDGEMENTS: Final = ("confirmed", "explained")
"""What an officer finds of it: it is so, and they are admonished; or there was a reason."""

BREACH_STATES: Final = ("suspected", *BREACH_JUDGEMENTS)
"""Where a breach stands. What later reports put right is explained, whoever judged it."""

HELP_MARKS: Final = (
    "lives_alone",
    "hard_of_hearing",
    "cannot_read",
    "cannot_walk",
    "cannot_see",
    "dialysis",
    "pregnant",
    "infant",
    "unsafe_dog",
)
"""What whoever goes to a door must know of those behind it."""
