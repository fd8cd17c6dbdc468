"""The work of operators across services, as functions that return values and raise errors.

Nothing here prints or ends the process: that is for whoever calls it, the `doorstep` command first of all.
Of a service, operations know `handlers`, `door`, `handover` and `metrics`, and none of its tables.
"""
