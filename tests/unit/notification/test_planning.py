import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from field.words import MEASURES
from services.notification.events import EVENTS
from services.notification.events.case_changed import CHANGES
from services.notification.messages import planning
from services.notification.messages.columns import plan_text
from services.notification.messages.message_id import id_range, message_id
from services.notification.messages.planning import Plan
from services.notification.rules.book import FOLDED, NoRule, RuleBook
from services.notification.rules.reading import FILE, RulesWrong, load_rules
from services.notification.texts.loading import load_texts
from services.notification.texts.texts import Texts

TEXTS = load_texts(zone=ZoneInfo("Asia/Shanghai"))
BOOK = load_rules(texts=TEXTS)
CASE = new_id()


def a_case(**changed: Any) -> dict[str, Any]:
    return {
        "case_id": CASE,
        "arrival_id": CASE,
        "state": "open",
        "measure": "home_isolation",
        "days": 7,
        "counted_from": date(2022, 10, 1),
        "release_on": date(2022, 10, 8),
        "risk_level": "medium",
        "person": "k1.person",
        "language": "zh-CN",
        "team": [  # the owner first
            {"role": "grid_worker", "staff_id": "s1", "contact": "k1.worker"},
            {"role": "health_worker", "staff_id": "s2", "contact": "k1.doctor"},
        ],
        "assigned": True,
        "today": [
            {
                "kind": "first_contact",
                "day": 0,
                "due_from": datetime(2022, 10, 1, 1, tzinfo=UTC),
                "due_by": datetime(2022, 10, 1, 3, tzinfo=UTC),
                "role": "grid_worker",
            }
        ],
        **changed,
    }


@pytest.mark.parametrize(
    ("told", "texts", "counted"),
    [
        (None, {"resident", "s1"}, {"s2", "cadre"}),
        (["resident", "care_team", "community"], {"resident", "s1"}, {"s2", "cadre"}),
        (["resident", "grid_worker"], {"resident", "s1"}, set()),
        ([], {"s1"}, set()),
    ],
)
def test_of_a_case_those_are_told_whom_its_policy_names(
    told: list[str] | None, texts: set[str], counted: set[str]
) -> None:
    officers = [{"role": "community_cadre", "staff_id": "cadre", "contact": "k1.cadre"}]
    data = a_case(told=told, officers=officers if told is None or "community" in told else [])
    plan = planning.plan(EVENTS["case.opened"], data, 1, BOOK)
    assert {message.recipient.id for message in plan.messages} == texts
    assert {recipient.id for _, recipient in plan.counted} == counted


def changed_case(kinds: list[str], previous: str = "health_monitoring", **changed: Any) -> dict[str, Any]:
    return a_case(change={"kinds": kinds, "previous_measure": previous, "reason": None}, **changed)


@pytest.mark.parametrize(
    ("kinds", "template"),
    [
        *((["cancelled"], "resident_cancelled"), (["ended_elsewhere"], "resident_ended_elsewhere")),
        *((["released"], "resident_released"), (["merged"], "resident_merged")),
        *((["moved_to_central"], "resident_moved"), (["permit_granted"], "resident_permit_granted")),
        *((["laxer", "assigned"], "resident_changed"), (["rescheduled"], "resident_changed")),
        *((["stricter"], None), (["reopened"], None), (["details", "phone"], None), (["assigned"], None)),
    ],
)
def test_whom_no_text_asks_for_anything_hears_all_the_same_that_it_is_over_or_less(
    kinds: list[str], template: str | None
) -> None:
    found = dict(recipients(changed(changed_case(kinds, told=["care_team"]))))
    assert found.get("resident") == template
    assert "resident" in dict(recipients(changed(changed_case(kinds, told=["resident"]))))


def opened(data: dict[str, Any], book: RuleBook = BOOK) -> Plan:
    return planning.plan(EVENTS["case.opened"], data, 1, book)


def changed(data: dict[str, Any], version: int = 2) -> Plan:
    return planning.plan(EVENTS["case.changed"], data, version, BOOK)


def recipients(plan: Plan) -> list[tuple[str, str]]:
    return [(message.recipient.id, message.rule.template) for message in plan.messages]


