"""The one HTTP edge: whoever comes from outside comes here. It has no case data and no sealing keys.

So far it has the API for machines (`api/`) and what all pages for people share (`pages/`);
log-ins come to it.
"""
