"""`doorstep up`: the whole system on this machine."""

import os
import sys
from typing import Annotated

import typer

from cli.output import say
from deploy.local import processes
from deploy.local.running import pidfile_of, run_until_stopped, start_detached
from operations.settings import local_folder


def command(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it is ready; `doorstep down` ends it.")
    ] = False,
) -> None:
    """Start a private broker, the services and an SMS simulator, and keep them running.

    All they write is below var/ (or DOORSTEP_VAR). Nothing is started for what is set outside:
    DOORSTEP_BROKER_URL, DOORSTEP_SMS_URL. Databases are SQLite files unless
    DOORSTEP_<SERVICE>_DATABASE_URL says otherwise. Ctrl-C or SIGTERM ends everything within 25 seconds.
    """
    folder = local_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pid = processes.running(pidfile_of(folder))
    if pid is not None and pid != os.getpid():
        raise processes.LocalNodeError(
            f"already up (pid {pid}): see `doorstep status`, end it with `doorstep down`"
        )
    if detach:
        start_detached(folder, [sys.executable, "-m", "cli.main", "up"], say)
    else:
        run_until_stopped(folder, say)
