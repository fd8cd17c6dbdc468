"""Where it stands that another district is asked to take somebody over, beside what an officer decides."""

from typing import Final

ASKED: Final = "transfer_asked"
"""Nobody said yet whether it takes them over."""
ASKED_ANEW: Final = "asked_anew"
"""Asked once more before anybody said what came of it, under the case that goes on for theirs."""
