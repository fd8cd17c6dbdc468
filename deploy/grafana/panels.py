"""The panels of the dashboards. `make_dashboards.py` turns it into Grafana's JSON.

People look rather than read: a colour says whether it is well, a unit what is counted, the title the rest.
A gauge of a service is the same in each of its replicas: max by, never sum.
"""

from dataclasses import dataclass, field
from typing import Any

RATE = "[$__rate_interval]"
RANGE = "[$__range]"
WORK = 'queue=~"(registration|isolation|notification)\\\\.[a-z_]+(\\\\.from\\\\.[a-z0-9-]+)?"'

# Where a number turns from green to yellow to red.
NONE_IS_WELL = ((1, "red"),)
SOME_ARE_WELL = ((1, "yellow"), (100, "red"))
RISK = {"high": "red", "medium": "orange", "low": "yellow", "none": "green"}
LEVEL_COLOURS = {
    "worker": "yellow",
    "community": "orange",
    "street": "red",
    "district": "dark-red",
    "nobody": "purple",
}
MEASURE_COLOURS = {
    "central_isolation": "red",
    "home_isolation": "orange",
    "home_health_monitoring": "yellow",
    "health_monitoring": "yellow",
    "self_monitoring": "light-green",
    "inform_only": "green",
}


@dataclass(frozen=True)
class Panel:
    """:param asks: (expression, legend) of each series.
    :param steps: (from this value on, colour), after green.
    :param colours: by legend.
    """

    title: str
    asks: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    about: str = ""
    wide: int = 12
    high: int = 8
    stacked: bool = False
    steps: tuple[tuple[float, str], ...] = ()
    colours: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def number(title: str, expr: str, *, about: str, **more: Any) -> Panel:
    return Panel(title, ((expr, ""),), kind="stat", about=about, **{"wide": 4, "high": 4, **more})


def bars(title: str, expr: str, legend: str, **more: Any) -> Panel:
    return Panel(title, ((expr, legend),), kind="bargauge", **more)


def told(event: str) -> str:
    return f'sum(increase(doorstep_events_recorded_total{{type="{event}"}}{RANGE}))'


def told_rate(event: str) -> str:
    return f'sum(rate(doorstep_events_recorded_total{{type="{event}"}}{RATE}))'


FLOW = (
    number(
        "Reports taken",
        f'sum(increase(doorstep_messages_total{{handler="registration.receive_report"}}{RANGE}))',
        about="Reports from all publishers, in the time shown",
    ),
    number("… accepted", told("report.accepted"), about="Answered with report.accepted"),
    number(
        "… rejected",
        told("report.rejected"),
        about="Answered with report.rejected; kept, and to be corrected",
        steps=((1, "yellow"),),
    ),
    number("Arrivals registered", told("arrival.registered"), about="One person's one coming to one place"),
    number("Cases opened", told("case.opened"), about="As many as arrivals, as soon as there is a policy"),
    number("Messages accepted", told("message.accepted"), about="Texts to people that the gateway has taken"),
    Panel(
        "An arrival's way through the services",
        (
            (told_rate("report.accepted"), "1 report accepted"),
            (told_rate("arrival.registered"), "2 arrival registered"),
            (told_rate("case.opened"), "3 case opened"),
            (told_rate("message.accepted"), "4 message accepted"),
            (told_rate("report.rejected"), "report rejected"),
        ),
        unit="eps",
        about="What each service told the next one. Lines 1 to 3 run together; a gap is a queue that grows.",
        wide=24,
        high=9,
        colours={"report rejected": "red"},
    ),
    Panel(
        "From the event to its commit: 95 % are within",
        (
            (
                "histogram_quantile(0.95, "
                f"sum by (handler, le) (rate(doorstep_message_lag_seconds_bucket{RATE})))",
                "{{handler}}",
            ),
        ),
        unit="s",
        about="Age of an event, in the time of the field, when its handler committed; "
        "only where something was handled",
        steps=((5, "yellow"), (60, "red")),
    ),
    Panel(
        "Handled",
        ((f'sum by (handler) (rate(doorstep_messages_total{{outcome="handled"}}{RATE}))', "{{handler}}"),),
        unit="eps",
        about="Events handled for the first time, all replicas together",
    ),
    Panel(
        "One batch: 95 % take",
        (
            (
                "histogram_quantile(0.95, "
                f"sum by (handler, le) (rate(doorstep_message_duration_seconds_bucket{RATE})))",
                "{{handler}}",
            ),
        ),
        unit="s",
        about="From its first event taken to its commit",
        steps=((1, "yellow"), (5, "red")),
    ),
    Panel(
        "Not handled",
        (
            (
                f'sum by (handler) (rate(doorstep_messages_total{{outcome="dead"}}{RATE}))',
                "{{handler}} given up",
            ),
            (f"sum by (handler) (rate(doorstep_retries_total{RATE}))", "{{handler}} tried again"),
            (f"sum by (handler) (rate(doorstep_inbox_duplicates_total{RATE}))", "{{handler}} known before"),
        ),
        unit="eps",
        about="Events given up on, sent to a retry queue, or recognised as handled before (harmless)",
    ),
)

