"""`doorstep stuck list`."""

from cli.operate.stuck.choosing import OfChore, OfService, chosen
from cli.options import AsJson
from cli.output import local_time, print_json


def command(service: OfService = None, chore: OfChore = None, as_json: AsJson = False) -> None:
    """Which row of which chore, since when, and the error's type and place; nothing of its content."""
    rows = [row.as_dict() for row in chosen(service, chore)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['row']}  {row['chore']} ({row['table']}), since {local_time(row['since'])}")
        tries = f"tries {row['times']}, next {local_time(row['retry_at'])}"
        print(f"    {row['error']} at {row['place']}; {tries}")
        print(f"    to do: {row['advice']}")
    if not rows:
        print("nothing is set aside")
