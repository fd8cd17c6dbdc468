"""What people and other systems may say to isolation, and what tools may call of it.

Of what tools call, a query gets a connection, a command a unit of work.
"""

from chassis.commands.command import Command
from chassis.doors.declared import Directory, Door
from chassis.doors.looking_back import VIEWS, said_to
from chassis.tools import ToolCommand, ToolQuery
from services.isolation.breaches.judge_breach import judge_breach
from services.isolation.breaches.lists import BREACH, BREACHES_TO_JUDGE, CONFIRMED_BREACHES
from services.isolation.cases import counts, lookup, queries
from services.isolation.cases.explain_case import Explained, Step, explain_case
from services.isolation.cases.hand_over_case import hand_over_case
from services.isolation.cases.lists import CASE, OPEN_CASES
from services.isolation.cases.lookup import Followed
from services.isolation.cases.told_story import CASE_STORY
from services.isolation.cases.try_policy import EFFECTS, Effects, Tried, try_policy
from services.isolation.cases.try_proposal import TRY_POLICY_AT_DOOR
from services.isolation.cases.what_became import Became, what_became
from services.isolation.central.decide_move import decide_move
from services.isolation.central.import_centres import import_centres
from services.isolation.central.lists import (
    CARERS_THERE,
    CENTRES,
    HOUSEHOLD_TO_MOVE,
    IN_CENTRES,
    MOVE,
    ON_THE_WAY,
    WAITING_FOR_BED,
)
from services.isolation.central.lists_of_police import DECIDED_REFUSALS, ESCORTS
from services.isolation.central.name_carer import name_carer
from services.isolation.central.report_home import report_home
from services.isolation.central.settle_move import settle_move
from services.isolation.check_ins.counts import check_in_counts
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.contacts.change_contact import change_contact
from services.isolation.households.household import HOUSEHOLD
from services.isolation.households.household_link import HOUSEHOLD_LINK
from services.isolation.links.links_of import token_of
from services.isolation.needs.answer_need import answer_need
from services.isolation.needs.ask_need import ask_need
from services.isolation.needs.lists import OPEN_NEEDS
from services.isolation.needs.shopping_list import SHOPPING_LIST
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.notices.sign_notice import sign_notice
from services.isolation.permits.decide_permit import decide_permit
from services.isolation.permits.lists import PEOPLE_OUT, PERMIT, PERMITS_TO_DECIDE
from services.isolation.permits.report_breach import report_breach
from services.isolation.permits.report_passage import report_passage
from services.isolation.permits.request_permit import request_permit
from services.isolation.policies.announce_policies import POLICIES
from services.isolation.policies.decide_policy import decide_policy
from services.isolation.policies.differences import Difference, differences
from services.isolation.policies.documents import shipped
from services.isolation.policies.import_policy import import_policy
from services.isolation.policies.known import stored_policies, texts_of
from services.isolation.policies.lookups import POLICIES_STORED, POLICY, POLICY_PROPOSAL
from services.isolation.policies.propose_policy import propose_policy
from services.isolation.policies.withdraw_policy import Withdrawn, withdraw_by_shell, withdraw_policy
from services.isolation.positives.list_close_contact import list_close_contact, settle_close_contact
from services.isolation.positives.lists import CLOSE_CONTACT, CLOSE_CONTACTS
from services.isolation.release.certificate import RELEASE_CERTIFICATE, RELEASE_STANDS
from services.isolation.release.decide_case import decide_case
from services.isolation.release.lists import (
    CASES_TO_RELEASE,
    CODE_TO_SET_BACK,
    CODES_TO_SET_BACK,
    HELD_PAST_TERM,
)
from services.isolation.release.set_back_code import set_back_code
from services.isolation.revisions import REVISIONS
from services.isolation.rounds.close_round import close_round
from services.isolation.rounds.counts import round_counts
from services.isolation.rounds.give_register import give_register
from services.isolation.rounds.lists import ROUND_MISSING, ROUND_PERSON, TEST_ROUND, TEST_ROUNDS
from services.isolation.rounds.open_round import open_round
from services.isolation.rounds.report_round_person import report_round_person
from services.isolation.rounds.round_doors import ROUND_DOORS
from services.isolation.rounds.round_figures import ROUND_FIGURES
from services.isolation.tasks.acknowledge_overdue import acknowledge_overdue
from services.isolation.tasks.board import AS_BEFORE, BOARD
from services.isolation.tasks.changed_cases import CHANGED_CASES
from services.isolation.tasks.lists import DONE_TASKS, OPEN_TASKS, OVERDUE_TASKS, OWN_TASKS, TASKS_TO_DECIDE
from services.isolation.tasks.my_households import MY_HOUSEHOLD, MY_HOUSEHOLDS
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.take_back_acknowledgement import take_back_acknowledgement
from services.isolation.tasks.take_back_report import take_back_report
from services.isolation.tasks.waive_task import waive_task
from services.isolation.tasks.without_check_in import WITHOUT_CHECK_IN
from services.isolation.teams.tables import places, staff
from services.isolation.tests.batches import decide_batch
from services.isolation.tests.lists import (
    POSITIVE_OF_NOBODY,
    POSITIVES_OF_NOBODY,
    UNUSUAL_BATCH,
    UNUSUAL_BATCHES,
)
from services.isolation.tests.report_test import report_test
from services.isolation.tests.take_up_positive import take_up_positive
from services.isolation.transfers.lists import TRANSFER, TRANSFERS_TO_CONFIRM

