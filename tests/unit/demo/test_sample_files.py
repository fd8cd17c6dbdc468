"""The shipped places, staff and risk areas fit together."""

import csv
import io
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from contracts.envelope import read_message
from contracts.registry import read_data
from demo.days.central import CENTRE
from demo.samples import ARRIVALS, CENTRES, PLACES, RISK_AREAS, STAFF, sample
from operations.publishing.report_lines import Item, ReportLines
from services.isolation.central.import_centres import read_centres
from services.registration.reports.checks import check_report, check_source
from services.registration.reports.report import read_report

NO_GRID_WORKER = "620102006802-g1"
NO_STAFF = "620102025803"
TEAM = {"community_officer", "health_worker", "police", "community_cadre"}


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(sample(name).read_text("utf-8").splitlines()))


def test_every_place_has_a_parent_one_of_them_excepted():
    places = {row["place_id"]: row for row in rows(PLACES)}
    assert [key for key, row in places.items() if row["parent"] not in places] == ["62"]
    assert len(places) == len(rows(PLACES))


def test_every_member_of_staff_has_a_place_and_a_number_of_their_own():
    places = {row["place_id"] for row in rows(PLACES)}
    staff = rows(STAFF)
    assert {row["place"] for row in staff} <= places
    assert len({row["phone"] for row in staff}) == len(staff)
    for row in staff:
        assert row["phone"].startswith("1659")
        assert phonenumbers.is_valid_number(phonenumbers.parse(row["phone"], "CN"))


def test_centres_of_the_district_have_beds_for_families_and_for_one():
    found = read_centres(sample(CENTRES).read_text("utf-8"), {})
    assert {row.district for row in found} == {"620102"} and CENTRE in {row.centre_id for row in found}
    assert {row.beds for row in found if not row.families} == {1}
    assert max(row.beds for row in found if row.families) >= 4


def test_one_grid_and_one_community_have_nobody_on_purpose():
    active = [row for row in rows(STAFF) if row["active"] == "true"]
    grids = {row["place_id"] for row in rows(PLACES) if row["level"] == "grid"}
    assert grids - {row["place"] for row in active if row["role"] == "grid_worker"} == {NO_GRID_WORKER}
    for row in rows(PLACES):
        if row["level"] == "community":
            roles = {one["role"] for one in active if one["place"] == row["place_id"]}
            assert roles == (set() if row["place_id"] == NO_STAFF else TEAM)


def test_the_risk_list_has_the_official_shape_and_its_own_counts():
    data = json.loads(sample(RISK_AREAS).read_text("utf-8"))["data"]
    for count, name in (("hcount", "highlist"), ("mcount", "middlelist"), ("lcount", "lowlist")):
        assert data[count] == sum(len(row["communitys"]) for row in data[name])
    assert data["hcount"] + data["mcount"] >= 40
    assert "京怡家园4号楼" in next(r for r in data["highlist"] if r["county"] == "白银区")["communitys"]


def test_every_row_of_the_sample_arrivals_is_a_report_without_problems():
    zone = ZoneInfo("Asia/Shanghai")
    lines = list(ReportLines(None, zone).csv_rows(io.BytesIO(sample(ARRIVALS).read_bytes())))
    assert len(lines) == len(rows(ARRIVALS)) > 2
    for line in lines:
        assert isinstance(line, Item), line
        publisher = line.send["source"].split("/")[1]
        body = json.dumps(line.send)
        (event,) = read_message(body, "application/cloudevents+json", publisher=publisher)
        read = read_data(event)
        report = read_report(read.data)
        morning = datetime(2022, 10, 1, 9, tzinfo=zone)
        assert [*read.problems, *check_source(read), *check_report(report, read.data, morning, zone)] == []
