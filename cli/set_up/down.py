"""`doorstep down`: the end of what `doorstep up` started."""

from cli.output import say
from deploy.local.running import STOPPED, stop_all
from operations.settings import local_folder


def command() -> None:
    """End what `doorstep up` started here, and nothing else. What it stored stays."""
    say(STOPPED if stop_all(local_folder(), say) else "nothing was running")
