"""The sample day keeps its word: what it says must come of it is what the rules make of it."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from contracts.envelope import Unreadable, read_message
from contracts.registry import read_data
from demo.day import PLAIN, Day, Shares, line_bytes
from demo.geography import Destinations, NoPlaces
from demo.people import identity_number
from demo.samples import RISK_AREAS, sample
from services.registration.places.placing import Place, PlaceIndex
from services.registration.reports.checks import check_report, check_source
from services.registration.reports.report import read_report
from services.registration.risk.assessing import RiskIndex
from services.registration.risk.published_lists import read_official

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2022, 10, 2, tzinfo=ZONE)


def written(**options) -> tuple[list[dict], Day]:
    day = Day(**options)
    return list(day), day


def reports(lines: list[dict]) -> list[dict]:
    """Each once, the broken ones left out."""
    return list({line["id"]: line for line in lines if "broken" not in line}.values())


@pytest.fixture(scope="module")
def day() -> tuple[list[dict], Day]:
    return written(arrivals=3000, seed=11)


def loaded(event: dict):
    publisher = event["source"].split("/")[1]
    (read,) = read_message(json.dumps(event), "application/cloudevents+json", publisher=publisher)
    return read_data(read)


def problems_of(event: dict) -> list[tuple[str, str]]:
    read = loaded(event)
    if read.problems:
        return [(problem.where, problem.code) for problem in read.problems]
    found = [
        *check_source(read),
        *check_report(read_report(read.data), read.data, END, ZONE),
    ]
    return [(reason.where, reason.code) for reason in found]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    def content(seed: int) -> bytes:
        return b"".join(map(line_bytes, Day(300, seed=seed)))

    assert content(7) == content(7)
    assert content(7) != content(8)


def test_the_counts_are_those_of_the_lines(day):
    lines, made = day
    truth = made.truth
    broken = [line for line in lines if "broken" in line]
    assert truth.comings == 3000
    assert (len(broken), truth.broken) == (15, 15)
    assert truth.invalid == 60
    assert truth.repeats == len(lines) - len(broken) - len(reports(lines)) == 15
    assert truth.reports == len(reports(lines))
    assert set(truth.broken_kinds) == {
        "not_json",
        "wrong_content_type",
        "unknown_type",
        "unknown_version",
        "no_id",
    }


def test_comings_and_persons_are_those_that_the_matching_rule_finds(day):
    """Same identity number, or without one same name and phone, within 48 h at the same community."""
    lines, made = day
    comings: dict[tuple, list[datetime]] = defaultdict(list)
    persons, merged = set(), 0
    for event in reports(lines):
        if event["id"] in made.truth.rejected:
            continue
        data = event["data"]
        where = community_of(data) or data["destination"]["address"]
        at = datetime.fromisoformat(data["arrival"]["at"])
        for number, person in enumerate([data["person"], *data["companions"]]):
            key = person["identity_number"] or (person["name"], person["phone"])
            persons.add(key)
            known = comings[(key, where)]
            if any(abs(other - at) <= timedelta(hours=48) for other in known):
                merged += number == 0
            else:
                known.append(at)
    assert sum(map(len, comings.values())) == made.truth.comings
    assert len(persons) == made.truth.persons
    assert merged == made.truth.merged_reports


def test_exactly_the_reports_said_to_be_wrong_are_rejected_and_for_those_reasons(day):
    lines, made = day
    found = {event["id"]: wrong for event in reports(lines) if (wrong := problems_of(event))}
    assert {key: sorted(wrong) for key, wrong in found.items()} == {
        key: sorted(wrong) for key, wrong in made.truth.rejected.items()
    }


def test_no_broken_message_can_be_read(day):
    for line in day[0]:
        if "broken" in line:
            broken = line["broken"]
            with pytest.raises(Unreadable):
                for event in read_message(broken["body"], broken["content_type"]):
                    read_data(event)


def test_the_risk_of_every_stop_is_what_registration_finds(day):
    lines, made = day
    official = json.loads(sample(RISK_AREAS).read_text("utf-8"))
    index = RiskIndex((listed.area for listed in read_official(official, ZONE).listed), ZONE)
    found: Counter[str] = Counter()
    best: dict[tuple, tuple] = {}
    for event in reports(lines):
        if event["id"] in made.truth.rejected:
            continue
        data = event["data"]
        assessed = index.assess(read_report(loaded(event).data).stops)
        sure = [match.area.level for match in assessed.matches if match.certainty == "exact"]
        level = max(sure).name if sure else "county_only" if assessed.matches else "none"
        rank = ("none", "county_only", "medium", "high").index(level)
        for person in [data["person"], *data["companions"]]:
            place = community_of(data) or data["destination"]["address"]
            key = (person["identity_number"] or (person["name"], person["phone"]), place)
            best[key] = max(best.get(key, (0, "none")), (rank, level))
    found.update(level for _rank, level in best.values())
    expected = made.truth.as_dict()["from_risk"]
    assert {level: found[level] for level in expected} == expected


def community_of(data: dict) -> str | None:
    """The one community whose code stands there, or one of whose names stands in the address."""
    division, address = data["destination"]["division"] or "", data["destination"]["address"]
    found = {community for name, community in names() if name in address}
    if len(division) == 12:
        found.add(division)
    assert len(found) <= 1, address
    return found.pop() if found else None


@cache
def names() -> list[tuple[str, str]]:
    """Every name and alias of a community or what lies in it, with the community."""
    index = PlaceIndex(sample_places())
    return [
        (name, index.level_ids(place.place_id)["community"])
        for place in sample_places()
        if place.level in ("community", "grid", "courtyard", "building")
        for name in (place.name, *place.aliases)
    ]


def sample_places() -> list[Place]:
    return [
        Place(
            row["place_id"],
            row["parent"] or None,
            row["level"],
            row["name"],
            tuple(alias for alias in row["aliases"].split(";") if alias),
            row["division"] or None,
        )
        for row in Destinations.shipped("620102").rows()
    ]


def test_registration_finds_the_community_of_every_destination(day):
    index = PlaceIndex(sample_places())
    for event in reports(day[0]):
        where = event["data"]["destination"]
        found = index.find(where["division"] or "", where["address"])
        assert found.community == community_of(event["data"]), where


def test_only_the_addresses_meant_to_be_unknown_have_no_community(day):
    lines, made = day
    unplaced = sum(
        1 + len(event["data"]["companions"])
        for event in reports(lines)
        if event["id"] not in made.truth.rejected and community_of(event["data"]) is None
    )
    assert unplaced == made.truth.unplaced


def test_names_in_different_communities_never_contain_each_other():
    """Otherwise an address would fit two communities, and the truth would be a matter of taste."""
    for (one, here), (other, there) in combinations(names(), 2):
        assert here == there or (one not in other and other not in one), (one, other)


def test_nothing_is_told_before_the_day_or_after_now(day):
    lines, _ = day
    now = datetime(2022, 10, 1, 20, tzinfo=ZONE)
    early, _ = written(arrivals=500, now=now)
    for events, end in ((reports(lines), END), (reports(early), now)):
        told = [datetime.fromisoformat(event["time"]) for event in events]
        assert datetime(2022, 10, 1, tzinfo=ZONE) <= min(told)
        assert max(told) <= end
        for event in events:
            arrival = event["data"]["arrival"]
            if not arrival["expected"] and problems_of(event) == []:
                assert datetime.fromisoformat(arrival["at"]) <= datetime.fromisoformat(event["time"])


def test_a_second_report_follows_the_first_and_comes_from_elsewhere_as_a_rule(day):
    lines, made = day
    assert 0.12 < made.truth.merged_reports / (made.truth.reports - made.truth.merged_reports) < 0.18
    times = [datetime.fromisoformat(line["time"]) for line in lines if "broken" not in line]
    backwards = sum(later < earlier for earlier, later in pairwise(times))
    assert backwards <= made.truth.repeats


def test_phones_are_valid_and_of_the_block_that_nobody_has(day):
    for event in reports(day[0])[:500]:
        phone = event["data"]["person"]["phone"]
        if phone != "12345":
            assert phone.startswith("165")
            assert phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN"))


@settings(max_examples=300)
@given(
    st.randoms(use_true_random=False),
    st.dates(date(1930, 1, 1), date(2022, 9, 30)),
    st.sampled_from(["male", "female"]),
)
def test_every_identity_number_is_valid_and_tells_birth_date_and_sex(rng, born, sex):
    number = identity_number(rng, born, sex)
    assert ric.is_valid(number)
    assert ric.get_birth_date(number) == born
    assert (int(number[16]) % 2 == 1) == (sex == "male")
    assert int(number[14:17]) >= 996


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 10**6))
def test_a_day_of_any_size_has_exactly_so_many_comings(arrivals, seed):
    lines, day = written(arrivals=arrivals, seed=seed)
    assert day.truth.comings == arrivals
    assert len(lines) == day.truth.as_dict()["lines"]


def test_plain_load_is_one_good_report_for_each_arrival():
    lines, day = written(arrivals=400, shares=PLAIN)
    assert len(lines) == day.truth.reports == day.truth.comings == day.truth.persons == 400
    assert not any(map(problems_of, lines))


def test_shares_can_be_asked_for():
    _, day = written(arrivals=200, shares=Shares(invalid=0.5, broken=0, repeated=0))
    assert day.truth.invalid == 100
    assert day.truth.broken == day.truth.repeats == 0


def test_a_district_without_communities_is_told_at_once():
    with pytest.raises(NoPlaces, match="110101"):
        Day(10, district="110101")
