"""`python -m services.isolation`: one process of the isolation service."""

from chassis.process import main

main("isolation")
