"""`python -m services.isolation`: one process of the isolation service; with `door` its door."""

import sys

if sys.argv[1:] == ["door"]:  # no eventlet is in a door's process, and no broker
    from chassis.doors.process import main
else:
    from chassis.running.process import main

main("isolation")
