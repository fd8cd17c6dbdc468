"""Life cycles as data."""

import pytest

from field.states import ForbiddenTransition, StateMachine

DOOR = StateMachine("door", {"open": {"shut"}, "shut": {"open", "walled"}, "walled": frozenset()})


def test_a_state_leads_where_the_table_says():
    assert DOOR.move("open", "shut") == "shut"
    with pytest.raises(ForbiddenTransition, match="a door that is walled cannot become open"):
        DOOR.move("walled", "open")


def test_ends_are_states_that_nothing_follows():
    assert DOOR.ends == {"walled"} and DOOR.states == ("open", "shut", "walled")
