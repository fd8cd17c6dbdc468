"""A destination becomes street, community and grid, or waits for somebody who knows it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.registration.places.placing import Place, PlaceIndex, Placement
from services.registration.staff.rota import Rota

PLACES = [
    Place("d", None, "district", "城关区", (), "620102"),
    Place("s1", "d", "street", "拱星墩街道", ("拱星墩街",), "620102014"),
    Place("s2", "d", "street", "东岗街道", (), "620102015"),
    Place("c1", "s1", "community", "枣林社区", ("枣林",), "620102014001"),
    Place("c2", "s1", "community", "段家滩社区"),
    Place("c3", "s2", "community", "东岗社区"),
    Place("g1", "c1", "grid", "枣林社区一网格"),
    Place("g2", "c1", "grid", "枣林社区二网格"),
    Place("y1", "g1", "courtyard", "石榴雅苑", ("石榴苑",)),
    Place("y2", "c2", "courtyard", "和平家园"),
    Place("y3", "c3", "courtyard", "和平家园"),
]
index = PlaceIndex(PLACES)


def test_a_code_places_a_community() -> None:
    assert index.find("620102014001", "") == Placement("s1", "c1", None, "code")


def test_a_name_below_the_community_gives_community_and_grid() -> None:
    assert index.find("620102", "石榴雅苑12号楼") == Placement("s1", "c1", "g1", "name")


def test_a_long_street_name_does_not_hide_a_short_courtyard() -> None:
    assert index.find("620102", "拱星墩街道石榴苑12号楼") == Placement("s1", "c1", "g1", "alias")


def test_the_named_street_decides_between_courtyards_of_one_name() -> None:
    assert index.find("620102", "东岗街道和平家园3号楼").community == "c3"


def test_a_tie_between_communities_is_nobodys() -> None:
    assert index.find("620102", "和平家园3号楼") == Placement(None, None, None, "none")


def test_a_miss_keeps_the_street_so_that_its_list_gets_it() -> None:
    assert index.find("620102014", "无名路3号") == Placement("s1", None, None, "none")
    assert index.find("620102", "拱星墩街无名路3号") == Placement("s1", None, None, "none")


def test_a_community_of_the_code_is_refined_by_the_text() -> None:
    assert index.find("620102014001", "石榴雅苑").grid == "g1"


def test_a_code_and_a_text_that_contradict_each_other_follow_the_code() -> None:
    assert index.find("620102014001", "东岗社区").community == "c1"


def test_another_district_is_not_searched() -> None:
    assert index.find("620103", "无名").community is None


@given(st.text(max_size=30), st.sampled_from(["", "620102", "620102014", "62", "620102014001"]))
def test_every_answer_is_one_branch_of_the_tree(address: str, division: str) -> None:
    found = index.find(division, address)
    if found.grid:
        assert index.level_ids(found.grid)["community"] == found.community
    if found.community:
        assert index.level_ids(found.community)["street"] == found.street
    assert (found.placed_by == "none") == (found.community is None)


NOW = datetime(2022, 10, 1, 4, tzinfo=UTC)


def rota() -> Rota:
    return Rota([("w1", index.level_ids("g1")), ("w2", index.level_ids("g1")), ("w3", index.level_ids("g2"))])


def test_the_worker_with_the_fewest_open_arrivals_is_next() -> None:
    loads = {"w1": 5, "w2": 1, "w3": 0}
    assert [rota().next(Placement("s1", "c1", "g1"), loads, NOW) for _ in range(5)] == ["w2"] * 4 + ["w1"]
    assert loads == {"w1": 6, "w2": 5, "w3": 0}


def test_a_grid_without_workers_is_served_by_the_community() -> None:
    assert rota().next(Placement("s1", "c1", "g9"), {"w1": 1, "w2": 2, "w3": 3}, NOW) == "w1"
    assert rota().next(Placement("s1", "c2", None), {}, NOW) is None


@given(st.integers(0, 200))
def test_work_is_shared_evenly(arrivals: int) -> None:
    loads: dict[str, int] = {}
    given_to = Counter(rota().next(Placement("s1", "c1", None), loads, NOW) for _ in range(arrivals))
    counts = [given_to[worker] for worker in ("w1", "w2", "w3")]
    assert max(counts) - min(counts) <= 1


def test_nobody_who_is_away_gets_another_arrival_unless_all_are_away():
    of_grid = [("w1", {"grid": "g1"}), ("w2", {"grid": "g1"})]
    here, day = Placement("s1", "c1", "g1"), timedelta(days=1)
    away = {"w1": (NOW - day, NOW + day)}
    assert {Rota(of_grid, away).next(here, {"w2": 9}, NOW) for _ in range(3)} == {"w2"}
    assert Rota(of_grid, away).next(here, {"w2": 9}, NOW + day) == "w1", "they are back"
    assert Rota(of_grid, away | {"w2": (NOW, None)}).next(here, {"w2": 9}, NOW) == "w1"