TRACE = ToolQuery("trace", queries.trace)
CASE_WITH_ID = ToolQuery("case_with_id", lookup.case_with_id)
FOLLOWED = ToolQuery("followed", lookup.followed)
HOW_MANY_CASES = ToolQuery("how_many_cases", counts.how_many_cases)
COUNTS = ToolQuery("counts", counts.counts)
ACTS = ToolQuery("acts", counts.acts)
WHAT_BECAME = ToolQuery("what_became", what_became)
CHECK_INS = ToolQuery("check_ins", check_in_counts)
ROUND_COUNTS = ToolQuery("round_counts", round_counts)
SHIPPED_POLICIES = ToolQuery("shipped_policies", shipped)
"""The documents that come with Doorstep; it needs no connection."""

TRY_POLICY = ToolQuery("try_policy", try_policy)
EXPLAIN_CASE = ToolQuery("explain_case", explain_case)
STORED_POLICIES = ToolQuery("stored_policies", stored_policies)
TEXTS_OF_POLICY = ToolQuery("texts_of_policy", texts_of)

TOKEN_OF_HOUSEHOLD = ToolQuery("token_of_household", token_of)

IMPORT_POLICY = ToolCommand("import_policy", import_policy)
WITHDRAW_POLICY = ToolCommand("withdraw_policy", withdraw_by_shell)
IMPORT_CENTRES = ToolCommand("import_centres", import_centres)

ANNOUNCEMENTS = (POLICIES,)
"""What `doorstep reference announce` says again."""