def ids(plan: Plan) -> list[str]:
    return [message.id for message in plan.messages]


def test_an_opened_case_informs_the_resident_and_the_grid_worker() -> None:
    plan = opened(a_case())
    assert recipients(plan) == [("resident", "resident_home_isolation"), ("s1", "worker_case")]
    assert plan.notice.worker == "k1.worker"
    assert plan.notice.parameters["contact_by"] == datetime(2022, 10, 1, 3, tzinfo=UTC)
    assert plan_text(plan.messages) == "resident_home_isolation>resident,worker_at_the_door>s1"


def test_the_owner_of_a_case_is_informed_whatever_the_role() -> None:
    officer = {"role": "community_officer", "staff_id": "s3", "contact": "k1.officer"}
    plan = opened(a_case(team=[officer, a_case()["team"][1]]))
    assert recipients(plan) == [("resident", "resident_home_isolation"), ("s3", "worker_case")]
    for kinds, template in ((["assigned"], "worker_case"), (["laxer"], "worker_changed")):
        assert ("s3", template) in recipients(changed(changed_case(kinds, team=[officer])))


def test_a_rule_for_a_role_informs_its_holder_beside_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rule = """
  - {rule: doctor, event: case.opened, to: 'team:health_worker', template: worker_case, channels: [sms],
     measures: [home_isolation]}
"""
    path.write_text(FILE.read_text(encoding="utf-8") + rule, encoding="utf-8")
    plan = opened(a_case(), load_rules(path, texts=TEXTS))
    assert [message.recipient.id for message in plan.messages] == ["resident", "s1", "s2"]


def test_the_resident_message_names_the_grid_worker_wherever_in_the_team() -> None:
    assert opened(a_case(team=a_case()["team"][::-1])).notice.worker == "k1.worker"


def test_the_days_are_said_to_begin_with_the_day_of_arrival_where_it_counts() -> None:
    said = opened(a_case(first_day=date(2022, 10, 1), counted_from=date(2022, 9, 30))).notice.parameters
    assert said["counted_from"] == date(2022, 10, 1)
    before = opened(a_case(first_day=None, counted_from=date(2022, 9, 30))).notice.parameters
    assert before["counted_from"] == date(2022, 9, 30)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_informs_both_sides(measure: str) -> None:
    plan = opened(a_case(measure=measure))
    assert [message.recipient.kind for message in plan.messages] == ["resident", "staff"]


def test_without_a_worker_only_the_resident_is_informed_and_the_worker_later() -> None:
    assert recipients(opened(a_case(team=[], assigned=False))) == [("resident", "resident_home_isolation")]
    assigned = changed(changed_case(["assigned"], previous="home_isolation"))
    assert recipients(assigned) == [("s1", "worker_case"), ("resident", "resident_worker")]
    assert not assigned.notice.supersedes


def test_an_event_with_several_changes_is_one_message_to_each_recipient() -> None:
    plan = changed(changed_case(["assigned", "stricter", "rescheduled"]), 3)
    assert recipients(plan) == [("resident", "resident_changed"), ("s1", "worker_case")]
    assert plan.notice.supersedes


def test_added_details_inform_nobody() -> None:
    plan = changed(changed_case(["details"]))
    assert (plan.messages, plan_text(plan.messages), plan.notice.supersedes) == ([], "", False)


@pytest.mark.parametrize("measure", MEASURES)
def test_who_is_followed_elsewhere_is_not_told_that_nothing_is_asked(measure: str) -> None:
    plan = changed(changed_case(["ended_elsewhere"], measure=measure, state="cancelled", today=[]))
    assert recipients(plan) == [("resident", "resident_ended_elsewhere"), ("s1", "worker_cancelled")]
    assert plan.notice.supersedes
    for language, void in (("zh-CN", ("撤销", "作废")), ("en", ("void", "no longer", "cancel"))):
        text = TEXTS.render("resident_ended_elsewhere", 1, "sms", language, {"hotline": "12345"})
        assert not any(word in text for word in void) and "12345" in text
        assert ("仍然有效" if language == "zh-CN" else "still holds") in text


