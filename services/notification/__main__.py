"""`python -m services.notification`: one process of the notification service."""

from chassis.process import main

main("notification")
