"""The rules of this process."""

import os
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from services.notification.rules.book import RuleBook
from services.notification.rules.reading import FILE, load_rules
from services.notification.texts.loading import texts_from_environment


@cache
def rules_in_use() -> RuleBook:
    """The rules in the file DOORSTEP_RULES, or those shipped; read once. Raises SettingsError.

    The service reads them at its start, so that a wrong rule stops the service and not each event.
    """
    texts = texts_from_environment(os.environ, ZoneInfo("Asia/Shanghai"))
    return load_rules(Path(os.environ.get("DOORSTEP_RULES", "").strip() or FILE), texts=texts)
