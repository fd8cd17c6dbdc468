"""The metrics of registration: arrivals and reports that come in, and those that wait for somebody."""

from prometheus_client import Counter, Gauge

from chassis.telemetry import SAME_IN_ALL
from field.words import LEVELS, SOURCE_KINDS

# A counter, not a gauge: to count a million arrivals again and again would read them all, or cost each of
# them an index; and people ask how many came today.
ARRIVALS = Counter(
    "doorstep_arrivals_total",
    "Arrivals registered, by the kind of source that reported them first and their risk at that time",
    ["source", "risk"],
)
for _source in SOURCE_KINDS:
    for _risk in LEVELS:
        ARRIVALS.labels(_source, _risk)

LAST_BACKUP = Gauge(
    "doorstep_last_backup_timestamp_seconds",
    "The moment of the newest backup of these databases, by `make backup` or `doorstep backup`; 0: none yet "
    f"{SAME_IN_ALL}",
    ["database"],
)
NEEDING_CORRECTION = Gauge(
    "doorstep_reports_needing_correction",
    f"Reports that somebody must correct, whole or in a part; without a publisher: imported ones "
    f"{SAME_IN_ALL}",
    ["publisher"],
)
POSSIBLE_DUPLICATES = Gauge(
    "doorstep_possible_duplicates_open",
    f"Pairs of arrivals that may be one, for staff to decide, by the strongest reason {SAME_IN_ALL}",
    ["why"],
)
LISTS = ("to_settle", "expected_and_overdue")
ON_LISTS = Gauge(
    "doorstep_arrivals_on_lists",
    "Arrivals of which somebody said what must be settled (to_settle), and announced ones whose date has "
    f"passed (expected_and_overdue) {SAME_IN_ALL}",
    ["list"],
)
OLDEST_ON_LISTS = Gauge(
    "doorstep_arrivals_on_lists_oldest_age_seconds",
    f"How long the one that stands there longest has stood there, in the field's time {SAME_IN_ALL}",
    ["list"],
)
WITHOUT_OWNER = Gauge(
    "doorstep_arrivals_without_owner", f"Arrivals that no worker has {SAME_IN_ALL}", ["service"]
)
OLDEST_WITHOUT_OWNER = Gauge(
    "doorstep_arrivals_without_owner_oldest_age_seconds",
    f"How long the arrival without a worker that waits longest has waited, in the field's time {SAME_IN_ALL}",
    ["service"],
)
