"""`doorstep staff import`: members of staff and their places."""

from cli.options import AsJson
from cli.set_up.imports import File, group_of_import, settings_for, show_counts
from operations.reference_imports import import_staff


def command(file: File, as_json: AsJson = False) -> None:
    show_counts("staff", import_staff(file, settings_for("registration")), as_json)


group = group_of_import("Who works where.", "Import a CSV of staff.", command)
