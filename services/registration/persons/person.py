"""A person as a report names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(slots=True, unsafe_hash=True)
class Person:
    """Numbers are compact: no spaces or dashes, letters upper case.

    :param issuing_country: of the document, ISO 3166-1 alpha-3.
    """

    name: str | None = None
    identity_type: str | None = None
    identity_number: str | None = None
    phone: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    nationality: str | None = None
    issuing_country: str | None = None

    @property
    def country(self) -> str | None:
        """Whose numbering plan the person may write a phone in; None where nothing says it."""
        return self.nationality or self.issuing_country

    @property
    def is_identifiable(self) -> bool:
        return bool(self.identity_number or (self.name and self.phone))
