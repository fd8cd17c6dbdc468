"""An event that informs somebody: all that rules, texts and messages must know of it.

Pure: the data of an event goes in, plain data comes out. Personal data stays sealed; it passes through as
the token in which it came.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple

from field.words import LANGUAGES

RESIDENT: Final = "resident"
STAFF: Final = "staff"
FORMER: Final = "former"
"""Whoever has the number that was taken for the resident's before."""
DEFAULT_LANGUAGE: Final = LANGUAGES[0]

CONTACT: Final = "contact"
"""Somebody whom a household named, and who may report for it."""

ANY: Final = "*"
"""In a rule, where a selector takes any word: all words that no other rule names."""

OTHER_NEWS: Final = "other_news"
"""In a digest: whatever has no word of its own there."""

Data = Mapping[str, Any]
"""The data of an event, as its contract in contracts/ says."""
Facts = tuple[tuple[str, ...], ...]
"""For each selector of an event, in its order, the words that this event is about."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a text may say of the event. One name means the same in all events.

    :param sample: the longest value that occurs; templates are tried with it.
    :param optional: it may be None; templates are tried without it.
    :param shortest: it keeps so many places where a text is too long; None: it is never cut.
    """

    sample: object
    optional: bool = False
    shortest: int | None = None


# The names of community and grid; a name has up to 100 characters.
PLACE: Final = Parameter("张掖路街道大众巷社区第十二网格" * 13, optional=True, shortest=12)
CASE_NUMBER: Final = Parameter("0F3C9A7B")
TASK_KIND: Final = Parameter("first_contact")
DUE_BY: Final = Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00"))


@dataclass(frozen=True, slots=True)
class Selector:
    """A list in a rule by which the rule says which of the events it means, as `measures: [home_isolation]`.

    One key means the same in all events.

    :param called: one word of the list, in a sentence.
    :param words: the whole vocabulary, and each word must lead to a rule; None: any word is possible, and a
        rule for `*` must exist.
    """

    key: str
    called: str
    words: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One to whom a message goes. `contact` is sealed; a resident has none, the notice holds the person.

    For a former number an earlier notice does.
    """

    kind: str
    staff_id: str | None = None
    role: str | None = None
    contact: str | None = None
    language: str = DEFAULT_LANGUAGE

    @property
    def id(self) -> str:
        """Unique among the recipients of one notice."""
        return self.staff_id or self.kind


class Line(NamedTuple):
    """What a digest counts of one message that was folded into it.

    :param what: a variable of the digest's text; see events/digest.py.
    :param word: of an overdue task its kind.
    :param place: the id of its community.
    """

    what: str
    word: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The content of an event, once for all its messages. `person`, `worker` and `link` are sealed.

    :param key: unique within the case.
    :param supersedes: earlier messages to the same recipients, not yet sent, would now say something untrue.
    :param worker: whom the resident may call.
    :param link: the token of the household's page.
    :param says: makes the messages of this notice others than those that say something else under the same
        key. After a restore from a backup a case may come to the same version another way, and a gateway that
        knows the first message must not take the second for it. It holds nothing sealed, for that looks
        different each time, and nothing that follows from the moment of handling. Not stored.
    """

    key: str
    case_id: str
    arrival_id: str
    event: str
    version: int
    parameters: Mapping[str, Any]
    household_id: str | None = None
    supersedes: bool = False
    person: str | None = None
    worker: str | None = None
    link: str | None = None
    says: tuple[object, ...] = ()


class InformingEvent(ABC):
    """One event type that informs somebody. Each has a file of its own; `case_opened.py` is the example."""

    type: ClassVar[str]
    handler: ClassVar[str]
    """The name of its handler, queue and inbox key; it never changes."""
    parameters: ClassVar[Mapping[str, Parameter]]
    """Beside what is unsealed when a message is sent: names, phones, addresses."""
    selectors: ClassVar[tuple[Selector, ...]] = ()
    recipients: ClassVar[tuple[str, ...]]
    """What a rule's `to` may name; `team` takes a role (`team:health_worker`)."""
    in_digest: ClassVar[str] = OTHER_NEWS
    """Under which word a digest counts its messages, where they are folded."""

    @abstractmethod
    def notice(self, data: Data, version: int) -> Notice:
        """The content of the event."""

    def places(self, data: Data) -> tuple[str | None, ...]:
        """Ids of places, the nearest first: the parameter `place` is the name of the first that is known."""
        return ()

    def line(self, parameters: Mapping[str, Any]) -> Line:
        """What a digest says of a message about the event.

        :param parameters: those of its notice, as they were stored.
        """
        return Line(self.in_digest)

    def facts(self, data: Data) -> Facts:
        """The words by which rules are found, for each selector."""
        return ()

    @abstractmethod
    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        """The people whom a rule's `to` names. Nobody is an answer, for instance before a case has a team."""


def resident(data: Data) -> Recipient:
    """Whom the event is about."""
    return _resident(data.get("language") or DEFAULT_LANGUAGE)


@cache
def _resident(language: str) -> Recipient:
    return Recipient(RESIDENT, language=language)


def staff_by_id(members: Iterable[Data]) -> Iterable[Recipient]:
    """Members of staff, as events list them, in the order of their ids."""
    return map(staff, sorted(members, key=lambda member: str(member["staff_id"])))


def case_number(case_id: str) -> str:
    """Short enough for a text message, and unlike the number of a neighbouring case."""
    return case_id[-8:].upper()


def staff(member: Data) -> Recipient:
    """A member of staff, as events list them. Without a contact the message is planned all the same."""
    return Recipient(
        STAFF,
        member["staff_id"],
        member["role"],
        member.get("contact"),
        member.get("language") or DEFAULT_LANGUAGE,
    )
