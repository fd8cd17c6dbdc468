"""Stops against published areas: time, division, text, and what may never happen."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from field.words import RiskLevel
from services.registration.places.spelling import fold
from services.registration.risk.assessing import Assessment, RiskArea, RiskIndex, Stop
from services.registration.risk.place_text import Answer, read_place

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2022, 10, 1)
PUBLISHED = datetime(2022, 10, 1, 8, tzinfo=ZONE)
HIGH, MEDIUM, LOW = RiskLevel.high, RiskLevel.medium, RiskLevel.low


def area(place: str, level: RiskLevel = HIGH, division: str = "620402", **changed: object) -> RiskArea:
    fields: dict = {"valid_from": PUBLISHED, "valid_to": None, "province": "甘肃省", "city": "白银市"}
    return RiskArea(
        list_id="a", level=level, place=place, division=division, **(fields | {"county": "白银区"} | changed)
    )


def stop(
    address: str = "", division: str = "620402", first: date = DAY - timedelta(3), last: date = DAY
) -> Stop:
    return Stop(division, address, first, last)


def assess(areas: list[RiskArea], *stops: Stop, days: int = 14) -> Assessment:
    return RiskIndex(areas, ZONE).assess(stops, days)


# -- the published text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "address", "answer"),
    [
        ("东升镇柴辛村全域", "东升镇柴辛村三队12号", Answer.EXACT),
        ("新兴街新中东里1-7号楼", "新中东里3号楼2门401", Answer.EXACT),
        ("新兴街新中东里1-7号楼", "新中东里8号楼", Answer.ELSEWHERE),
        ("新兴街新中东里1-7号楼", "新兴街新中东里", Answer.POSSIBLE),
        ("新兴街新中东里1-7号楼", "新兴街西里3号楼", Answer.UNKNOWN),
        ("万新街增兴家园6、7号楼", "增兴家园7号楼", Answer.EXACT),
        ("万新街增兴家园6、7号楼", "增兴家园5号楼", Answer.ELSEWHERE),
        ("尖山街红升里41、43、45、47门", "尖山街红升里45门", Answer.EXACT),
        ("尖山街红升里41、43、45、47门", "尖山街红升里42门", Answer.ELSEWHERE),
        ("陈塘庄街幸福家园10号楼1-5门", "幸福家园10号楼3门201", Answer.EXACT),
        ("陈塘庄街幸福家园10号楼1-5门", "幸福家园10号楼6门201", Answer.ELSEWHERE),
        ("陈塘庄街幸福家园10号楼1-5门", "幸福家园10号楼", Answer.POSSIBLE),
        ("二号桥街道金地紫云庭12号楼", "二号桥街道金地紫云庭12号楼", Answer.EXACT),
        ("常州道街道东惠家园（9号楼除外）", "东惠家园9号楼", Answer.ELSEWHERE),
        ("常州道街道东惠家园（9号楼除外）", "东惠家园8号楼", Answer.EXACT),
        ("李七庄街盛阳园（除1号楼、2号楼外）", "盛阳园2号楼", Answer.ELSEWHERE),
        ("八里台镇碧桂园映月庭院除2号楼以外区域", "碧桂园映月庭院3号楼", Answer.EXACT),
        ("尖山街红升里除高风险区以外的其他区域", "红升里50门", Answer.EXACT),
        ("龙马潭区除高、中风险区以外的其他区域", "某路1号", Answer.REST),
        ("东湖街道（除高、中风险区外）", "东湖街道梧桐山", Answer.REST),
        ("回民区通道街新华桥铁路小区一号楼", "新华桥铁路小区1号楼", Answer.EXACT),
        ("新北街迎宾园8号楼、9号楼", "迎宾园９号楼", Answer.EXACT),
        ("幸福小区1号楼", "新幸福小区5号楼", Answer.UNKNOWN),  # another estate: nothing is proved by it
        ("清水河街道草埔西社区吓围新村48栋至50栋", "吓围新村49栋", Answer.EXACT),
        ("东兴城G区98#、100#", "东兴城G区100#楼", Answer.EXACT),
        ("江大后街（北至永丰大道，南至跃进路）", "江大后街5号", Answer.POSSIBLE),
    ],
)
def test_the_published_text_decides_where_it_can(place: str, address: str, answer: Answer) -> None:
    names = ("四川省", "泸州市", "龙马潭区", "回民区")
    assert read_place(place, division_names=names).answer(fold(address)) is answer


@pytest.mark.parametrize(
    ("place", "address", "answer"),
    [
        ("示例大厦A座", "示例大厦15楼1503室", Answer.POSSIBLE),
        ("示例大厦A座", "示例大厦1503室", Answer.POSSIBLE),
        ("示例大厦A座", "示例大厦A座15楼1503室", Answer.EXACT),
        ("示例大厦A座", "示例大厦B座15楼", Answer.ELSEWHERE),
        ("示例大厦A座", "示例大厦3号楼", Answer.POSSIBLE),  # one tower may have both names
        ("示例大厦A座、B座", "示例大厦3号楼C座", Answer.ELSEWHERE),
        ("玫瑰园小区C2栋", "玫瑰园小区C3栋", Answer.ELSEWHERE),
        ("玫瑰园小区C2栋", "玫瑰园小区3栋", Answer.POSSIBLE),
        ("京怡家园4号楼", "京怡家园3楼", Answer.POSSIBLE),
        ("京怡家园4号楼", "京怡家园4号楼5楼", Answer.EXACT),
        ("京怡家园4号楼", "京怡家园7楼2单元501", Answer.ELSEWHERE),  # it has units: a building
        ("京怡家园4号楼2单元", "京怡家园4号楼1单元", Answer.POSSIBLE),
        ("京怡家园4号楼2单元", "京怡家园5号楼2单元", Answer.ELSEWHERE),
        ("国税小区2号楼（不含1单元）", "国税小区2号楼1单元", Answer.POSSIBLE),
        ("国税小区（不含2号楼1单元）", "国税小区2号楼3单元", Answer.EXACT),
        ("国税小区（不含2号楼1单元）", "国税小区3号楼1单元", Answer.EXACT),
        ("幸福家园1号楼、2号楼3门", "幸福家园1号楼5门", Answer.POSSIBLE),  # all of house 1 is listed
        ("人民路12号、14号5栋", "人民路12号7栋", Answer.POSSIBLE),
        ("人民路12号", "人民路14号", Answer.ELSEWHERE),
        ("人民路12号", "人民路阳光大厦14号", Answer.POSSIBLE),  # a room or shop there
        ("第一商城12号", "第一商城14号", Answer.POSSIBLE),
        ("飞虹街55栋", "飞虹街12号3栋", Answer.POSSIBLE),  # the third house of number 12
        ("御旗路24号亲水雅苑", "御旗路26号亲水雅苑", Answer.POSSIBLE),  # a house of two numbers
        ("龙腾小区1号、3号楼", "龙腾小区1号楼", Answer.EXACT),
        ("龙腾小区1号、3号楼", "龙腾小区2号楼", Answer.ELSEWHERE),
        ("沙河花园B-D栋", "沙河花园C栋", Answer.EXACT),
        ("世纪城A、B、C座", "世纪城B座", Answer.EXACT),
        ("世纪城A、B、C座", "世纪城D座", Answer.ELSEWHERE),
        ("东乐花园43-59B栋", "东乐花园47栋", Answer.POSSIBLE),  # which are meant is not clear
        ("东乐花园120栋", "东乐花园一百二十栋", Answer.POSSIBLE),
        ("东乐花园5号楼", "东乐花园12346号楼", Answer.POSSIBLE),
        ("兰德公寓（除6-17层）", "兰德公寓8层", Answer.POSSIBLE),
        ("东乐大院2栋4楼", "东乐大院2栋5楼", Answer.POSSIBLE),
        ("东乐大院2栋4楼", "东乐大院4栋", Answer.ELSEWHERE),
        ("林管局85楼独栋", "林管局86号楼", Answer.ELSEWHERE),
        ("京怡家园4号楼", "京怡家园北门对面阳光公寓7号楼", Answer.POSSIBLE),
        ("京怡家园4号楼", "京怡家园二期7号楼", Answer.ELSEWHERE),
        ("加措社区（除旅游大厦、金珠路14号）", "加措社区旅游大厦1503室", Answer.POSSIBLE),
        ("工行家属院（除三号楼）", "工行家属院3号楼", Answer.ELSEWHERE),
        ("幸福小区（除3号楼）", "新幸福小区3号楼", Answer.UNKNOWN),
        ("红升里41门", "红升里路红升里42门红升里41门", Answer.POSSIBLE),
    ],
)
def test_only_the_number_of_another_house_of_the_same_series_proves_another_place(
    place: str, address: str, answer: Answer
) -> None:
    assert read_place(place).answer(fold(address)) is answer


@given(st.text(max_size=40), st.text(max_size=40))
@example("۰号楼", "A۱座۲-٣号楼")
def test_no_text_is_too_strange_to_be_read(place: str, address: str) -> None:
    assert read_place(place).answer(fold(address)) in Answer


@given(st.integers(1, 60), st.integers(0, 30), st.integers(1, 99))
def test_a_range_of_houses_holds_exactly_its_houses(first: int, more: int, house: int) -> None:
    place = read_place(f"新兴街新中东里{first}-{first + more}号楼")
    inside = first <= house <= first + more
    assert place.answer(f"新中东里{house}号楼") is (Answer.EXACT if inside else Answer.ELSEWHERE)


@given(st.lists(st.integers(1, 80), min_size=1, max_size=6, unique=True), st.integers(1, 99))
def test_a_list_of_doors_holds_exactly_its_doors(doors: list[int], door: int) -> None:
    place = read_place(f"尖山街红升里{'、'.join(map(str, doors))}门")
    assert place.answer(f"红升里{door}门") is (Answer.EXACT if door in doors else Answer.ELSEWHERE)


# -- the level -----------------------------------------------------------------------------------------------


def test_an_address_in_a_listed_place_has_its_level_for_sure() -> None:
    found = assess([area("京怡家园4号楼"), area("别处小区", MEDIUM)], stop("京怡家园4号楼1单元"))
    assert (found.level, found.certainty, found.left_on) == (HIGH, "exact", DAY)
    assert [match.area.place for match in found.matches] == ["京怡家园4号楼"]


def test_a_district_alone_keeps_the_level_and_asks_to_confirm() -> None:
    found = assess([area("京怡家园4号楼")], stop("人民路12号"))
    assert (found.level, found.certainty) == (HIGH, "district_only")


def test_a_stop_without_address_is_as_risky_as_its_district() -> None:
    assert assess([area("京怡家园4号楼")], stop("")).level is HIGH


def test_another_house_of_the_listed_estate_is_the_low_risk_part_of_the_county() -> None:
    found = assess([area("京怡家园4号楼")], stop("京怡家园7号楼"))
    assert (found.level, found.certainty) == (LOW, "district_only")


def test_the_rest_of_an_estate_is_medium_beside_its_high_risk_house() -> None:
    areas = [area("京怡家园4号楼"), area("京怡家园除高风险区外的其他区域", MEDIUM)]
    assert assess(areas, stop("京怡家园7号楼")).level is MEDIUM
    assert assess(areas, stop("京怡家园4号楼")).level is HIGH
    unsure = assess(areas, stop("京怡家园"))
    assert (unsure.level, unsure.certainty) == (HIGH, "district_only")


def test_the_rest_of_a_county_does_not_outweigh_what_is_unsure() -> None:
    areas = [area("京怡家园4号楼"), area("白银区除高风险区以外的其他区域", LOW)]
    assert assess(areas, stop("人民路12号")).level is HIGH


def test_another_county_of_the_city_is_not_concerned() -> None:
    assert assess([area("京怡家园4号楼")], stop("京怡家园4号楼", division="620403")).level is RiskLevel.none


def test_a_stop_known_by_its_city_only_is_compared_with_all_of_the_city() -> None:
    found = assess([area("京怡家园4号楼")], stop("", division="6204"))
    assert (found.level, found.certainty) == (HIGH, "district_only")


def test_the_county_may_stand_in_the_address_alone() -> None:
    found = assess([area("京怡家园4号楼")], stop("甘肃省白银市白银区京怡家园4号楼", division=""))
    assert (found.level, found.certainty) == (HIGH, "exact")


def test_an_area_of_a_zone_is_found_through_the_address_from_any_county_of_the_city() -> None:
    zone = area("大鹏办事处滨海花园32栋", division="4403", city="深圳市", county="大鹏新区")
    assert assess([zone], stop("大鹏新区滨海花园32栋", division="440307")).certainty == "exact"
    assert assess([zone], stop("大鹏新区某村", division="440307")).certainty == "district_only"
    assert assess([zone], stop("翠竹街道", division="440303")).level is RiskLevel.none


def test_the_riskiest_stop_decides_and_the_one_left_last_sets_the_date() -> None:
    early = stop("京怡家园4号楼", first=date(2022, 9, 20), last=date(2022, 9, 22))
    late = stop("京怡家园4号楼", first=date(2022, 9, 25), last=date(2022, 9, 28))
    found = assess([area("京怡家园4号楼")], late, early)
    assert found.left_on == date(2022, 9, 28)
    assert {match.stop for match in found.matches} == {0, 1}


@pytest.mark.parametrize(
    ("first", "last", "touches"),
    [
        (date(2022, 9, 1), date(2022, 9, 16), False),  # listed 15 days after the last day
        (date(2022, 9, 1), date(2022, 9, 17), True),  # 14 days after
        (date(2022, 10, 5), date(2022, 10, 6), True),
        (date(2022, 10, 10), date(2022, 10, 10), True),  # the day it ended
        (date(2022, 10, 11), date(2022, 10, 12), False),
    ],
)
def test_a_stop_concerns_the_areas_in_force_until_some_days_after_it(
    first: date, last: date, touches: bool
) -> None:
    ended = area("京怡家园", valid_to=datetime(2022, 10, 10, 21, tzinfo=ZONE))
    assert (assess([ended], stop("京怡家园", first=first, last=last)).level is HIGH) is touches


places = st.sampled_from(
    [
        "京怡家园4号楼",
        "京怡家园",
        "京怡家园除高风险区外的其他区域",
        "人民路街道",
        "红升里41、43门",
        "白银区全域",
    ]
)
some_areas = st.lists(
    st.builds(area, places, st.sampled_from([HIGH, MEDIUM, LOW]), st.sampled_from(["620402", "620403"])),
    max_size=6,
)
addresses = st.sampled_from(["", "京怡家园4号楼", "京怡家园7号楼", "京怡家园", "红升里42门", "无名路1号"])
some_stops = st.lists(st.builds(stop, addresses, st.sampled_from(["620402", "620403", "6204"])), max_size=4)


@given(some_areas, some_stops, some_stops)
def test_a_further_stop_never_lowers_the_level(
    areas: list[RiskArea], stops: list[Stop], more: list[Stop]
) -> None:
    index = RiskIndex(areas, ZONE)
    assert index.assess([*stops, *more]).level >= index.assess(stops).level


@given(some_areas, some_stops, st.randoms())
def test_neither_the_order_of_areas_nor_of_stops_matters(
    areas: list[RiskArea], stops: list[Stop], random: object
) -> None:
    shuffled, turned = list(areas), list(stops)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(turned)  # type: ignore[attr-defined]
    one, other = RiskIndex(areas, ZONE).assess(stops), RiskIndex(shuffled, ZONE).assess(turned)
    assert (one.level, one.certainty, one.left_on) == (other.level, other.certainty, other.left_on)


@given(some_areas, st.sampled_from(["620402", "620403"]))
def test_without_an_address_no_listed_level_of_the_district_is_lost(
    areas: list[RiskArea], county: str
) -> None:
    listed = [one.level for one in areas if one.division == county]
    found = RiskIndex(areas, ZONE).assess([stop("", division=county)])
    whole = [one.level for one in areas if one.division == county and one.place == "白银区全域"]
    assert found.level >= max(whole or listed or [RiskLevel.none])
