"""What stands on a certificate and on the page that checks one, in both languages beside each other.

Whoever reads it, at a gate or an office, is not whoever chose a language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from field.words import LANGUAGES, MEASURES
from services.console.pages.catalogues import N_, texts
from services.console.pages.words import WORDS
from services.console.release_certificates.certificate import ReleaseCertificate, Served

SAYS: Final[Mapping[str, str]] = {
    "title": N_("Certificate of release"),
    "released": N_("The measure below has ended for this person."),
    "name": N_("Name, its end"),
    "number": N_("Document number, its last four characters"),
    "measure": N_("Measure"),
    "community": N_("Community"),
    "days": N_("days"),
    "began": N_("Counted from"),
    "released_on": N_("Released on"),
    "compare": N_(
        "Compare name and number with the document of whoever shows it. They do not stand here in full, so "
        "that a lost paper tells nothing."
    ),
    "scan": N_("Scan the code with the camera of a phone: a page opens that checks it, without network too."),
    "check": N_("Check a certificate"),
    "how": N_("Scan the code on the paper with the camera of your phone, or paste its text here."),
    "code": N_("Text of the code"),
    "now": N_("Check it"),
    "genuine": N_("The certificate is genuine."),
    "forged": N_("This is no certificate of ours, or somebody changed it. Do not rely on it."),
    "cannot": N_("This browser cannot check it. Open the page in a newer browser, by https."),
    "asking": N_("Asking whether it still holds …"),
    "stands": N_("It holds. We have just asked."),
    "taken_back": N_("It holds no more: the case was opened again. Call the community."),
    "not_asked": N_("There is no network, so we could not ask whether it was taken back since that day."),
}
FIELDS: Final = ("name", "number", "measure", "community", "began", "released_on")
"""Of SAYS: what stands beside the values of a certificate, in their order."""


def said(text: str) -> tuple[str, str]:
    """In Chinese and in English."""
    chinese, english = (texts(language).ugettext(text) for language in LANGUAGES)
    return chinese, english


def measure_said(measure: str) -> str:
    return " ".join(said(WORDS.get(measure, measure)))


def measures_said() -> dict[str, str]:
    return {measure: measure_said(measure) for measure in MEASURES}


def values(certificate: ReleaseCertificate) -> Sequence[tuple[str, str]]:
    """(field, value) of what is known; of stages two lines each, the measure and its days."""
    stages = certificate.stages
    several = len(stages) > 1
    known = {
        "name": certificate.name_ends,
        "number": certificate.number_ends,
        "measure": "\n".join(line for stage in stages for line in _lines(stage, with_days=several)),
        "community": certificate.community,
        "began": "" if several else stages[0].begins.isoformat(),
        "released_on": certificate.released_on.isoformat(),
    }
    return [(field, known[field]) for field in FIELDS if known[field]]


def _lines(stage: Served, *, with_days: bool) -> list[str]:
    days = f"{stage.days} {' '.join(said(SAYS['days']))}"
    counted = f"{days}, {stage.begins.isoformat()} – {stage.until.isoformat()}"
    return [measure_said(stage.measure), *([counted] if with_days else [])]
