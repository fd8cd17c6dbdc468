"""Ways up the place tree."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from field.places import PlaceTree


@dataclass(frozen=True)
class Place:
    parent: str | None
    level: str


TREE = PlaceTree(
    {
        "d": Place(None, "district"),
        "s": Place("d", "street"),
        "gq": Place("s", "guanqu"),
        "c": Place("gq", "community"),
        "g": Place("c", "grid"),
    }
)


def test_upward_names_every_place_above_the_nearest_first():
    assert TREE.upward("g") == ("g", "c", "gq", "s", "d")
    assert TREE.upward("g", "c", "s") == ("g", "c", "s", "d"), "the places given stay as they are"
    assert TREE.upward(None, "c") == ("c", "gq", "s", "d")
    assert TREE.upward() == TREE.upward(None) == ()


def test_an_unknown_place_ends_the_way_upward():
    assert TREE.upward("nowhere") == ("nowhere",)
    assert TREE.by_level("nowhere") == {}


def test_a_level_is_found_on_a_chain():
    assert TREE.at_level("street", TREE.upward("g")) == "s"
    assert TREE.at_level("city", TREE.upward("g")) is None


def test_the_levels_of_a_place_include_its_own():
    assert TREE.by_level("c") == {"community": "c", "guanqu": "gq", "street": "s", "district": "d"}


def test_for_a_place_that_has_ended_its_successor_answers_or_the_place_above():
    tree = PlaceTree(
        {"s": Place(None, "street"), "c2": Place("s", "community"), "g": Place("c1", "grid")},
        {"c0": "c1", "c1": "c2", "c3": "s", "x": "y", "y": "x"},
    )
    assert [tree.now(place) for place in ("c0", "c1", "c2", "c3", "x", None)] == [
        *("c2", "c2", "c2", "s"),
        *(None, None),
    ]
    assert tree.upward("g", "c1") == ("g", "c2", "s")
    assert tree.by_level("g") == {"grid": "g", "community": "c2", "street": "s"}
    assert tree.upward("x") == ()


@given(st.dictionaries(st.sampled_from("abcde"), st.sampled_from("abcde"), min_size=1))
def test_a_loop_in_bad_data_ends(parents: dict[str, str]):
    tree = PlaceTree({place: Place(parent, "street") for place, parent in parents.items()})
    for place in parents:
        chain = tree.upward(place)
        assert chain[0] == place and len(set(chain)) == len(chain)
