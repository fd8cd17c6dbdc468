"""`python -m services.notification.texts [FOLDER]` checks a folder of templates."""

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from services.notification.texts.loading import FOLDER, TemplatesWrong, load_texts

if __name__ == "__main__":
    try:
        load_texts(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, zone=ZoneInfo("Asia/Shanghai"))
    except TemplatesWrong as error:
        sys.exit(str(error))
