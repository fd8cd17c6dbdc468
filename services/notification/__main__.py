"""`python -m services.notification`: one process of the notification service; with `door` its door."""

import sys

if sys.argv[1:] == ["door"]:  # no eventlet is in a door's process, and no broker
    from chassis.doors.process import main
else:
    from chassis.running.process import main

main("notification")
