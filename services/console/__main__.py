"""`python -m services.console`: the process of the console."""

from services.console.process import main

main()
