"""The rules of isolation: policies, counting of days, tasks, care teams, escalation. No I/O, no clock."""
