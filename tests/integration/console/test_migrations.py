"""A migration of the console is not taken back where something would be lost by it."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from services.console.accounts.queries import account_named
from services.console.phone_acts.settle import close_act, id_of, settle_act
from tests.integration.console.trial import Trial


def test_what_waits_for_an_officer_is_not_dropped_with_its_table(trial: Trial) -> None:
    migration = import_module("services.console.migrations.0004_acts_of_phones")
    owner = trial.owner()
    with trial.work.unit() as uow:
        sender = account_named(uow.conn, owner.name)
        assert sender
        settle_act(uow, "c.garbage", sender, "unreadable", known=False)
        with Operations.context(MigrationContext.configure(uow.conn)):
            with pytest.raises(ValueError, match="1 acts of phones wait"):
                migration.downgrade()
            close_act(uow, id_of("c.garbage"), "dismissed", sender)
            migration.downgrade()
    with trial.database.read() as conn:
        assert not inspect(conn).has_table("phone_acts")
