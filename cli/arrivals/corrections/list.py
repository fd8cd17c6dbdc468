"""`doorstep corrections list`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import local_time, print_end, print_json
from operations.reports_to_correct import reports_to_correct


def command(
    most: Annotated[int, typer.Option(help="At most so many, the longest waiting", min=1)] = 1000,
    as_json: AsJson = False,
) -> None:
    """The reports that wait for correction, the longest waiting first: whose, since when, and what is wrong.

    Of one that waits in a part the rest is acted upon. No values: its source has them. It sends the report
    again, whole, under a new id, and nobody is doubled.
    """
    found = reports_to_correct(most)
    if as_json:
        print_json(found)
        return
    for report in found:
        waits = "a part waits" if report["in_part"] else "waits whole"
        since = local_time(report["received_at"])
        print(f"{report['report_id']}  {report['source']} {report['event_id']}: {waits} since {since}")
        for fault in report["reasons"]:
            print(f"    {fault['field']}: {fault['message']} ({fault['code']})")
    print_end(len(found), most, nothing="no report needs correction")
