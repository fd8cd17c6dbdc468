"""`doorstep`: the list of its commands. Each has a file of its own, which is imported when it is called."""

import typer

from cli.lazy import Entry, lazy_group

COMMANDS = {
    "up": Entry(
        "cli.set_up.up",
        "Start a private broker, the services and an SMS simulator, and keep them running.",
    ),
    "down": Entry(
        "cli.set_up.down",
        "End what `doorstep up` started here, and nothing else. What it stored stays.",
    ),
    "status": Entry(
        "cli.set_up.status",
        "The parts of the local system: are they ready? Exit code: 0 all are, 1 one is not, 3 it is not up.",
    ),
    "backup": Entry(
        "cli.set_up.backup",
        "Back up what `doorstep up` keeps here, while it runs: databases, keys, publishers; encrypted.",
    ),
    "restore": Entry(
        "cli.set_up.restore",
        "Bring back what `doorstep backup` saved, into a system that is down. `doorstep up` starts it then.",
    ),
    "migrate": Entry(
        "cli.set_up.migrate",
        "Bring the tables of every service to the newest version; what is up to date stays as it is.",
    ),
    "demo": Entry(
        "cli.set_up.demo",
        "A day of arrivals to Lanzhou's Chengguan district, at the start of October 2022.",
    ),
    "publish": Entry("cli.arrivals.publish", "Publish reports of arrivals, or other events, from a file."),
    "simulate": Entry(
        "cli.arrivals.simulate",
        "Make a sample day of arrivals: households, several sources, mistakes, broken messages.",
    ),
    "trace": Entry(
        "cli.arrivals.trace",
        "Reports, registration, risk and why, case, tasks by day, messages: each with its time and state.",
    ),
    "duplicates": Entry("cli.arrivals.duplicates", "Possible duplicates: pairs of arrivals that may be one."),
    "corrections": Entry("cli.arrivals.corrections", "Reports that need correction, whole or in a part."),
    "audit": Entry(
        "cli.operate.audit",
        "Every report, arrival, case, task and message is accounted for, or is named as missing.",
    ),
    "replay": Entry("cli.operate.replay", "Publish the event log of the services again, from a moment on."),
    "queues": Entry(
        "cli.operate.queues",
        "Every queue with its messages, rates and consumers, and the work that each handler has done.",
    ),
    "docs": Entry(
        "cli.set_up.docs",
        "Write the JSON Schemas, the AsyncAPI document and the reference page of events.",
        hidden=True,
    ),
    "version": Entry(
        "cli.set_up.version",
        "The version, the newest tables it knows, and fingerprints of the keys that are set.",
    ),
    "publisher": Entry("cli.operate.publisher", "Outside systems that publish: their users at the broker."),
    "console": Entry("cli.set_up.console", "The console: its first account, its first certificate."),
    "risk": Entry("cli.set_up.imports.risk", "Published lists of risk areas."),
    "places": Entry("cli.set_up.imports.places", "The tree of places."),
    "staff": Entry("cli.set_up.imports.staff", "Who works where."),
    "centres": Entry("cli.set_up.imports.centres", "Centres of central isolation, and their beds."),
    "policy": Entry("cli.set_up.policy", "Which measure follows from which risk."),
    "reference": Entry("cli.operate.reference", "Places, staff and policies, of which services keep copies."),
    "dead": Entry("cli.operate.dead", "Dead letters: what the services gave up on."),
    "keys": Entry("cli.operate.keys", "The keys by which personal data is sealed."),
    "stuck": Entry("cli.operate.stuck", "Rows that made a chore of a service fail, set aside."),
    "removed": Entry("cli.operate.removed", "Rows that were removed from the databases by hand."),
    "topology": Entry("cli.operate.topology", "Exchanges, queues and bindings on the broker."),
}

app = typer.Typer(
    name="doorstep",
    cls=lazy_group(COMMANDS),
    help="Follows every arrival in a neighbourhood, from the first report to the last task.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _doorstep() -> None:
    pass


if __name__ == "__main__":
    app()
