"""`doorstep audit`: every report, arrival, case, task and message is accounted for, or is named as missing.

Each service answers for its own tables (`handover.sums`). Versions that one service recorded are compared
with those that the next one took in (`streams`, by `relations`). The other events are looked up in the event
logs (`event_log`), and dead letters that were replayed by what became of their copies (`replayed_letters`).
"""
