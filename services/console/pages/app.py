"""All pages of the console, put into its application."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from flask import Flask

from chassis.sealing import BlindIndex
from chassis.unit_of_work import Work
from services.console.accounts.account import Kind
from services.console.doors import Doors
from services.console.pages.certificates.papers import Papers
from services.console.pages.certificates.routes import make_certificates
from services.console.pages.entry.accounts import make_accounts
from services.console.pages.entry.guard import add_guard
from services.console.pages.entry.refused import add_refusals
from services.console.pages.entry.routes import make_entry
from services.console.pages.frame import add_frame_of_pages
from services.console.pages.officers.routes import make_officers
from services.console.pages.operators.looking_back import make_operators
from services.console.pages.residents.routes import make_residents
from services.console.pages.style.page import make_style_page
from services.console.pages.workers.routes import make_workers
from services.console.release_certificates.certificate import ReleaseKey

FIRST_PAGES: Final[Mapping[Kind, str]] = {"officer": "/board", "worker": "/doors"}
"""Where each kind of account begins; the others begin with their account."""


def add_pages(
    app: Flask,
    doors: Doors,
    work: Work | None,
    public_url: str | None,
    *,
    api: str,
    hotline: str,
    release_key: EllipticCurvePrivateKey | None = None,
) -> None:
    """
    :param doors: of the services, where pages read and act.
    :param work: on the console's own database. Without one nobody can log in.
    :param public_url: under which people reach the console, where it is known.
    :param hotline: whom pages say to call where nobody else is known.
    :param api: the path below which programs ask.
    :param release_key: signs certificates of release; None: nobody gets one.
    """
    index = work.index if work else BlindIndex(secrets.token_bytes(32))
    add_guard(app, index, public_url, api=api)
    add_frame_of_pages(app)
    papers = Papers(ReleaseKey(release_key), public_url) if release_key else None
    if work:
        add_refusals(app, work, doors)
        app.register_blueprint(make_entry(work, doors, first=FIRST_PAGES))
        app.register_blueprint(make_accounts(work, doors, public_url))
        app.register_blueprint(make_officers(work, doors, papers))
        app.register_blueprint(make_workers(work, doors, public_url))
        app.register_blueprint(make_operators(work, doors))
    app.register_blueprint(make_residents(doors, hotline, papers))
    if papers:
        app.register_blueprint(make_certificates(doors, papers))
    app.register_blueprint(make_style_page())
