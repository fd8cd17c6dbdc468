"""Tries a text before it is needed: with the longest values that occur, and with values absent."""

from collections.abc import Iterable
from itertools import combinations
from typing import Final

from jinja2 import Template, TemplateError

from services.notification.channels.channel import Channel
from services.notification.texts.language import one_line
from services.notification.texts.shortening import fitted
from services.notification.texts.variables import ALL, SHORTEST

_LONGEST_SIGNATURE: Final = "【张掖路街道防疫】"


def failure(
    template: Template, variables: Iterable[str], channel: type[Channel], signature: str = ""
) -> str | None:
    """The first way in which the text fails; None where it does not.

    :param signature: the one in force, where it is longer than those that occur elsewhere.
    """
    signature = max(signature, _LONGEST_SIGNATURE, key=len)
    used = sorted(variables)
    optional = [name for name in used if ALL[name].optional]
    # One after another and all together; combinations only of the few that go together in sentences.
    absences: list[tuple[str, ...]] = [(), tuple(optional), *((name,) for name in optional)]
    absences += combinations(optional, 2)
    for absent in absences:
        values = {name: None if name in absent else ALL[name].sample for name in used}
        try:
            text = fitted(
                lambda given: signature + one_line(template.render(given)),
                values,
                SHORTEST,
                channel.too_long,
            )
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError) as error:
            return f"fails without {', '.join(absent) or 'anything missing'}: {type(error).__name__}"
        if "None" in text:
            return f"says None where {', '.join(absent)} is absent"
        if problem := channel.too_long(text):
            return problem
    return None
