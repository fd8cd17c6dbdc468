"""Figures of several replicas as one: quantiles of their histograms, and what was added since."""

from __future__ import annotations

import pytest

from operations.queues.service_metrics import LAG, MESSAGES, Counts


def lags(**buckets: float) -> Counts:
    """`lags(_1=5, _2=10, inf=10)`: five within a second, ten within two."""
    counts = Counts()
    for name, value in buckets.items():
        counts.values[LAG, "a.b", "+Inf" if name == "inf" else name.strip("_")] = value
    return counts


@pytest.mark.parametrize(
    ("counts", "share", "seconds"),
    [
        (lags(_1=10, _2=10, inf=10), 0.5, 0.5),
        (lags(_1=5, _2=10, inf=10), 0.5, 1.0),
        (lags(_1=0, _2=10, inf=10), 0.95, 1.95),
        (lags(_1=0, _2=1, inf=10), 0.95, 2.0),  # over the last bound
        (lags(_1=0, _2=0, inf=0), 0.5, None),
        (Counts(), 0.5, None),
    ],
)
def test_a_share_lies_between_the_bounds_as_prometheus_says(
    counts: Counts, share: float, seconds: float | None
):
    assert counts.lag("a.b", share) == pytest.approx(seconds)


def test_counts_since_a_moment_survive_the_restart_of_a_replica():
    before, now = Counts(), Counts()
    before.values.update({(MESSAGES, "a.b", "handled"): 10, (MESSAGES, "a.c", "handled"): 10})
    now.values.update({(MESSAGES, "a.b", "handled"): 15, (MESSAGES, "a.c", "handled"): 3})
    added = now.since(before)
    assert added.get(MESSAGES, "a.b", "handled") == 5
    assert added.get(MESSAGES, "a.c", "handled") == 3, "a replica that started again counts from 0"