@pytest.mark.parametrize("measure", MEASURES)
def test_nobody_but_the_owner_is_told_of_somebody_who_died(measure: str) -> None:
    plan = changed(changed_case(["died"], measure=measure, state="cancelled", today=[]))
    assert recipients(plan) == [("s1", "worker_cancelled")] and plan.notice.supersedes


def test_whoever_takes_the_place_of_another_in_the_team_learns_of_the_case() -> None:
    data = changed_case(["details"])
    data["change"]["joined"] = ["s2", "who left again"]
    assert recipients(changed(data)) == [("s2", "worker_joined")]


def test_a_new_owner_is_informed_once_beside_whoever_else_joined() -> None:
    data = changed_case(["assigned", "details"])
    data["change"]["joined"] = ["s1", "s2"]
    told = recipients(changed(data))
    assert sorted(told) == [("resident", "resident_worker"), ("s1", "worker_case"), ("s2", "worker_joined")]


def test_whoever_has_tasks_that_went_along_to_another_place_learns_of_it_by_the_digest() -> None:
    data = changed_case(["assigned", "door", "details"])
    officer = {"role": "community_officer", "staff_id": "o9", "contact": "k1.officer"}
    data["change"]["given"] = [officer, data["team"][0]]
    plan = changed(data)
    told = {"o9": "worker_joined", "resident": "resident_worker", "s1": "worker_case"}
    assert dict(recipients(plan)) == told
    [message] = [one for one in plan.messages if one.recipient.id == "o9"]
    assert (message.rule.digest, message.recipient.contact) == (FOLDED, "k1.officer")


def test_a_worker_who_has_no_contact_is_planned_all_the_same() -> None:
    team = [{"role": "grid_worker", "staff_id": "s1", "contact": None}]
    assert recipients(opened(a_case(team=team)))[1] == ("s1", "worker_case")


def test_a_worker_who_stands_in_the_team_twice_is_informed_once() -> None:
    worker = {"role": "grid_worker", "staff_id": "s1", "contact": "k1.worker"}
    assert len(opened(a_case(team=[worker, worker])).messages) == 2


def test_an_overdue_task_informs_the_staff_that_the_event_names() -> None:
    data = {
        "task_id": new_id(),
        "case_id": CASE,
        "arrival_id": CASE,
        "kind": "test",
        "day": 3,
        "due_by": datetime(2022, 10, 4, tzinfo=UTC),
        "step": 2,
        "tell": {
            "level": "community",
            "place": "c1",
            "staff": [
                {"staff_id": "o2", "role": "community_officer", "contact": "k1.b", "language": "en"},
                {"staff_id": "o1", "role": "community_officer", "contact": "k1.a", "language": "zh-CN"},
            ],
        },
        "community": "c1",
    }
    plan = planning.plan(EVENTS["task.overdue"], data, 2, BOOK)
    to = [message.recipient for message in plan.messages]
    assert [(recipient.id, recipient.contact, recipient.language) for recipient in to] == [
        ("o1", "k1.a", "zh-CN"),
        ("o2", "k1.b", "en"),
    ]


def test_a_possible_duplicate_informs_the_staff_of_both_places_once() -> None:
    def side(arrival_id: str, place: str, *staff_ids: str) -> dict[str, Any]:
        staff = [
            {"staff_id": id, "role": "grid_worker", "contact": f"k1.{id}", "language": "zh-CN"}
            for id in staff_ids
        ]
        return {"arrival_id": arrival_id, "place": place, "community": "c", "staff": staff}

    other = new_id()
    data = {
        "why": "two_places",
        "arrivals": [side(CASE, "春和社区", "w1", "w2"), side(other, "瑞祥社区", "w2")],
    }
    planned = planning.plan(EVENTS["possible_duplicate.opened"], data, 1, BOOK)
    assert [message.recipient.id for message in planned.messages] == ["w1", "w2"]
    (rule,) = {message.rule.name for message in planned.messages}
    text = TEXTS.render("staff_possible_duplicate", 1, "sms", "zh-CN", planned.notice.parameters)
    assert rule == "staff_possible_duplicate"
    assert "春和社区" in text and "瑞祥社区" in text and "报到两处" in text
    nobody = {"why": "same_phone", "arrivals": [side(CASE, "春和社区"), side(other, "瑞祥社区")]}
    assert planning.plan(EVENTS["possible_duplicate.opened"], nobody, 1, BOOK).messages == []