QUEUES = (
    Panel(
        "Alerts",
        (('max by (alertname) (ALERTS{alertstate="firing"})', "{{alertname}}"),),
        kind="stat",
        about="What they mean and what to do: docs/operations/alerts.md",
        wide=8,
        high=4,
        steps=NONE_IS_WELL,
        options={"textMode": "name", "colorMode": "background", "graphMode": "none"},
    ),
    number(
        "In the queues",
        f"sum(rabbitmq_detailed_queue_messages{{{WORK}}})",
        about="Messages waiting or in hand; one holds up to 50 events",
        steps=((1000, "yellow"), (100_000, "red")),
    ),
    number(
        "Dead letters",
        "sum(doorstep:dead_letters_waiting)",
        about="Given up on, and not yet replayed or discarded",
        steps=NONE_IS_WELL,
    ),
    number(
        "Oldest in an outbox",
        "max(doorstep:outbox_oldest_age_seconds)",
        about="Committed and not yet at the broker. A few seconds are well.",
        unit="s",
        steps=((10, "yellow"), (30, "red")),
    ),
    number(
        "Queues without consumer",
        "count(doorstep:queue_consumers == 0) or vector(0)",
        about="Handlers that nobody runs",
        steps=NONE_IS_WELL,
    ),
    Panel(
        "Ready",
        ((f"sum by (queue) (rabbitmq_detailed_queue_messages_ready{{{WORK}}})", "{{queue}}"),),
        about="Messages that wait for a consumer",
    ),
    Panel(
        "In hand",
        ((f"sum by (queue) (rabbitmq_detailed_queue_messages_unacked{{{WORK}}})", "{{queue}}"),),
        about="Delivered and not yet acknowledged",
    ),
    Panel(
        "In",
        (
            (
                f"sum by (queue) (rate(rabbitmq_detailed_queue_messages_published_total{{{WORK}}}{RATE}))",
                "{{queue}}",
            ),
        ),
        unit="mps",
        about="Messages published to each queue",
    ),
    Panel(
        "Out",
        (
            (
                f"sum by (queue) (rate(rabbitmq_detailed_channel_messages_acked_total{{{WORK}}}{RATE}))",
                "{{queue}}",
            ),
        ),
        unit="mps",
        about="Messages acknowledged",
    ),
    bars(
        "Consumers",
        "doorstep:queue_consumers",
        "{{queue}}",
        about="One a replica",
        steps=(),
        wide=8,
        high=9,
        options={"base": "red", "first": (1, "green")},
    ),
    bars(
        "Replicas up",
        "doorstep:replicas_up",
        "{{job}}",
        about="Processes that answer Prometheus",
        wide=8,
        high=9,
        options={"base": "red", "first": (1, "green")},
    ),
    bars(
        "Doors up",
        "doorstep:doors_up",
        "{{job}}",
        about="Doors and consoles that answer Prometheus",
        wide=8,
        high=9,
        options={"base": "red", "first": (1, "green")},
    ),
    bars(
        "Dead letters waiting",
        "doorstep:dead_letters_waiting",
        "{{handler}}",
        about="doorstep dead list",
        wide=8,
        high=9,
        steps=NONE_IS_WELL,
    ),
    Panel(
        "Requests that fail",
        (("doorstep:requests_failed:ratio5m", "{{job}}"),),
        unit="percentunit",
        about="Of all requests to doors and the console",
        wide=8,
        high=9,
        steps=((0.02, "red"),),
    ),
    Panel(
        "Requests: p95",
        (("doorstep:request_seconds:p95", "{{job}}"),),
        unit="s",
        about="So long wait one of twenty requests to doors and the console, or longer",
        wide=8,
        high=9,
        steps=((1, "red"),),
    ),
    Panel(
        "Outbox: oldest",
        (("doorstep:outbox_oldest_age_seconds", "{{service}}"),),
        unit="s",
        about="How long the message that has waited longest for the broker's confirm has waited",
        steps=((30, "red"),),
    ),
    Panel(
        "Outbox: waiting",
        (("max by (service) (doorstep_outbox_pending)", "{{service}}"),),
        about="Messages committed and not yet confirmed by the broker",
    ),
    Panel(
        "Waiting to be tried again",
        (
            (
                'sum by (queue) (rabbitmq_detailed_queue_messages{queue=~"doorstep\\\\.retry\\\\..+"})',
                "{{queue}}",
            ),
        ),
        about="By how long they wait",
    ),
    Panel(
        "Canaries of the retry queues",
        (("max by (queue) (doorstep_canary_age_seconds)", "{{queue}}"),),
        unit="s",
        about="How long the message that goes through once a minute has been on its way",
    ),
    Panel(
        "Waits for database or broker",
        ((f"sum by (handler) (rate(doorstep_world_away_total{RATE}))", "{{handler}}"),),
        unit="cps",
        about="0 while both are there",
        steps=((0.01, "red"),),
    ),
    Panel(
        "Rows set aside",
        (("doorstep:stuck_rows", "{{chore}}"),),
        about="Each made a timer or another chore fail: doorstep stuck list",
        steps=NONE_IS_WELL,
    ),
    Panel(
        "Chores: since the last success",
        (("doorstep:chore_silent_seconds", "{{chore}}"),),
        unit="s",
        about="There is an alert from five minutes and three times its rhythm on",
    ),
    Panel(
        "Chores that fail",
        (("doorstep:chore_failures:increase10m", "{{chore}}"),),
        about="In ten minutes, for another reason than an absent database or broker",
        steps=NONE_IS_WELL,
    ),
)

