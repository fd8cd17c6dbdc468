"""What somebody typed into a worker's form, as a page says it: of whom, which field, what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from field.telling_apart import Label
from services.console.pages.catalogues import N_
from services.console.pages.words import WORDS
from services.console.pages.workers.household import Visit
from services.console.phone_acts.act import Act

FIELDS: Final[Mapping[str, str]] = {
    "temperature": N_("Temperature"),
    "symptom": N_("Symptoms"),
    "how": N_("How is it known?"),
    "note": N_("In a few words"),
    "who": N_("Of whom?"),
    "task": N_("What?"),
    "outcome": N_("What is so?"),
    "because": N_("Why?"),
    "what": N_("What is refused?"),
    "why": N_("Why?"),
    "what_would_help": N_("What would help?"),
    "witness": N_("Witness"),
    "witness_number": N_("Staff number of the witness"),
    "signed_by": N_("Guardian or proxy: who signed"),
    "read_aloud": N_("Read aloud"),
    "kind": N_("What kind of need is it?"),
    "text": N_("What is needed?"),
    "days_left": N_("For how many days is it enough, today counted?"),
    "needs_cold": N_("It must be kept cold, as insulin"),
    "where": N_("Where to?"),
    "begins": N_("Out from"),
    "ends": N_("Back by"),
    "way": N_("How do they go?"),
    "until": N_("Up to which day?"),
    "direction": N_("Out or back"),
    "saw": N_("What did you see?"),
    "answer": N_("What is so?"),
    "address": N_("The right door"),
    "coming": N_("Not yet come: which day, if they know"),
    "phone": N_("Phone"),
    "language": N_("Language of messages"),
    "name": N_("Full name"),
    "birth_date": N_("Day of birth"),
    "identity_type": N_("Document"),
    "identity_number": N_("Number of the document"),
    "marks": N_("Marks"),
    "best_time": N_("Best time to ring"),
    "gone": N_("Take contact persons away"),
    "contact_name": N_("Full name"),
    "contact_phone": N_("Phone"),
    "contact_relation": N_("Relation to the household"),
    "may_report": N_("May report for the household"),
    "proxy": N_("May sign for the household: its proxy"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """
    :param field: a text of `FIELDS`.
    :param of: the person whose it is, where it is one's.
    :param task: kind of the task that is meant.
    :param word: one of the field's vocabulary.
    :param free: anything else.
    """

    field: str
    of: Label | None = None
    task: str = ""
    word: str = ""
    free: str = ""


def typed_in(act: Act, visit: Visit | None) -> list[Typed]:
    """What says nothing to people is left out.

    :param visit: the household as it is now; None: whoever looks does not reach it, or nobody does.
    """
    labels = visit.household.labels if visit else {}
    tasks = {task["task_id"]: task for task in visit.document["tasks"]} if visit else {}
    found = []
    for name, value in act.fields:
        field, _, of = name.partition("-")
        if field not in FIELDS or not value:
            continue
        says, label = FIELDS[field], labels.get(of)
        if field == "who":
            found.append(Typed(says, labels.get(value)))
        elif field == "task":
            task = tasks.get(value, {})
            found.append(Typed(says, labels.get(task.get("case_id", "")), task=task.get("kind", "")))
        elif value in WORDS:
            found.append(Typed(says, label, word=value))
        else:
            found.append(Typed(says, label, free=value))
    return found
