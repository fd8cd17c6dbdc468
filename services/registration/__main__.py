"""`python -m services.registration`: one process of the registration service."""

from chassis.process import main

main("registration")
