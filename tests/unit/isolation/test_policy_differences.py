"""What differs between two policies, path by path."""

from services.isolation.policies.differences import Difference, differences


def test_paths_lead_to_what_differs_and_to_nothing_else() -> None:
    before = {"days": 7, "same": [1], "opening": [{"kind": "a", "within": 1}], "places": ["62"], "gone": 1}
    after = {"days": 5, "same": [1], "opening": [{"kind": "a", "within": 2}], "places": ["62", "11"]}
    assert differences(before, after) == [
        Difference("days", 7, 5),
        Difference("gone", 1, None),
        Difference("opening[0].within", 1, 2),
        Difference("places", ["62"], ["62", "11"]),
    ]


def test_parts_that_one_has_more_are_named_whole() -> None:
    found = differences({"rungs": [{"a": 1}]}, {"rungs": [{"a": 1}, {"a": 2}]})
    assert found == [Difference("rungs[1]", None, {"a": 2})]
    assert differences(before := {"rungs": [{"a": 1}]}, before) == []
