"""Events into messages: never more than the consumers take, never two publishers in one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_client import Raw, arrival_event, event
from doorstep_client.packing import BATCH, MAX_BYTES, ONE, Packer, Unpublishable


def packed(events, publisher=None, most=50):
    packer = Packer(publisher, most)
    messages = [message for event in events for message in packer.add(event)]
    return messages + list(packer.rest())


@given(st.lists(st.sampled_from(["rail", "air", "police"]), max_size=120), st.integers(1, 50))
def test_every_event_travels_once_with_others_of_its_publisher_only(publishers, most):
    events = [arrival_event(f"/{name}/x", {"n": n}) for n, name in enumerate(publishers)]
    sent = []
    for message in packed(events, most=most):
        found = json.loads(message.body)
        found = found if message.content_type == BATCH else [found]
        assert len(found) == len(message.members) <= most
        assert {f"arrival.reported.{event['source'].split('/')[1]}" for event in found} == {
            message.routing_key
        }
        assert [member.id for member in message.members] == [event["id"] for event in found]
        sent += [event["id"] for event in found]
    assert sorted(sent) == sorted(event["id"] for event in events)


def test_events_of_several_types_travel_under_the_name_of_each():
    types = ("arrival.reported", "test.reported", "arrival.reported", "check_in.reported")
    sent = packed([event(type, "/lab-1/x", {}) for type in types])
    assert {message.routing_key: len(message.members) for message in sent} == {
        "arrival.reported.lab-1": 2,
        "test.reported.lab-1": 1,
        "check_in.reported.lab-1": 1,
    }


def test_one_event_alone_travels_in_the_single_form():
    (message,) = packed([arrival_event("/rail/x", {})])
    assert message.content_type == ONE


def test_large_events_are_packed_less():
    messages = packed([arrival_event("/rail/x", {"remarks": "x" * 300_000}) for _ in range(7)])
    assert [len(message.members) for message in messages] == [3, 3, 1]
    assert all(len(message.body) <= MAX_BYTES for message in messages)


def test_a_raw_body_travels_alone():
    (message,) = packed([Raw(b"{", "text/plain", "rail")])
    assert (message.body, message.content_type, message.routing_key) == (
        b"{",
        "text/plain",
        "arrival.reported.rail",
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"source": "/rail/x"}, "no id"),
        ({"id": "1"}, "no source"),
        ({"id": "1", "source": "/air/x"}, "must begin with /rail/"),
        ({"id": "1", "source": "/rail/x"}, "no type"),
        ({"id": "1", "source": "/rail/x", "type": "#"}, "no type"),
        ({"id": "1", "source": "/rail/x", "type": "test.reported", "data": "x" * (MAX_BYTES + 1)}, "larger"),
        ({"id": "1", "source": "/rail/x", "type": "test.reported", "data": {1, 2}}, "not JSON"),
        ("text", "not an event"),
    ],
)
def test_an_event_of_another_publisher_is_not_sent(event, why):
    with pytest.raises(Unpublishable, match=why):
        packed([event], publisher="rail")


def test_an_event_needs_a_zone_in_its_time():
    from datetime import datetime

    with pytest.raises(ValueError, match="zone"):
        arrival_event("/rail/x", {}, time=datetime(2022, 10, 1))


@pytest.mark.parametrize("name", ["id", "source", "correlationid"])
def test_an_event_is_not_sent_whose_ids_hold_a_number_of_somebody_in_it(name):
    data = {"person": {"name": "王一"}, "companions": [{"phone": "+86 138 0013 8000"}]}
    sound = arrival_event("/rail/x", data, id="20221001103000123456")
    assert packed([sound])
    with pytest.raises(Unpublishable, match=f"{name} holds the number"):
        packed([{**sound, name: "/rail/8613800138000"}])
    test = {"identity": {"number": "62040219900101997X"}}
    with pytest.raises(Unpublishable, match="id holds the number"):
        packed([event("test.reported", "/lab-1/x", test, id="62040219900101997x-1")])
