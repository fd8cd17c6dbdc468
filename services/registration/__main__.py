"""`python -m services.registration`: one process of the registration service."""

from chassis.running.process import main

main("registration")
