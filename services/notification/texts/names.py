"""Names as texts may bear them.

Whoever reports somebody writes what they like into a name, and the text is signed by the district.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from services.notification.texts.shortening import shortened

TO_RESIDENTS: Final = 12
"""Places: enough for a name to be known by, too few for a message in the district's name."""
TO_STAFF: Final = 24
_WITHIN: Final = "·'-"
_DOTS: Final = str.maketrans("・•‧’‐", "···'-")


def name_in_text(written: str | None, most: int) -> str | None:
    """The name without what makes a number or a link: letters, spaces, and the signs within names.

    None where no letter is left: the text is then written as for somebody whose name is not known.
    """
    letters = unicodedata.normalize("NFKC", (written or "").translate(_DOTS))
    name = " ".join("".join(map(_kept, letters)).split()).strip(_WITHIN + " ")
    return shortened(name, most) if any(map(str.isalpha, name)) else None


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf":  # unseen, as the joiners within some names
        return ""
    return character if character in _WITHIN or kind[0] in "LM" else " "
