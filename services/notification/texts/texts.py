"""The texts of messages, each by name, version, channel and language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template

from field.words import LANGUAGES
from services.notification.texts.language import one_line
from services.notification.texts.shortening import fitted
from services.notification.texts.variables import SHORTEST

FALLBACK = LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One file of templates/.

    :param variables: those that it declares.
    :param texts: by language.
    :param on_phone: likewise, for staff who read the rest at the console; empty: they get the same as others.
    :param too_long: why a text does not fit into the channel; None if it does.
    """

    name: str
    version: int
    channel: str
    variables: frozenset[str]
    texts: Mapping[str, Template]
    on_phone: Mapping[str, Template]
    too_long: Callable[[str], str | None]

    @property
    def key(self) -> tuple[str, int, str]:
        return self.name, self.version, self.channel


class Texts:
    """All templates. `signature` says who speaks, before each text."""

    def __init__(self, templates: Iterable[MessageTemplate], signature: str = "") -> None:
        self._signature = signature
        self._by_key = {template.key: template for template in templates}
        self._latest: dict[str, int] = {}
        for name, version, _channel in self._by_key:
            self._latest[name] = max(version, self._latest.get(name, 0))

    def has(self, template: str) -> bool:
        return template in self._latest

    def latest(self, template: str) -> int:
        """The version in which new messages are written; those queued before keep theirs."""
        return self._latest[template]

    def variables(self, template: str, version: int, channel: str) -> frozenset[str] | None:
        """Those that the template declares; None where it has no text for the channel."""
        known = self._by_key.get((template, version, channel))
        return known.variables if known else None

    def render(
        self,
        template: str,
        version: int,
        channel: str,
        language: str,
        variables: Mapping[str, Any],
        *,
        on_phone: bool = False,
    ) -> str:
        """As it is sent: long names and addresses are cut where the text would not fit into the channel.

        :param on_phone: whoever gets it reads the rest at the console.
        """
        known = self._by_key[template, version, channel]
        if language not in known.texts:
            language = FALLBACK
        text = (known.on_phone if on_phone and known.on_phone else known.texts)[language]
        values = {name: variables.get(name) for name in known.variables}
        return fitted(
            lambda given: self._signature + one_line(text.render(given)),
            values,
            SHORTEST,
            known.too_long,
        )
