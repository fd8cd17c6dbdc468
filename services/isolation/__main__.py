"""`python -m services.isolation`: one process of the isolation service."""

from chassis.running.process import main

main("isolation")
