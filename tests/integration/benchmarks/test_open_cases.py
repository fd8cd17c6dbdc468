"""Copies of open cases are what the services make, under ids of their own, with something for each timer."""

from collections.abc import Callable
from datetime import date

import pytest

pytest.importorskip("psutil")

from benchmarks.bulk_load import load
from benchmarks.timers.figures import Done, Figures, Wanted
from benchmarks.timers.open_cases import LOOK_AT, OVERDUE_AT, open_cases
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from services.isolation.cases import queries
from tests.integration.benchmarks.test_bulk import ask, indexes

COPIES, EVERY = 40, 10


@pytest.mark.postgresql
def test_each_copy_has_its_tasks_history_and_link_and_one_of_ten_is_for_a_timer(
    postgresql_url: Callable[[str], str],
) -> None:
    database = Database(postgresql_url("isolation"))
    upgrade("isolation", database)
    url = database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    load({"isolation": url}, 5)
    with database.begin() as conn:
        for made in (
            "UPDATE cases SET closed_at = NULL, state = 'open', plan_next = '2022-10-03'",
            "UPDATE tasks SET kind = 'first_contact' WHERE kind = 'visit' AND day = 0",
            "INSERT INTO links (household, token, sealed, cases) SELECT household_id, "
            "hashtextextended(household_id, 1), 'x', json_build_array(case_id) FROM cases",
        ):
            conn.exec_driver_sql(made)
    before = indexes(url)

    open_cases(url, COPIES, EVERY, lambda done, of: None)

    assert indexes(url) == before
    with database.read() as conn:
        audit = queries.audit(conn, today=date(2022, 10, 1))
    lacking = {problem["what"] for problem in audit["problems"]}
    assert audit["cases"] == 5 + COPIES and not lacking & {"task_count", "history_count", "task_without_case"}
    assert ask(url, "SELECT count(*) FROM links JOIN cases ON household = household_id") == [(5 + COPIES,)]
    overdue = f"SELECT count(*), count(DISTINCT case_id) FROM tasks WHERE tell_at = '{OVERDUE_AT}'"
    assert ask(url, overdue) == [(COPIES // EVERY, COPIES // EVERY)]
    at_the_end = (
        "SELECT count(*) FROM release_checks JOIN cases USING (case_id) "
        f"WHERE check_at = '{LOOK_AT}' AND plan_next IS NULL AND release_on = '2022-10-01'"
    )
    assert ask(url, at_the_end) == [(COPIES // EVERY,)]
    database.dispose()


def test_a_quick_run_holds_a_timer_to_as_many_seconds_a_row() -> None:
    wanted = Wanted(100_000, 60.0)
    figures = Figures(open_cases=10_000, done=[Done("one", wanted, 1000, 3.5, 0.95, 0)])
    assert figures.hold
    for late in (
        Done("slow", wanted, 1000, 3.7, 0.95, 0),
        Done("starves intake", wanted, 1000, 1.0, 0.89, 0),
        Done("whole", wanted, 100_000, 60.5, 0.95, 0),
    ):
        assert not Figures(done=[*figures.done, late]).hold
