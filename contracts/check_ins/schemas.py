"""What people and laboratories say of those in isolation, and what isolation publishes of it."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.cases.schemas import LadderStaff, Tell
from contracts.vocabulary import (
    Contract,
    celsius,
    day,
    flag,
    happened,
    moment,
    of_a_household,
    one_of,
    part,
    sealed,
    several,
    text,
    whole,
)
from field.words import (
    BATCH_OUTCOMES,
    CONTACT_KINDS,
    CONTACT_SETTLED,
    HELP_MARKS,
    HOW_KNOWN,
    IDENTITY_TYPES,
    LANGUAGES,
    NOTICE_OUTCOMES,
    REFUSED,
    REFUSED_BECAUSE,
    TAKEN_UP,
    TEST_METHODS,
    TEST_RESULTS,
    TEST_STAGES,
)

WITNESS = "staff_id of a second member of staff, who saw it"
TOLD = (
    "whoever is told at once, at any hour: the health worker of the team, who answers for the case, and who "
    "is on duty"
)


class PersonCheckedIn(Contract):
    case_id = text(36, about="left out, it is the case of the whole")
    temperature = celsius(about="left out only where a symptom is named")
    symptoms = several(
        fields.String(validate=validate.Length(max=40)), required=False, about="words of the case's policy"
    )
    how_known = one_of(HOW_KNOWN, required=True)
    note = text(500, about="kept sealed")
    corrects = text(
        36, about="check_in_id of an earlier one of the same case and day, whose values were mistaken"
    )


class CheckInReported(Contract):
    """Temperature and symptoms of one person, or of several people of one household.

    It is the check-in of the window in which `at` falls, early from an hour before it, late until noon of the
    next day; a further one is kept. Who is not named is still asked for theirs.
    """

    case_id = text(36, about="of one person; several have theirs in `people`")
    household_id = text(36, about="where given, all people must be of it")
    people = fields.List(
        fields.Nested(PersonCheckedIn), required=True, validate=validate.Length(min=1, max=30)
    )
    at = happened()


class Identity(Contract):
    type = one_of(IDENTITY_TYPES)
    number = text(40, required=True, about="as it stands on the document")


class TestReported(Contract):
    """The result of one sample, or of one person's part in a pooled one.

    Name the person by `case_id`, or by the number of a document. A negative result of somebody who is not
    followed here is counted and not kept.
    """

    __test__ = False  # no test of pytest

    case_id = text(36)
    identity = part(Identity, required=False)
    sample_id = text(60, required=True, about="the laboratory's own number of the sample")
    tube_id = text(60)
    batch = text(60, about="the laboratory's own number of the run; left out, it is that of the hour")
    pool_size = whole(required=False, about="people in the tube; 1 where it is left out")
    sampled_at = moment(about="its day is the day of testing that it serves")
    reported_at = moment(about="when the laboratory had the result")
    method = one_of(TEST_METHODS, required=True)
    stage = one_of(TEST_STAGES, required=True)
    result = one_of(TEST_RESULTS, required=True)
    supersedes = text(200, about="id of the laboratory's earlier event that this one corrects")
    at = happened()


class TestTakenUp(Contract):
    """An officer of the district took up a positive result of somebody who is not followed here."""

    __test__ = False  # no test of pytest

    result_id = text(36, required=True)
    outcome = one_of(
        TAKEN_UP,
        required=True,
        about="reached: the person was found and told by somebody; passed_on: to the district where "
        "they are, which stands in the note; laboratory_mistake: the laboratory takes it back",
    )
    note = text(500, about="kept sealed")
    at = happened()


class NoticeSigned(Contract):
    """A household was handed the notice of its measure, and signed it or refused to."""

    case_ids = of_a_household("everybody for whom it counts")
    outcome = one_of(NOTICE_OUTCOMES, required=True, about="refused_to_sign: it was left there")
    signed_by = text(
        100,
        about="name of whoever signed: of a guardian, a proxy, by a link; of a proxy by a link of their own, "
        "the one in the register; kept sealed",
    )
    text_version = text(40, about="by a link: edition and language of the text that was signed")
    read_aloud = flag(required=False)
    witness = text(40, about=f"{WITNESS}; of refused_to_sign")
    at = happened()


class RefusalReported(Contract):
    """Somebody refuses what the measure asks. It is recorded with a witness; nobody is moved by it."""

    case_ids = of_a_household("who refuses; an adult for themselves, a guardian for a child")
    what = one_of(REFUSED, required=True)
    why = one_of(REFUSED_BECAUSE, required=True)
    what_would_help = text(500, about="kept sealed")
    witness = text(40, required=True, about=WITNESS)
    at = happened()


class ContactPerson(Contract):
    name = text(100, required=True)
    phone = text(30, required=True)
    relation = text(40, about="to the household")
    may_report = flag(required=False, about="check-ins for the household")
    proxy = flag(required=False, about="may sign for it, and report")


class ContactChanged(Contract):
    """How a household is reached and helped. What is left out or null stays; a list is given whole."""

    case_ids = of_a_household("the language is switched for these")
    contacts = fields.List(
        fields.Nested(ContactPerson),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=10),
        metadata={"description": "contact persons and proxies; kept sealed"},
    )
    marks = fields.List(
        fields.String(validate=validate.OneOf(HELP_MARKS)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"description": "what whoever goes there must know"},
    )
    language = one_of(LANGUAGES, about="of messages to them from now on")
    best_time = text(100, about="when to ring")
    at = happened()


class ContactInvited(Contract):
    """A contact person of a household may report for it or sign for it, and gets a link of their own."""

    link_id = text(36, required=True, about="names the link in histories; it opens nothing")
    case_id = text(36, required=True, about="of somebody who lives there")
    arrival_id = text(36, required=True)
    household_id = text(36)
    contact = sealed(about="JSON object with name, phone")
    language = one_of(LANGUAGES, required=True)
    link = sealed(about="JSON string: the token of their page, under the purpose `link`")
    community = text(40, about="place_id")


class CheckInAbnormal(Contract):
    """A temperature or a symptom asks for somebody to look at once; an immediate task was planned.

    It names nobody but staff, and neither temperature nor symptom: those stand with the check-in.
    """

    check_in_id = text(36, required=True)
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True, about="of the immediate task, kind see_abnormal")
    at = moment(about="when temperature and symptoms were taken")
    due_by = moment(about="until when somebody looks")
    why = several(fields.String(), about="temperature, symptom")
    tell = part(Tell, about=TOLD)
    community = text(40, about="place_id")
    grid = text(40, about="place_id")


class CheckInCorrected(Contract):
    """What alarmed was a mistake: corrected the same day, and no longer abnormal. Its task is taken back."""

    check_in_id = text(36, required=True, about="of the check-in that alarmed")
    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True, about="of the immediate task that was planned for it")
    at = moment(about="when the temperature that was mistaken had been taken")
    corrected_at = moment()
    tell = part(Tell, about="whoever was told of the alarm, and nobody else")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")


class TestUnmatched(Contract):
    """A positive result of somebody who is not followed here: the district finds out whose it is."""

    __test__ = False  # no test of pytest

    result_id = text(36, required=True)
    sampled_at = moment()
    reported_at = moment()
    due_by = moment(about="until when somebody has taken it up")
    staff = several(LadderStaff, about="officers of the district on duty, told at once; where none is, all")


class TestUnmatchedCorrected(Contract):
    """The laboratory corrected a positive result of nobody here: there is nobody to look for."""

    __test__ = False  # no test of pytest

    result_id = text(36, required=True, about="of the positive that no longer counts")
    corrected_by = text(36, required=True, about="result_id of what corrects it")
    reported_at = moment(about="when the laboratory reported the correction")
    staff = several(LadderStaff, about="officers of the district who were on duty when the positive came")


class CloseContactListed(Contract):
    """Who was with somebody positive, or where that one was: it is put on their contacts' list."""

    case_id = text(36, required=True, about="of the one who is positive")
    kind = one_of(CONTACT_KINDS, required=True)
    name = text(100, required=True, about="of the person or the place; kept sealed, as all that follows")
    phone = text(30)
    address = text(200)
    last_on = day(about="the last day on which they were together, or there")
    lives_there = flag(required=False, about="in the household, without a case")
    note = text(300)
    at = happened()


