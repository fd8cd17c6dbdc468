"""`doorstep removed list`."""

from cli.options import AsJson
from cli.output import local_time, print_json
from operations.removed_rows import listed


def command(as_json: AsJson = False) -> None:
    """Which row of which table is gone, since when, and which user of the database removed it."""
    rows = [row.as_dict() for row in listed()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['id']}  {row['table']} {row['row']}")
        print(f"    removed {local_time(row['removed_at'])} by {row['removed_by']}")
    print(
        f"{len(rows)} rows are gone: put them back, or `doorstep removed accept`" if rows else "none is gone"
    )
