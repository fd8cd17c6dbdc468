"""`doorstep places import`: the tree of places."""

from cli.options import AsJson
from cli.set_up.imports import File, group_of_import, settings_for, show_counts
from operations.reference_imports import import_places


def command(file: File, as_json: AsJson = False) -> None:
    show_counts("places", import_places(file, settings_for("registration")), as_json)


group = group_of_import("The tree of places.", "Import a CSV of places.", command)
