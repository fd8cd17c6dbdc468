"""A traced arrival as a tree for the terminal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.tree import Tree

from operations.trace.gather import Trace

COLOURS = {"high": "red", "medium": "yellow", "low": "cyan", "none": "green"}
STATES = {
    "accepted": "cyan",  # by the gateway: whether it came to the person is not known
    "delivered": "green",
    "done": "green",
    "not_possible": "yellow",
    "failed": "red",
    "missed": "red",
    "unknown": "yellow",
    "cancelled": "dim",
    "suppressed": "dim",
}


def tree(trace: Trace, zone: ZoneInfo) -> Tree:
    return _Tree(trace, zone).draw()


class _Tree:
    def __init__(self, trace: Trace, zone: ZoneInfo) -> None:
        self._id = trace.arrival_id
        self._arrival: Any = trace.registration
        self._isolation = trace.isolation
        self._notification = trace.notification
        self._zone = zone

    def draw(self) -> Tree:
        root = Tree(f"[bold]arrival {self._id}[/]")
        if self._arrival is None:
            root.add("[red]registration does not know it[/]")
        else:
            self._reports(root)
            self._registration(root)
            self._risk(root)
        self._case(root)
        self._messages(root)
        return root

    def _reports(self, root: Tree) -> None:
        reports = self._arrival["reports"]
        branch = root.add(f"[bold]reports[/] ({len(reports)})")
        for report in reports:
            role = ", as a companion" if report["as_companion"] else ""
            line = branch.add(
                f"{self._time(report['reported_at'])} {escape(report['source'])} "
                f"({report.get('source_kind', 'sealed')}{role}) → [bold]{report['outcome']}[/], "
                f"received {self._time(report['received_at'])}"
            )
            for number, stop in enumerate(report.get("stops", ())):
                where = " ".join(filter(None, (stop["division"], stop.get("address"))))
                line.add(f"stop {number}: {escape(where or 'address')}, {stop['from']} to {stop['to']}")
            for fault in report.get("to_correct", ()):
                line.add(f"[yellow]to correct[/]: {escape(fault['field'])}: {escape(fault['message'])}")

    def _registration(self, root: Tree) -> None:
        a = self._arrival
        branch = root.add(f"[bold]registered[/] {self._time(a['registered_at'])}, {a['state']}")
        person = a.get("person")
        if isinstance(person, dict):
            known = (person.get(k) for k in ("name", "phone", "identity_type", "identity_number", "address"))
            branch.add("person: " + escape(", ".join(str(part) for part in known if part)))
            if contact := person.get("contact"):
                branch.add(f"reached through {escape(str(contact.get('name')))}, {contact.get('phone')}")
        expected = "expected" if a["expected"] else "arrived"
        expected = "called off, expected" if a["state"] == "not_coming" else expected
        branch.add(f"{expected} {self._time(a['arrived_at'])}, household of {len(a['household'])}")
        destination = a["destination"]
        places = [
            p["name"] or p["place_id"] for k in ("street", "community", "grid") if (p := destination[k])
        ]
        branch.add(
            f"doorstep: {escape(' › '.join(places)) or 'not found'} (placed by {destination['placed_by']})"
        )
        worker = a["worker"]
        if worker:
            name = f" {escape(worker['name'])}" if worker.get("name") else ""
            branch.add(f"worker: {worker['staff_id']}{name} ({worker.get('role', '?')})")
        elif a["unassigned_since"]:
            branch.add(f"[yellow]no worker[/], waiting since {self._time(a['unassigned_since'])}")
        for word in a.get("other_words", ()):
            value = word.get("value")
            said = self._time(value) if isinstance(value, datetime) else escape(str(value))
            what = f": {said}" if value is not None else ""
            branch.add(f"{word['source_kind']} {escape(word['source'])} says another {word['field']}{what}")
        for matter in a["to_settle"]:
            branch.add(f"[yellow]to settle[/]: {matter}, since {self._time(a['to_settle_since'])}")
        for line in a["history"]:
            tried = f", again {line['try_again_at']}" if line.get("try_again_at") else ""
            inside = line.get("said") or {}
            words = ", ".join(f"{k} {v}" for k, v in inside.items()) if isinstance(inside, dict) else inside
            said = f": {escape(words)}" if words else ""
            branch.add(
                f"{self._time(line['happened_at'])} {line['what']} "
                f"(said by {escape(line['source'])}{tried}){said}"
            )
        for other in a["possible_duplicates"]:
            differ = ", ".join((other["details"] or {}).get("contradicts", ()))
            why = f"{other['why']}: {differ} differ" if differ else other["why"]
            branch.add(f"possible duplicate of {other['arrival_id']} ({why}, {other['state']})")

    def _risk(self, root: Tree) -> None:
        risk = self._arrival["risk"]
        level = risk["level"]
        left = f", left the area on {risk['left_on']}" if risk["left_on"] else ""
        branch = root.add(
            f"[bold]risk[/] [{COLOURS.get(level, 'white')}]{level}[/] ({risk['certainty']}){left}"
        )
        for area in risk["areas"]:
            branch.add(
                f"stop {area['stop']} matches the published {area['level']}-risk place "
                f"[bold]{escape(area['place'])}[/] in {area['division']} "
                f"({area['certainty']}, list {escape(area['list'])})"
            )
        if not risk["areas"]:
            branch.add(f"no stop touches a published area (newest list: {risk['list'] or 'none'})")

    def _case(self, root: Tree) -> None:
        case = self._isolation["case"]
        if case is None:
            waiting = self._isolation["waiting_for_policy"]
            since = f": waits for a policy since {self._time(waiting[0]['since'])}" if waiting else ""
            root.add(f"[yellow]no case[/]{since}")
            return
        branch = root.add(
            f"[bold]case[/] {case['state']}: [bold]{case['measure']}[/], {case['days']} days counted from "
            f"{case['counted_from']}, release on {case['release_on']}"
        )
        policy = case["policy"]
        branch.add(f"policy {policy['policy_id']}: {escape(policy['edition'] or '')}")
        if case["test_days"]:
            branch.add(f"tests on days {', '.join(map(str, case['test_days']))}")
        team = ", ".join(f"{member['role']} {member['staff_id']}" for member in case["team"])
        branch.add(f"team: {team}" if team else f"[yellow]no team[/] since {case['unassigned_since']}")
        history = branch.add("history")
        for line in self._isolation["history"]:
            history.add(f"{self._time(line['at'])} {line['what']}{_said(line)}")
        tasks = branch.add(f"tasks ({case['tasks_planned']}, planned until {case['planned_until']})")
        for day in self._isolation["days"]:
            of_day = tasks.add(f"{day['date']} (day {day['day']})")
            for task in day["tasks"]:
                of_it = of_day.add(
                    f"{self._hour(task['due_from'], day['date'])}–{self._hour(task['due_by'], day['date'])} "
                    f"{task['kind']} by {task['role']} {task['staff_id'] or '[yellow]nobody yet[/]'}: "
                    f"{_coloured(task['state'])}"
                )
                for act in task.get("acts", ()):
                    until = f", until {self._time(act['until'])}" if act.get("until") else ""
                    of_it.add(f"{self._time(act['at'])} {act['what']}{_said(act)}{until}")

    def _messages(self, root: Tree) -> None:
        messages = self._notification["messages"]
        branch = root.add(f"[bold]messages[/] ({len(messages)})")
        for message in messages:
            who = message["recipient"]
            to = who["kind"] if who["kind"] == "resident" else f"{who['role']} {who['staff_id']}"
            to += f", by their deputy {message['deputy']}" if message.get("deputy") else ""
            phone = f" {message['phone']}" if message.get("phone") else ""
            line = branch.add(
                f"{self._time(message['created_at'])} to {to}{escape(phone)}: {message['template']} "
                f"by {message['channel']}: {_coloured(message['state'])}"
                f"{' by the gateway' if message['state'] == 'accepted' else ''}"
            )
            for text in filter(None, [message.get("text")]):
                line.add(escape(text))
            if told := self._told_instead(message):
                line.add(told)
            if digest := message.get("digest"):
                line.add(self._digest(digest))
            for attempt in message["attempts"]:
                why = f" ({escape(attempt['reason'])})" if attempt["reason"] else ""
                line.add(
                    f"{self._time(attempt['at'])} attempt {attempt['attempt']}: "
                    f"{_coloured(attempt['state'])}{why}"
                )

        for digest in self._notification["counted"]:
            who = digest["recipient"]
            branch.add(f"counted for {who['role']} {who['staff_id']} {self._digest(digest)}")

    def _digest(self, digest: dict[str, Any]) -> str:
        what = f"in the digest of {self._time(digest['due_at'])}"
        return f"{what}: {_coloured(digest['state'])}" if digest["state"] else f"{what}, not sent yet"

    def _told_instead(self, message: dict[str, Any]) -> str | None:
        """Of a message that reached nobody: why, and what a human does about it."""
        if message["state"] not in ("failed", "unknown"):
            return None
        why = escape((message["reason"] or "unknown").replace("_", " "))
        if message["recipient"]["kind"] == "resident":
            tasks = [task for day in self._isolation["days"] for task in day["tasks"]]
            of_it = [task for task in tasks if task["about"] == message["message_id"]]
            kinds = {"call_them": "call task", "visit_them": "visit task"}
            said = [f"{kinds.get(task['kind'], task['kind'])} {_coloured(task['state'])}" for task in of_it]
        else:
            staff_id = message.get("deputy") or message["recipient"]["staff_id"]
            about = message["notice"]
            said = [
                f"{line['told']} told instead"
                for line in self._isolation["history"]
                if line["what"] == "not_reached" and (line["staff_id"], line["about"]) == (staff_id, about)
            ]
        return f"[red]not told by text[/]: {why}, {', '.join(said) or 'nobody told instead yet'}"

    def _time(self, moment: datetime | None) -> str:
        return moment.astimezone(self._zone).strftime("%m-%d %H:%M:%S") if moment else "?"

    def _hour(self, moment: datetime, on: date) -> str:
        local = moment.astimezone(self._zone)
        return local.strftime("%H:%M" if local.date() == on else "%m-%d %H:%M")


def _said(line: dict[str, Any]) -> str:
    """Of a line of history or an act: which kind of task, why, and who said so."""
    why = line.get("reason") or line.get("because") or line.get("cause")
    who = line.get("staff_id") or line.get("by")
    words = (
        f" {line['kind']}" if line.get("kind") else "",
        f" ({str(why).replace('_', ' ')})" if why else "",
        f" by {who}" if line.get("by") else "",
    )
    return escape("".join(words))


def _coloured(state: str) -> str:
    return f"[{STATES.get(state, 'bold')}]{state}[/]"
