"""Made-up people and figures for `/style`. Nobody of them exists."""

from __future__ import annotations

from typing import Final

from field.telling_apart import Label
from services.console.pages.catalogues import gettext
from services.console.pages.shown.figures import Count, Figure, Part
from services.console.pages.shown.rows import Filter, HouseholdCard, PersonRow, TaskRow, Viewer, Wrong
from services.console.pages.words import temperature_fault

VIEWER: Final = Viewer("示例网格员", "grid_worker", "示例街道春和社区第3网格")

TASKS: Final = (
    TaskRow("check_in", "due", "10:00"),
    TaskRow("first_contact", "overdue", "08:30", "两次无人应答"),
    TaskRow("check_in", "abnormal", "07:45", "38.2 ℃"),
    TaskRow("test", "done", "09:12"),
    TaskRow("supplies", "waived", "09:20", "家属已送"),
    TaskRow("first_contact", "due", "12:00", who=(Label("*雨", 8),), attempts=2, next_try="11:00"),
    TaskRow("supplies", "due", "19:00", because="no_supplies"),
    TaskRow("test", "due", "17:00", role="health_worker"),
)

HOUSEHOLDS: Final = (
    HouseholdCard(
        "3号楼 2单元 501",
        (
            PersonRow(Label("*兰", 37), "home_isolation", 3, 7),
            PersonRow(Label("*雨", 8), "home_isolation", 3, 7),
            PersonRow(Label("*晨", 1, 14), "home_isolation", 3, 7, ("infant",)),
        ),
        TASKS[:1],
        "16500000001",
        "18:00–20:00",
    ),
    HouseholdCard(
        "3号楼 2单元 602",
        (PersonRow(Label("*山", 81), "health_monitoring", 2, 3, ("lives_alone", "hard_of_hearing")),),
        TASKS[1:2],
        "16500000002",
    ),
    HouseholdCard(
        "3号楼 3单元 101",
        (PersonRow(Label("A*", 29), "home_isolation", 6, 7),),
        (TASKS[2], TASKS[3]),
        "16500000003",
    ),
    HouseholdCard(
        "4号楼 1单元 202",
        (PersonRow(Label("*宁", 45), "health_monitoring", 3, 3),),
        (TASKS[3], TASKS[4]),
        "",
        marks=("unsafe_dog",),
    ),
)

BY_PLACE: Final = (
    ("春和社区", 128),
    ("和平社区", 93),
    ("北面滩社区", 41),
    ("段家滩社区", 7),
    ("石榴雅苑", 0),
)

WORKERS: Final = (
    ("示例网格员甲", 3, 1, 23, 41, 64),
    ("示例网格员乙", 0, 0, 19, 37, 58),
    ("示例网格员丙", 11, 2, 30, 22, 71),
)
"""Name, overdue, abnormal, due, done, open: what cannot wait stands first, where a phone shows it."""


def filters() -> list[Filter]:
    return [
        Filter(gettext("all"), "#lists", 41, True),
        Filter(gettext("overdue"), "#lists", 3),
        Filter(gettext("abnormal"), "#lists", 1),
        Filter(gettext("first visits"), "#lists", 2),
        Filter(gettext("not yet reported"), "#lists", 17),
    ]


def wrong() -> list[Wrong]:
    return [
        Wrong("faulty_temperature", temperature_fault("out_of_bounds")),
        Wrong("faulty_how", gettext("Say how it is known")),
    ]


def figure(as_of: str) -> Figure:
    return Figure(
        as_of,
        "示例街道",
        Part(gettext("home isolation"), Count(963, 412)),
        [
            Part(
                gettext("no check-in in any window ended today"),
                Count(31, 23),
                [
                    (gettext("no phone"), 6),
                    (gettext("no answer"), 9),
                    (gettext("newly come"), 5),
                    (gettext("nobody responsible"), 3),
                ],
            )
        ],
        gettext(
            "Counted are households with a person in home isolation of whom nothing was reported in any "
            "window that ended today."
        ),
    )