FIELD = (
    number(
        "Arrivals",
        f"sum(increase(doorstep_arrivals_total{RANGE}))",
        about="Registered in the time shown",
    ),
    number("Open cases", "sum(max by (measure) (doorstep_open_cases))", about="Followed just now"),
    number(
        "Overdue tasks",
        "sum(max by (level) (doorstep_overdue_tasks))",
        about="Not done in time, and told up the ladder until they are",
        steps=SOME_ARE_WELL,
    ),
    number(
        "Without an owner",
        "sum(max by (service) (doorstep_arrivals_without_owner or doorstep_cases_without_owner))",
        about="Arrivals that no worker has, and cases that no owner has",
        steps=((1, "yellow"), (50, "red")),
    ),
    number(
        "… the longest for",
        "max(doorstep:without_owner_oldest_age_seconds)",
        about="In the time of the field. Red from half an hour on: there is an alert.",
        unit="s",
        steps=((600, "yellow"), (1800, "red")),
    ),
    number(
        "Reports to be corrected",
        "sum(max by (publisher) (doorstep_reports_needing_correction))",
        about="Kept as they came; their sources were told why",
        steps=SOME_ARE_WELL,
    ),
    bars(
        "Arrivals by source",
        f"sum by (source) (increase(doorstep_arrivals_total{RANGE})) > 0",
        "{{source}}",
        about="Who told of them first, in the time shown",
        high=9,
    ),
    bars(
        "Arrivals by risk",
        f"sum by (risk) (increase(doorstep_arrivals_total{RANGE}))",
        "{{risk}}",
        about="As it was when they were registered, in the time shown",
        high=9,
        colours=RISK,
    ),
    Panel(
        "Arrivals by source and risk",
        (
            (
                f"3600 * sum by (source, risk) (rate(doorstep_arrivals_total{RATE})) > 0",
                "{{source}}, {{risk}}",
            ),
        ),
        about="Per hour",
        wide=24,
        stacked=True,
    ),
    Panel(
        "Open cases by measure",
        (("max by (measure) (doorstep_open_cases)", "{{measure}}"),),
        about="Cases that are followed",
        stacked=True,
        colours=MEASURE_COLOURS,
    ),
    Panel(
        "Overdue tasks by level",
        (("max by (level) (doorstep_overdue_tasks)", "{{level}}"),),
        about="The level that was told of them last",
        stacked=True,
        colours=LEVEL_COLOURS,
    ),
    Panel(
        "Messages that wait",
        (("max by (state, channel) (doorstep_messages_waiting)", "{{state}}, {{channel}}"),),
        about="To be sent, or being sent just now",
        stacked=True,
    ),
    Panel(
        "Messages settled, by state and channel",
        (
            (
                f"60 * sum by (state, channel) (rate(doorstep_messages_settled_total{RATE}))",
                "{{state}}, {{channel}}",
            ),
        ),
        about="Per minute. accepted: the gateway has taken it. failed and unknown: a human calls them.",
        stacked=True,
        colours={"accepted, sms": "green", "failed, sms": "red", "unknown, sms": "orange"},
    ),
    Panel(
        "Without an owner, the longest for",
        (("doorstep:without_owner_oldest_age_seconds", "{{service}}"),),
        unit="s",
        about="registration: arrivals that no worker has. isolation: cases that no owner has.",
        steps=((1800, "red"),),
    ),
    bars(
        "Reports to be corrected, by publisher",
        "max by (publisher) (doorstep_reports_needing_correction)",
        "{{publisher}}",
        about="Whom to call",
        steps=SOME_ARE_WELL,
    ),
    bars(
        "Messages to staff that did not arrive, by the level told instead",
        f"sum by (level) (increase(doorstep_staff_not_reached_total{RANGE}))",
        "{{level}}",
        about="In the time shown. nobody: there is no staff above; import staff, or mend their numbers.",
        wide=24,
        high=6,
        colours=LEVEL_COLOURS,
    ),
)

DASHBOARDS = {
    "flow": ("Doorstep: flow", FLOW),
    "queues": ("Doorstep: queues", QUEUES),
    "field": ("Doorstep: the field", FIELD),
}
"""uid -> title and panels."""