@pytest.mark.parametrize(
    ("event", "more", "says"),
    [
        ("transfer.asked", {"answer_by": datetime(2022, 10, 3, 2, tzinfo=UTC)}, "移交待接收"),
        ("transfer.answered", {"decision": "refused"}, "移交被退回"),
        ("transfer.answered", {"decision": "withdrawn"}, "移交已撤回"),
    ],
)
def test_a_transfer_is_told_to_the_officers_of_the_other_side_without_a_name(
    event: str, more: dict[str, Any], says: str
) -> None:
    staff = [{"staff_id": "o2", "role": "community_officer", "contact": "k1.o2", "language": "zh-CN"}]
    data = {"transfer_id": new_id(), "arrivals": [CASE, new_id()], "staff": staff, **more}
    data |= {"from_place": "春和社区", "to_place": "瑞祥社区"}
    planned = planning.plan(EVENTS[event], data, 1, BOOK)
    [message] = planned.messages
    assert message.recipient.id == "o2"
    text = TEXTS.render(message.rule.template, 1, "sms", "zh-CN", planned.notice.parameters)
    assert says in text and "春和社区" in text and "瑞祥社区" in text and "2人" in text
    assert planning.plan(EVENTS[event], {**data, "staff": []}, 1, BOOK).messages == []


def test_an_unknown_measure_is_no_silence() -> None:
    with pytest.raises(NoRule, match="house_arrest"):
        opened(a_case(measure="house_arrest"))


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        ("refused", "police_refused"),
        ("admonished", "police_breach"),
        ("breach_confirmed", "police_breach"),
        ("resumed", None),
        ("released", None),
        ("stricter", None),
    ],
)
def test_the_police_of_the_team_hear_of_decided_refusals_and_confirmed_breaches(
    kind: str, template: str | None
) -> None:
    police = {"role": "police", "staff_id": "p1", "contact": "k1.police"}
    plan = changed(changed_case([kind], team=[*a_case()["team"], police]))
    assert dict(recipients(plan)).get("p1") == template
    if template:
        rule = next(message.rule for message in plan.messages if message.recipient.id == "p1")
        said = TEXTS.variables(template, rule.template_version, "sms")
        assert said == {"building"}, "neither who, nor what is asked of them"


@given(st.sampled_from(MEASURES), st.sets(st.sampled_from(CHANGES), min_size=1))
def test_whatever_changes_nobody_gets_two_messages_of_one_event(measure: str, kinds: set[str]) -> None:
    plan = changed(changed_case(sorted(kinds), measure=measure))
    assert len({message.recipient.id for message in plan.messages}) == len(plan.messages)
    assert len(set(ids(plan))) == len(plan.messages)
    in_digests = {
        "details",
        "refused",
        "resumed",
        "breach_confirmed",
        "central_decided",
        "central_taken_back",
    }
    assert bool(plan.messages) == (not kinds <= in_digests)


@given(st.uuids(version=4), st.text(max_size=80), st.text(max_size=60), st.text(max_size=40))
def test_a_message_id_is_a_uuid_of_its_natural_key_that_lies_with_its_case(
    case: uuid.UUID, notice: str, rule: str, recipient: str
) -> None:
    made = message_id(str(case), notice, rule, recipient)
    assert made == str(uuid.UUID(made)) == message_id(str(case), notice, rule, recipient)
    assert uuid.UUID(made).version == 8
    assert uuid.UUID(made).variant == uuid.RFC_4122
    first, last = id_range(str(case))
    assert uuid.UUID(first) <= uuid.UUID(made) <= uuid.UUID(last)
    assert first <= made <= last
    assert made != message_id(str(case), notice, rule, recipient + "x")


OTHER_CONTACT = [{"role": "grid_worker", "staff_id": "s3", "contact": "k1.worker"}]


