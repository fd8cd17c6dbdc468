"""Several reports of one coming are one arrival, whatever the order in which they come."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.registration.arrivals.coming import fold_statements
from services.registration.arrivals.same_coming import Known, choose, doubt
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop

AT = datetime(2022, 10, 1, 6, tzinfo=UTC)


def stop(code: str) -> Stop:
    return Stop(code, "", date(2022, 9, 20), date(2022, 9, 25))


def statement(
    number: int,
    *,
    minutes: int = 0,
    expected: bool = False,
    stops: tuple[str, ...] = ("620402",),
    person: Person | None = None,
    grid: str | None = None,
) -> Statement:
    person = person or Person(name="王一", phone="13909311234")
    report = Report(
        source_kind="transport" if number % 2 else "self",
        people=(person,),
        stops=tuple(map(stop, stops)),
        arrived_at=AT + timedelta(minutes=minutes),
        expected=expected,
        division="620102002",
        address="某路1号" if number % 3 else "",
        remarks=None,
        language=None,
    )
    placed = Placement("s", "c", grid, "name")
    return Statement(
        (AT + timedelta(seconds=number), "/a/b", str(number), 0), f"r{number}", report, person, placed
    )


statements = st.lists(
    st.builds(
        statement,
        st.integers(0, 50),
        minutes=st.integers(0, 600),
        expected=st.booleans(),
        stops=st.lists(st.sampled_from(["620402", "620403", "650102"]), max_size=3).map(tuple),
        person=st.builds(
            Person,
            name=st.sampled_from([None, "王一", "王壹"]),
            phone=st.sampled_from([None, "13909311234"]),
            identity_number=st.sampled_from([None, "360426199101010071"]),
        ),
        grid=st.sampled_from([None, "g1"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.report_id,
)


@given(statements, st.randoms())
def test_an_arrival_does_not_depend_on_the_order_of_its_reports(
    said: list[Statement], random: object
) -> None:
    turned = list(said)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert fold_statements(turned) == fold_statements(said)


@given(statements)
def test_nothing_that_a_report_said_is_lost(said: list[Statement]) -> None:
    """Each of these is another source's."""
    told = [replace(one, order=(one.order[0], f"/{one.report_id}/b", *one.order[2:])) for one in said]
    coming = fold_statements(told)
    assert set(coming.stops) == {stop for one in told for stop in one.report.stops}
    assert coming.reports == len(told)
    assert bool(coming.person.identity_number) == any(one.person.identity_number for one in told)


def test_the_actual_time_outweighs_the_expected_one() -> None:
    coming = fold_statements([statement(1, minutes=0, expected=True), statement(2, minutes=90)])
    assert (coming.arrived_at, coming.expected) == (AT + timedelta(minutes=90), False)


def test_the_more_precise_placement_is_kept() -> None:
    assert fold_statements([statement(1), statement(2, grid="g1")]).placement.grid == "g1"


def known(name: str, *hours: int, place: str = "c", placed: bool = True) -> Known:
    times = frozenset(AT + timedelta(hours=hour) for hour in hours)
    return Known(name, min(times), place, placed, times)


def test_the_same_place_within_48_hours_is_the_same_coming() -> None:
    there = [known("a", 48), known("b", 49), known("d", 0, place="elsewhere")]
    assert choose(AT, "c", there) == known("a", 48)


def test_a_person_told_to_two_places_within_48_hours_is_asked_about() -> None:
    joined = known("a", 48, 0)
    assert doubt(joined, known("d", 0, place="elsewhere")) == "two_places"
    assert doubt(joined, known("d", 0, place="street of no community", placed=False)) == "destination_unclear"
    assert doubt(joined, known("d", 97, place="elsewhere")) is None


def test_a_report_that_fits_two_goes_to_the_earlier_and_names_the_other() -> None:
    assert choose(AT, "c", [known("b", 40), known("a", -40)]) == known("a", -40)
    assert doubt(known("a", -40, 0), known("b", 40)) == "fits_two_arrivals"


def test_arrivals_are_in_doubt_if_any_two_of_their_reports_are_within_48_hours() -> None:
    assert doubt(known("a", 0), known("b", 49)) is None
    assert doubt(known("a", 0, 40), known("b", 88)) == "fits_two_arrivals"
    assert doubt(known("a", 0, 40), known("b", 89)) is None


def test_where_nobody_knows_the_destination_of_one_of_two_arrivals_they_are_in_doubt() -> None:
    unclear = known("b", 1, place="elsewhere", placed=False)
    assert doubt(known("a", 0), unclear) == doubt(unclear, known("a", 0)) == "destination_unclear"
