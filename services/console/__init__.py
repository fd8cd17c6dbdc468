"""The one HTTP edge: whoever comes from outside comes here. It has no case data and no keys of the services.

So far it has the API for machines (`api/`), who may come in (`accounts/`, `sessions/`), and what all pages
for people share (`pages/`); the pages of workers, residents and officers come to it.
"""
