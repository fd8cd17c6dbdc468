"""All pages of the console, put into its application."""

from __future__ import annotations

from flask import Flask

from services.console.pages.frame import add_frame_of_pages
from services.console.pages.style.page import make_style_page


def add_pages(app: Flask) -> None:
    add_frame_of_pages(app)
    app.register_blueprint(make_style_page())
