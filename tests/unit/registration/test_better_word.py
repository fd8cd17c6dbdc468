"""A source's later word replaces its earlier one; between sources a rank decides, then the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.sealing import BlindIndex
from field.words import SOURCE_KINDS
from services.registration.arrivals.coming import Coming, fold_statements
from services.registration.arrivals.join_statements import join_statements
from services.registration.arrivals.known_arrivals import KnownArrivals
from services.registration.arrivals.same_report import is_same_report, reports_again
from services.registration.arrivals.source_ranks import RANK
from services.registration.persons.claims import PersonMatch
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop

NOON = datetime(2022, 10, 1, 12, tzinfo=UTC)


def stop(code: str) -> Stop:
    return Stop(code, "", date(2022, 9, 20), date(2022, 9, 25))


def said(
    hour: int,
    *,
    source: str = "/rail/a",
    kind: str = "transport",
    phone: str | None = "13909310001",
    address: str = "石榴雅苑3号楼",
    grid: str | None = "g1",
    community: str | None = "c1",
    stops: tuple[str, ...] = (),
    at: float = 0,
    expected: bool = False,
    called_off: bool = False,
    reference: str | None = None,
    journey: str = "",
) -> Statement:
    """A report said so many hours after noon; `at`: days from noon to the coming."""
    person = Person(name="王一", phone=phone)
    report = Report(
        source_kind=kind,
        people=(person,),
        stops=tuple(map(stop, stops)),
        arrived_at=NOON + timedelta(days=at),
        expected=expected or called_off,
        division="620102",
        address=address,
        remarks=None,
        language=None,
        reference=reference,
        journey=journey,
        called_off=called_off,
    )
    order = (NOON + timedelta(hours=hour), source, str(hour), 0)
    return Statement(order, f"r{hour}{source}", report, person, Placement("s1", community, grid, "name"))


def fold(*statements: Statement) -> Coming:
    """In whatever order they come."""
    (coming,) = {fold_statements(order) for order in permutations(statements)}
    return coming


def codes(coming: Coming) -> list[str]:
    return [stop.division for stop in coming.stops]


# -- one source ----------------------------------------------------------------------------------------------


def test_a_sources_later_word_replaces_its_earlier_one_field_by_field() -> None:
    coming = fold(
        said(0, phone="13909310001", stops=("620402",)),
        said(1, phone="13909310009", address="石榴雅苑4号楼", at=0.1),
    )
    assert coming.person.phone == "13909310009"
    assert coming.address == "石榴雅苑4号楼"
    assert coming.arrived_at == NOON + timedelta(days=0.1)
    assert codes(coming) == ["620402"]  # it names no stops: it takes none back


def test_what_a_report_leaves_out_stays() -> None:
    coming = fold(said(0, stops=("620402",)), said(1, phone=None, address="", grid=None))
    assert coming.person.phone == "13909310001"
    assert (coming.address, coming.placement.grid) == ("石榴雅苑3号楼", "g1")


def test_a_list_of_stops_replaces_the_sources_earlier_one_and_no_other_sources() -> None:
    earlier, later = said(0, stops=("620402", "620502")), said(1, stops=("620502",))
    assert codes(fold(earlier, later)) == ["620502"]
    police = said(2, source="/police/a", kind="police", stops=("650102",))
    assert codes(fold(earlier, later, police)) == ["620502", "650102"]


def test_a_list_of_which_a_part_waits_for_correction_takes_no_stop_back() -> None:
    unsure = said(1)
    unsure = replace(unsure, report=replace(unsure.report, stops=(replace(stop("650102"), sure=False),)))
    assert codes(fold(said(0, stops=("620402",)), unsure)) == ["620402", "650102"]


def test_two_journeys_or_two_references_of_one_source_add_up() -> None:
    """The second leg of a journey takes the first back as little as another ticket does."""
    legs = [said(0, journey="G1", stops=("620402",)), said(1, journey="D2", stops=("650102",))]
    assert codes(fold(*legs)) == ["620402", "650102"]
    tickets = [said(0, reference="a", stops=("620402",)), said(1, reference="b", stops=("650102",))]
    assert codes(fold(*tickets)) == ["620402", "650102"]
    corrected = [said(0, reference="a", stops=("620402",)), said(1, reference="a", stops=("650102",))]
    assert codes(fold(*corrected)) == ["650102"]


def test_a_source_that_corrects_the_community_is_believed() -> None:
    coming = fold(
        said(0, reference="a"),
        said(1, reference="a", community="c2", grid=None, address="和平家园1号楼"),
    )
    assert (coming.placement.community, coming.address) == ("c2", "和平家园1号楼")


def test_a_gate_that_sees_somebody_again_moves_no_arrival() -> None:
    gate = {"source": "/gate/a", "kind": "gate"}
    assert fold(said(0, **gate), said(8, at=0.3, **gate)).arrived_at == NOON
    corrected = fold(said(0, reference="a", **gate), said(8, at=0.3, reference="a", **gate))
    assert corrected.arrived_at == NOON + timedelta(days=0.3)


# -- several sources -----------------------------------------------------------------------------------------


def test_every_field_ranks_every_kind_of_source() -> None:
    for ranks in RANK.values():
        assert sorted(ranks.values()) == list(range(len(SOURCE_KINDS)))


def test_each_field_is_taken_from_the_source_that_knows_it_best() -> None:
    coming = fold(
        said(0, source="/gate/a", kind="gate", phone="13909310003", address="石榴雅苑1号楼", at=0.2),
        said(1, source="/self/a", kind="self", phone="13909310002", address="石榴雅苑2号楼", at=0.3),
        said(2, phone="13909310001", address="石榴雅苑3号楼", at=0.4),
    )
    assert coming.person.phone == "13909310002"
    assert coming.address == "石榴雅苑1号楼"
    assert coming.arrived_at == NOON + timedelta(days=0.2)


def test_the_day_of_entry_is_the_word_of_who_looks_at_documents() -> None:
    def entered(statement: Statement, day: int) -> Statement:
        return replace(statement, report=replace(statement.report, entered_on=date(2022, 9, day)))

    own = entered(said(2, source="/self/a", kind="self"), 27)
    assert fold(own).entered_on == fold(own, said(3)).entered_on == date(2022, 9, 27)
    police = entered(said(0, source="/police/a", kind="police"), 28)
    assert fold(own, police, said(3)).entered_on == date(2022, 9, 28)
    assert fold(said(0)).entered_on is None


def test_of_two_sources_of_one_rank_the_later_word_counts() -> None:
    coming = fold(said(0), said(1, source="/air/a", phone="13909310007"))
    assert coming.person.phone == "13909310007"


def test_a_better_source_that_knows_less_leaves_the_detail_that_fits() -> None:
    gate = said(0, source="/gate/a", kind="gate", address="石榴雅苑")
    assert fold(gate, said(1, address="石榴雅苑3号楼")).address == "石榴雅苑3号楼"


# -- called off ----------------------------------------------------------------------------------------------


def test_a_coming_is_called_off_by_its_source_and_comes_back_with_its_next_word() -> None:
    announced, off = said(0, at=2, expected=True), said(1, at=2, called_off=True)
    assert fold(announced, off).not_coming
    again = said(2, at=3, expected=True)
    coming = fold(announced, off, again)
    assert (coming.not_coming, coming.expected) == (False, True)
    assert coming.arrived_at == NOON + timedelta(days=3)


def test_whoever_came_came_whatever_another_source_calls_off() -> None:
    gate = said(0, source="/gate/a", kind="gate")
    assert not fold(gate, said(5, source="/self/a", kind="self", called_off=True)).not_coming


def test_an_announcement_that_a_worse_source_repeats_stays_called_off() -> None:
    own = said(0, source="/self/a", kind="self", at=2, expected=True)
    off = said(1, source="/self/a", kind="self", at=2, called_off=True)
    assert fold(own, said(0, at=2, expected=True), off, said(2, at=2, expected=True)).not_coming


def test_nobody_calls_off_in_the_name_of_a_traveller_who_announced_nothing() -> None:
    announced = said(0, at=2, expected=True)
    off = said(1, source="/shop/a", kind="self", at=2, called_off=True)
    assert not fold(announced, off).not_coming
    assert fold(announced, off, said(0, source="/city/a", kind="self", at=2, expected=True)).not_coming
    assert fold(announced, off, said(0, source="/shop/b", kind="employer", at=2, expected=True)).not_coming
    assert fold(off).not_coming


# -- any order -----------------------------------------------------------------------------------------------

statements = st.lists(
    st.builds(
        said,
        st.integers(0, 40),
        source=st.sampled_from(["/rail/a", "/gate/a", "/city/a", "/city/b"]),
        kind=st.sampled_from(["transport", "gate", "self", "police"]),
        phone=st.sampled_from([None, "13909310001", "13909310002"]),
        address=st.sampled_from(["", "石榴雅苑", "石榴雅苑3号楼", "和平家园1号楼"]),
        grid=st.sampled_from([None, "g1"]),
        community=st.sampled_from(["c1", "c2"]),
        stops=st.lists(st.sampled_from(["620402", "650102"]), max_size=2, unique=True).map(tuple),
        at=st.integers(-3, 30),
        expected=st.booleans(),
        called_off=st.booleans(),
        reference=st.sampled_from([None, "a", "b"]),
        journey=st.sampled_from(["", "G1"]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.order,
)


@given(statements, st.randoms())
def test_the_account_does_not_depend_on_the_order(told: list[Statement], random: Any) -> None:
    turned = list(told)
    random.shuffle(turned)
    assert fold_statements(turned) == fold_statements(told)


@given(statements)
def test_an_older_report_that_comes_late_overrides_no_later_word_of_its_source(told: list[Statement]) -> None:
    last = max(told, key=lambda one: one.order)
    mine = [one for one in told if one.publisher == last.publisher]
    coming = fold_statements(mine)
    if last.person.phone and len({one.report.source_kind for one in mine}) == 1:
        assert coming.person.phone == last.person.phone


@given(statements)
def test_two_reports_are_a_pair_whichever_is_looked_at_first(told: list[Statement]) -> None:
    assert all(is_same_report(a, b) == is_same_report(b, a) for a in told for b in told if a is not b)


# -- what else is the same coming ----------------------------------------------------------------------------


def test_a_moved_announcement_is_the_same_coming_while_nobody_came() -> None:
    announced, moved = said(0, at=2, expected=True), said(1, at=6, expected=True)
    assert reports_again(moved, [announced], expected=True)
    assert reports_again(announced, [moved], expected=True)  # an older report that comes late
    assert not reports_again(moved, [announced], expected=False)
    assert not is_same_report(announced, said(1, at=20, expected=True))
    assert not is_same_report(announced, said(1, at=6, expected=True, source="/air/a"))
    assert not is_same_report(announced, said(1, at=6, expected=True, community="c2"))


def test_whoever_came_and_announces_a_coming_comes_once_more() -> None:
    assert not is_same_report(said(0), said(1, at=6, expected=True))


def test_under_one_reference_time_and_place_may_be_corrected() -> None:
    first = said(0, reference="a")
    assert reports_again(said(1, reference="a", at=0.4, community="c2"), [first], expected=False)
    assert not reports_again(said(1, reference="b", at=0.4), [first], expected=False)
    assert not reports_again(said(1, reference="a", at=0.4, source="/air/a"), [first], expected=False)
    announced = said(0, at=2, reference="a", expected=True)
    assert reports_again(said(1, at=30, reference="a", community="c2"), [announced], expected=True)


def test_a_seat_that_is_sold_again_is_another_coming() -> None:
    first = said(0, reference="G1/05A", stops=("620402",))
    for days in (1, 4):
        again = said(25, reference="G1/05A", at=days, community="c2", stops=("620502",))
        assert not reports_again(again, [first], expected=False)


def test_an_announcement_does_not_undo_that_somebody_came() -> None:
    came = said(0, reference="a")
    announced = said(1, reference="a", at=4, expected=True)
    assert not reports_again(announced, [came], expected=False)
    assert not fold_statements([came, said(1, reference="a", at=1, expected=True)]).expected


# -- any order: which reports are told to be of one coming ---------------------------------------------------

comings = st.lists(
    st.builds(
        said,
        st.integers(0, 40),
        source=st.sampled_from(["/rail/a", "/form/a", "/gate/a"]),
        kind=st.just("self"),
        at=st.integers(-3, 30),
        expected=st.booleans(),
        called_off=st.booleans(),
        community=st.sampled_from(["c1", "c1", "c2"]),
        reference=st.sampled_from([None, None, "a"]),
    ),
    min_size=2,
    max_size=5,
    unique_by=lambda one: one.order,
)


def told_together(told: list[Statement]) -> set[frozenset[str]]:
    """The reports by arrival, arrivals joined with their possible duplicates. Each report is a batch."""
    known, index = KnownArrivals(), BlindIndex(b"i" * 32)
    reports: dict[str, set[str]] = {}
    pairs: set[tuple[str, str]] = set()
    for one in told:
        joined = join_statements(index, known, [one], [PersonMatch("p")], {}, {one.order: one.report_id})
        reports.setdefault(joined.arrival_of[one.order], set()).add(one.report_id)
        pairs |= joined.doubts.keys()
    together = [{arrival} for arrival in reports]
    for pair in pairs:
        touching = [group for group in together if group & set(pair)]
        together = [group for group in together if group not in touching] + [set().union(*touching)]
    return {frozenset().union(*(reports[arrival] for arrival in group)) for group in together}


@settings(max_examples=200)
@given(comings, st.randoms())
def test_which_reports_may_be_of_one_coming_does_not_depend_on_the_order(
    told: list[Statement], random: Any
) -> None:
    turned = list(told)
    random.shuffle(turned)
    assert told_together(turned) == told_together(told)
