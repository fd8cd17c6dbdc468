"""What a household's card says of all its tasks together."""

from __future__ import annotations

from typing import get_args

import pytest

from services.console.pages.shown.rows import HouseholdCard, TaskRow, TaskState
from tests.console_pages import console_app


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((), "done"),
        (("done", "waived"), "done"),
        (("waived",), "waived"),
        (("done", "due"), "due"),
        (("due", "overdue", "done"), "overdue"),
        (("overdue", "abnormal", "due"), "abnormal"),
    ],
)
def test_a_household_is_as_its_gravest_task(states: tuple[TaskState, ...], said: TaskState) -> None:
    tasks = [TaskRow("check_in", state, "10:00") for state in states]
    assert HouseholdCard("3号楼 501", (), tasks, "16500000001").state == said


def test_every_state_of_a_task_is_on_the_style_page() -> None:
    page = console_app().test_client().get("/style").text
    for state in get_args(TaskState):
        assert f'<li class="task {state}">' in page
