"""The events that isolation takes, each with its use case, and the use cases that run by the clock."""

from datetime import timedelta

from chassis.handlers import Handler, Timer
from services.isolation.breaches.tell_breaches import tell_breaches
from services.isolation.cases.apply_policies import apply_policies
from services.isolation.cases.assign_waiting import assign_waiting
from services.isolation.cases.follow_arrivals import follow_arrivals
from services.isolation.cases.hand_over import hand_over
from services.isolation.cases.index_identities import index_identities
from services.isolation.cases.link_households import link_households
from services.isolation.cases.name_districts import name_districts
from services.isolation.cases.open_waiting import open_waiting
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.households.plan_again import plan_again
from services.isolation.permits.find_late import find_late
from services.isolation.positives.find_positives import find_positives
from services.isolation.positives.make_contacts import make_contacts
from services.isolation.positives.see_to_positives import see_to_positives
from services.isolation.release.end_informed import end_informed
from services.isolation.release.look_at_merged import look_at_merged
from services.isolation.release.propose_releases import propose_releases
from services.isolation.retention.strip_cases import strip_cases
from services.isolation.rounds.see_to_rounds import see_to_rounds
from services.isolation.tasks.call_by_phone import call_by_phone
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.hear_of_following import TAKES_BACK, hear_of_following
from services.isolation.tasks.plan_staff_days import plan_staff_days
from services.isolation.teams.copies import PLACES, STAFF

HANDLERS: tuple[Handler, ...] = (
    Handler("open_case", ("arrival.registered",), follow_arrivals),
    Handler("reassess_case", ("arrival.reassessed",), follow_arrivals),
    PLACES.as_handler(),
    STAFF.as_handler(),
    Handler("hear_of_following", ("arrival.followed_up", TAKES_BACK), hear_of_following),
    Handler("call_them", ("message.undeliverable",), call_by_phone),
)

TIMERS: tuple[Timer, ...] = (
    Timer("open_waiting", timedelta(seconds=5), open_waiting),
    Timer("assign_waiting", timedelta(seconds=5), assign_waiting),
    Timer("hand_over", timedelta(seconds=15), hand_over),
    Timer("apply_policies", timedelta(seconds=10), apply_policies),
    Timer("name_districts", timedelta(seconds=10), name_districts),
    Timer("link_households", timedelta(seconds=10), link_households),
    Timer("index_identities", timedelta(seconds=60), index_identities),
    Timer("plan_next_day", timedelta(seconds=30), plan_next_day),
    Timer("look_at_merged", timedelta(seconds=5), look_at_merged),
    Timer("plan_again", timedelta(seconds=10), plan_again),
    Timer("see_to_positives", timedelta(seconds=2), see_to_positives),
    Timer("make_contacts", timedelta(seconds=5), make_contacts),
    Timer("find_positives", timedelta(hours=1), find_positives),
    Timer("see_to_rounds", timedelta(seconds=5), see_to_rounds),
    Timer("propose_releases", timedelta(seconds=30), propose_releases),
    Timer("end_informed", timedelta(hours=1), end_informed),
    Timer("tell_breaches", timedelta(seconds=30), tell_breaches),
    Timer("find_late", timedelta(seconds=15), find_late),
    Timer("find_overdue", timedelta(seconds=10), find_overdue),
    Timer("plan_staff_days", timedelta(seconds=30), plan_staff_days),
    Timer("strip_cases", timedelta(minutes=10), strip_cases, rest_s=0.1),
)