COMMANDS: tuple[Command, ...] = (
    Command("report_task", "task.reported", report_task),
    Command("take_back_report", "task.report_taken_back", take_back_report, by_broker=False),
    Command("waive_task", "task.waived", waive_task, by_broker=False),
    Command("acknowledge_overdue", "overdue.acknowledged", acknowledge_overdue, by_broker=False),
    Command(
        "take_back_acknowledgement", "acknowledgement.taken_back", take_back_acknowledgement, by_broker=False
    ),
    Command("hand_over_case", "case.handed_over", hand_over_case, by_broker=False),
    Command("decide_case", "case.decided", decide_case, by_broker=False),
    Command("set_back_code", "code.set_back", set_back_code),
    Command("report_check_in", "check_in.reported", report_check_in),
    Command("report_test", "test.reported", report_test),
    Command("take_up_positive", "test.taken_up", take_up_positive, by_broker=False),
    Command("decide_batch", "result_batch.decided", decide_batch, by_broker=False),
    Command("list_close_contact", "close_contact.listed", list_close_contact, by_broker=False),
    Command("settle_close_contact", "close_contact.settled", settle_close_contact, by_broker=False),
    Command("open_round", "test_round.opened", open_round, by_broker=False),
    Command("give_register", "round_register.given", give_register, by_broker=False),
    Command("report_round_person", "round_person.reported", report_round_person, by_broker=False),
    Command("close_round", "test_round.closed", close_round, by_broker=False),
    Command("sign_notice", "notice.signed", sign_notice, by_broker=False),
    Command("report_refusal", "refusal.reported", report_refusal, by_broker=False),
    Command("ask_need", "need.asked", ask_need),
    Command("answer_need", "need.answered", answer_need, by_broker=False),
    Command("request_permit", "permit.requested", request_permit),
    Command("decide_permit", "permit.decided", decide_permit, by_broker=False),
    Command("report_passage", "passage.reported", report_passage),
    Command("report_breach", "breach.reported", report_breach),
    Command("judge_breach", "breach.judged", judge_breach, by_broker=False),
    Command("report_home", "home.reported", report_home, by_broker=False),
    Command("decide_move", "move.decided", decide_move, by_broker=False),
    Command("settle_move", "move.settled", settle_move, by_broker=False),
    Command("name_carer", "carer.named", name_carer, by_broker=False),
    Command("change_contact", "contact.changed", change_contact, by_broker=False),
    Command("propose_policy", "policy.proposed", propose_policy, by_broker=False),
    Command("decide_policy", "policy.decided", decide_policy, by_broker=False),
    Command("withdraw_policy", "policy.withdrawn", withdraw_policy, by_broker=False),
)
"""What people and other systems may say to this service."""

DOOR = Door(
    "isolation",
    Directory(staff, places, REVISIONS, history=True),
    COMMANDS,
    lists=(
        OPEN_CASES,
        WITHOUT_CHECK_IN,
        CHANGED_CASES,
        CASES_TO_RELEASE,
        HELD_PAST_TERM,
        CODES_TO_SET_BACK,
        OWN_TASKS,
        OPEN_TASKS,
        OVERDUE_TASKS,
        DONE_TASKS,
        TASKS_TO_DECIDE,
        OPEN_NEEDS,
        PERMITS_TO_DECIDE,
        PEOPLE_OUT,
        TRANSFERS_TO_CONFIRM,
        BREACHES_TO_JUDGE,
        CONFIRMED_BREACHES,
        DECIDED_REFUSALS,
        ESCORTS,
        WAITING_FOR_BED,
        ON_THE_WAY,
        IN_CENTRES,
        POSITIVES_OF_NOBODY,
        UNUSUAL_BATCHES,
        CLOSE_CONTACTS,
        TEST_ROUNDS,
        ROUND_MISSING,
    ),
    things=(
        *(CASE, CASE_STORY, PERMIT, BREACH, TRANSFER, MOVE, CODE_TO_SET_BACK),
        *(POSITIVE_OF_NOBODY, UNUSUAL_BATCH, CLOSE_CONTACT),
        *(TEST_ROUND, ROUND_PERSON),
    ),
    lookups=(
        HOUSEHOLD_LINK,
        HOUSEHOLD,
        MY_HOUSEHOLDS,
        MY_HOUSEHOLD,
        SHOPPING_LIST,
        CENTRES,
        HOUSEHOLD_TO_MOVE,
        CARERS_THERE,
        ROUND_FIGURES,
        ROUND_DOORS,
        RELEASE_CERTIFICATE,
        RELEASE_STANDS,
        BOARD,
        *AS_BEFORE,
        *(POLICIES_STORED, POLICY, POLICY_PROPOSAL, TRY_POLICY_AT_DOOR),
        VIEWS,
        said_to("isolation", COMMANDS),
    ),
)

__all__ = [
    "COMMANDS",
    "DOOR",
    "EFFECTS",
    "Became",
    "Difference",
    "Effects",
    "Explained",
    "Followed",
    "Step",
    "Tried",
    "Withdrawn",
    "differences",
]
