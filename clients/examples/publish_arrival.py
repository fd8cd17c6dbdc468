"""Publishes one arrival, says what the broker did with it, and waits for the answer.

    DOORSTEP_BROKER_URL=amqp://rail-lanzhou:secret@127.0.0.1:5672/ python publish_arrival.py

The publisher's name is the broker user's name: it may write under that name only, and reads its own replies.
"""

import os
import sys

from doorstep_client import BrokerError, Publisher, Replies, Reply, arrival_event

URL = os.environ.get("DOORSTEP_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")
NAME = "rail-lanzhou"

ARRIVAL = {
    "source_kind": "transport",
    "reference": "G2001/05/12F",
    "person": {
        "name": "安示例",  # invented; so are the numbers
        "identity_type": "resident_id",
        "identity_number": "620402199001019979",
        "phone": "16500000001",
        "birth_date": None,
        "sex": None,
        "nationality": "CHN",
    },
    "companions": [],
    "stops": [{"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-10-01"}],
    "transport": {"mode": "train", "number": "G2001", "carriage": "05", "seat": "12F"},
    "arrival": {"at": "2022-10-01T06:12:00+08:00", "expected": False},
    "destination": {"division": "620102", "address": "酒泉路街道春和家园3号楼2单元501"},
    "remarks": None,
}


def main() -> int:
    # Your own key as id: if this program runs twice, Doorstep still has one report.
    event = arrival_event(f"/{NAME}/departures", ARRIVAL, id="G2001-2022-10-01-05-12F")
    answers: list[Reply] = []
    try:
        with Publisher(URL, NAME) as publisher:
            outcome = publisher.publish(event)
        print(f"the broker: {outcome.standing} {outcome.reason or ''}")
        if not outcome.accepted:
            return 1
        with Replies(URL, NAME) as replies:
            replies.read(answers.append, until=lambda: bool(answers), idle=10)
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    for answer in answers:
        print(f"doorstep: {answer.type} {answer.outcome or ''} {', '.join(answer.arrival_ids)}")
        for reason in answer.reasons:
            print(f"  {reason.field}: {reason.message} ({reason.code})")
    if not answers:
        print("no answer yet (none comes for a report that was published before)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
