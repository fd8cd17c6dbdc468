"""The one HTTP edge: whoever comes from outside comes here. It has no case data and no sealing keys.

So far it has the API for machines (`api/`); log-ins and pages come to it.
"""
