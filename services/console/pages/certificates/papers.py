"""Certificates of whoever asks for one, each with the address that checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from chassis.doors.tokens import Actor
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.release_certificates.certificate import ReleaseCertificate, ReleaseKey

CHECK = "/certificate"
"""The page that checks one. What it checks stands behind a #, which browsers send to nobody."""


@dataclass(frozen=True, slots=True)
class Paper:
    """:param address: what its code holds."""

    certificate: ReleaseCertificate
    address: str


@dataclass(frozen=True, slots=True)
class Papers:
    """:param public_url: under which people reach the console; None: as whoever asks reached it."""

    key: ReleaseKey
    public_url: str | None

    def of(self, doors: Doors, actor: Actor, case_id: str) -> Paper | None:
        """None: whoever it is about is not released, or is not the actor's to see. Raises DoorAway."""
        try:
            said: Mapping[str, Any] = doors.look_up(
                "isolation", "release_certificate", actor, {"case_id": case_id}
            )
        except Refused:
            return None
        certificate = ReleaseCertificate.of(said)
        base = self.public_url or request.host_url.rstrip("/")
        return Paper(certificate, f"{base}{CHECK}#{self.key.sign(certificate)}")
