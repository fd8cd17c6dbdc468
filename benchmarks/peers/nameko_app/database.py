"""A session per worker, as `nameko_sqlalchemy.DatabaseSession` gives it.

That package, which nameko-examples uses, is no longer maintained and does not import on nameko 3 with
SQLAlchemy 2; this is its design in a few lines.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from nameko import config
from nameko.extensions import DependencyProvider
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker


class DatabaseSession(DependencyProvider):
    def __init__(self, declarative_base):
        self.declarative_base = declarative_base

    def setup(self):
        self.engine = create_engine(config["DB_URIS"][self.container.service_name], pool_size=10)
        self.session_cls = sessionmaker(bind=self.engine)
        self.sessions = WeakKeyDictionary()

    def get_dependency(self, worker_ctx):
        session = self.session_cls()
        self.sessions[worker_ctx] = session
        return session

    def worker_teardown(self, worker_ctx):
        self.sessions.pop(worker_ctx).close()

    def stop(self):
        self.engine.dispose()
