"""`python -m services.notification`: one process of the notification service."""

from chassis.running.process import main

main("notification")