@pytest.mark.parametrize(
    "other",
    [
        {"measure": "central_isolation"},
        {"days": 10},
        {"counted_from": date(2022, 10, 2)},
        {"release_on": date(2022, 10, 11)},
        {"team": OTHER_CONTACT},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_content_under_the_same_version_gets_another_message_id(
    other: dict[str, Any],
) -> None:
    """As after a restore from a backup: a gateway that has sent the first must not take this for it."""
    one = changed(changed_case(["stricter"]))
    another = changed(changed_case(["stricter"], **other))
    assert one.notice.key == another.notice.key
    assert not set(ids(one)) & set(ids(another))
    first, last = id_range(CASE)
    assert all(first <= id <= last for id in ids(another))


def test_the_same_content_gets_the_same_message_id_however_it_was_sealed() -> None:
    team = [{**member, "contact": f"k2.{member['role']}"} for member in a_case()["team"]]
    again = a_case(person="k2.person", team=team, today=[], tasks_planned=9, days=7)
    assert ids(opened(again)) == ids(opened(a_case()))


def test_rules_with_errors_are_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        """
rules:
  - {rule: one, event: case.opened, to: resident, template: resident_inform, channels: [sms],
     measures: [house_arrest]}
  - {rule: two, event: case.closed, to: everybody}
  - {rule: three, event: case.opened, to: ladder, template: x, channels: [pigeon], measures: [inform_only]}
  - {rule: four, event: task.overdue, to: ladder, measures: [inform_only]}
  - nonsense
"""
    )
    with pytest.raises(RulesWrong) as caught:
        load_rules(path, texts=TEXTS)
    lines = str(caught.value).splitlines()
    assert any("rule 1 (one): measures.0" in line for line in lines)
    assert any("rule 2 (two): event" in line for line in lines)
    assert any("rule 2 (two): to" in line for line in lines)
    assert any("rule 3 (three): channels.0" in line for line in lines)
    assert any("rule 4 (four): tasks: is needed here" in line for line in lines)
    assert any("rule 4 (four): measures: means nothing" in line for line in lines)
    assert any(line.startswith("rule 5") for line in lines)


def test_rules_that_inform_nobody_or_name_an_unwritten_template_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        """
rules:
  - {rule: one, event: case.opened, to: resident, template: no_such, channels: [sms], measures: [inform_only]}
  - {rule: two, event: case.opened, to: resident, template: staff_overdue, channels: [sms],
     measures: [home_isolation]}
"""
    )
    with pytest.raises(RulesWrong) as caught:
        load_rules(path, texts=TEXTS)
    text = str(caught.value)
    assert "rule one: there is no template no_such" in text
    assert "rule two: template staff_overdue uses task_kind, which case.opened does not bring" in text
    assert "nobody is told of case.opened with measure central_isolation" in text
    assert "nobody is told of case.changed (stricter) with measure inform_only" in text
    assert "nobody is told of task.overdue" in text


def test_rules_of_digests_need_a_text_of_the_digest_for_their_channels() -> None:
    pigeons = Texts(
        replace(one, channel="pigeon") if one.name == "staff_digest" else one
        for one in TEXTS._by_key.values()
    )
    with pytest.raises(RulesWrong) as caught:
        load_rules(texts=pigeons)
    said = "template staff_digest has no text for sms"
    wrong = (
        *(
            "members_of_the_team",
            "officers_of_the_place",
            "worker_released",
            "worker_refused",
            "staff_given",
            "ladder_overdue",
        ),
        *("worker_permit", "worker_breach", "police_taken_back", "worker_central", "staff_day"),
    )
    assert str(caught.value).splitlines() == [f"rule {name}: {said}" for name in wrong]


def test_a_file_that_is_absent_or_not_yaml_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RulesWrong, match="cannot be read"):
        load_rules(tmp_path / "none.yaml", texts=TEXTS)
    (tmp_path / "bad.yaml").write_text("rules: [")
    with pytest.raises(RulesWrong, match="not YAML") as caught:
        load_rules(tmp_path / "bad.yaml", texts=TEXTS)
    assert "\n" not in str(caught.value)