class CloseContactSettled(Contract):
    """What came of one on that list."""

    contact_id = text(36, required=True)
    outcome = one_of(
        CONTACT_SETTLED,
        required=True,
        about="informed: told by a person; passed_on: to where they are; no_contact: none after all",
    )
    mistake = flag(required=False, about="what they were told is that it was a mistake")
    note = text(300, about="kept sealed")
    at = happened()


class ResultBatchDecided(Contract):
    """An officer on duty called the laboratory about a batch with an unusual share of positives."""

    batch_id = text(36, required=True)
    outcome = one_of(
        BATCH_OUTCOMES,
        required=True,
        about="stands: what follows begins at once; mistake: it waits for the laboratory's corrections, "
        "for a day at most",
    )
    at = happened()


class ResultBatchUnusual(Contract):
    """A laboratory's batch holds an unusual share of positives: what follows from them waits for one call."""

    batch_id = text(36, required=True)
    laboratory = text(200, required=True, about="source of its events")
    results = whole()
    positives = whole()
    wait_until = moment(about="then it goes on, if nobody has decided")
    staff = several(LadderStaff, about="officers of the district on duty; where none is, all")


class TestUrgent(Contract):
    """Somebody must act at once on what a laboratory found, or corrected; a task was planned for them.

    It says neither whose it is nor what was found.
    """

    __test__ = False  # no test of pytest

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    task_kind = text(
        40,
        required=True,
        about="see_positive: a person calls, before any text; decide_positive: an officer decides where they "
        "go; second_sample: of a pooled tube, or a first finding, each is tested alone; late_result: it came "
        "after the end of the case",
    )
    due_by = moment(about="until when somebody has acted")
    quiet_until = moment(
        required=False, about="of see_positive: before it no text goes to the person; somebody calls them"
    )
    tell = part(Tell, about="who does it, who answers for the case, and who is on duty")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")


class TestUrgentCorrected(Contract):
    """What asked for that task stands no more: it is taken back."""

    __test__ = False  # no test of pytest

    case_id = text(36, required=True)
    arrival_id = text(36, required=True)
    task_id = text(36, required=True)
    task_kind = text(40, required=True)
    tell = part(Tell, about="whoever was told, and nobody else")
    community = text(40, about="place_id")
    grid = text(40, about="place_id")
