"""Check-ins, test results, notices, refusals, contacts: what is said of people, and what follows."""
