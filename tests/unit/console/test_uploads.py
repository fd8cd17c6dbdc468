"""What somebody sends with a form is personal: it is written to no disk, however long it is."""

from __future__ import annotations

from io import BytesIO

from flask import request

from services.console.app import make_app
from services.console.doors import Doors
from tests.doors import CONSOLE


def test_a_file_of_any_length_is_kept_in_memory() -> None:
    sent = {"file": (BytesIO(bytes(600_000)), "residents.csv")}
    with make_app(Doors({}, CONSOLE)).test_request_context("/", method="POST", data=sent):
        assert isinstance(request.files["file"].stream, BytesIO)
