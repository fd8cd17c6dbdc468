"""Doors: how people's reads and commands reach a service by HTTP.

A service declares in its `door.py` what may be asked and said (`declared.py`); from that comes the HTTP
application (`app.py`), which `process.py` runs with gunicorn in native threads. A door reads and writes its
service's own database and has no connection to the broker.
"""
