"""A day of arrivals to watch: invented people, their mistakes, and an SMS gateway that sends nothing.

Only the `doorstep` command, tests and benchmarks import it.
"""
