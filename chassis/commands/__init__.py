"""What people and other systems say to a service: commands, the same by whichever way they come.

By the broker they come in batches and are answered in the publisher's reply queue (`by_broker.py`); by a door
one at a time, answered at once (`by_door.py`). Both run the same use case in one transaction, and the same
inbox absorbs what is said twice (`settling.py`).
"""
