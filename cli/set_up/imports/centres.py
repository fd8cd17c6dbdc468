"""`doorstep centres import`: centres of central isolation, with their rooms and beds."""

from cli.options import AsJson
from cli.set_up.imports import File, group_of_import, settings_for, show_counts
from operations.reference_imports import import_centres


def command(file: File, as_json: AsJson = False) -> None:
    show_counts("centres", import_centres(file, settings_for("isolation")), as_json)


group = group_of_import("Centres of central isolation, and their beds.", "Import a CSV of rooms.", command)
