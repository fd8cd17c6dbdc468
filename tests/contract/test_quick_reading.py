"""Quick reading accepts only data that marshmallow accepts with the same result; the rest it leaves to it."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.examples import EXAMPLES
from contracts.quick import Unsure
from contracts.registry import EVENT_TYPES

# Of each type; other ones at each run. `make soak`: 150.
CHANGES = int(os.environ.get("DOORSTEP_SOAK_CHANGES_OF_EACH_TYPE") or 40)

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.text(min_size=1001, max_size=1010),
    st.sampled_from(["2022-10-01", "2022-10-01T06:12:00+08:00", "2022-10-01T06:12:00", "20221001T061200Z"]),
    st.sampled_from(["high", "exact", "zh-CN", "2022-W39-6", "2022-13-01", ""]),
    st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=40),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def _data(kind: str) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(orjson.dumps(EXAMPLES[kind]))["data"]
    return data


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_example_is_read_the_quick_way_and_the_same(kind: str) -> None:
    assert EVENT_TYPES[kind].quick(_data(kind)) == EVENT_TYPES[kind].loader.load(_data(kind))


@pytest.mark.parametrize("kind", EVENT_TYPES)
@settings(max_examples=CHANGES, deadline=None)
@given(random=st.data())
def test_whatever_is_changed_the_quick_way_agrees_or_leaves_it_to_marshmallow(
    kind: str, random: st.DataObject
) -> None:
    data = deepcopy(_data(kind))
    for _ in range(random.draw(st.integers(1, 3))):
        place = random.draw(st.sampled_from(_places(data)))
        if not place:
            continue
        target = data
        for key in place[:-1]:
            target = target[key]
        if isinstance(target, dict) and random.draw(st.booleans()):
            target.pop(place[-1], None)
        else:
            target[place[-1]] = random.draw(ODD)
    try:
        quick = EVENT_TYPES[kind].quick(data)
    except Unsure:
        return
    assert quick == EVENT_TYPES[kind].loader.load(data)
