"""`python -m services.notification.rules [FILE]` checks a file of rules against the shipped texts."""

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.errors import SettingsError
from services.notification.rules.reading import FILE, load_rules
from services.notification.texts.loading import load_texts

if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    try:
        load_rules(path, texts=load_texts(zone=ZoneInfo("Asia/Shanghai")))
    except SettingsError as error:
        sys.exit(str(error))
