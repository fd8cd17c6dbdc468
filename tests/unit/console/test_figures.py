"""Figures as one sentence that can be sent on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.pages.catalogues import texts
from services.console.pages.shown.figures import Count, Figure, Part, as_sentence


class Reader:
    """The catalogue of one language, without a request."""

    def __init__(self, language: str) -> None:
        self.texts = texts(language)

    def gettext(self, string: str, /, **variables: object) -> str:
        return self.texts.ugettext(string) % variables

    def ngettext(self, singular: str, plural: str, num: int, /, **variables: object) -> str:
        return self.texts.ungettext(singular, plural, num) % {"num": num, **variables}


def test_the_sentence_reads_as_offices_write_it() -> None:
    reasons = [("无电话", 6), ("未接", 9), ("新到", 5), ("无人负责", 3)]
    part = Part("今日应报未报", Count(31, 23), reasons)
    figure = Figure("16:02", "张掖路街道", Part("居家隔离", Count(963, 412)), [part])
    assert as_sentence(figure, Reader("zh-CN")) == (
        "截至16:02,张掖路街道居家隔离412户963人,其中今日应报未报23户31人(无电话6、未接9、新到5、无人负责3)。".translate(
            {ord(","): "\uff0c", ord("("): "\uff08", ord(")"): "\uff09"}
        )
    )


def test_in_english_one_is_one() -> None:
    figure = Figure(
        "1 October 16:02", "X Street", Part("home isolation", Count(1, 1)), [Part("children", Count(0))]
    )
    assert as_sentence(figure, Reader("en")) == (
        "As of 1 October 16:02, X Street: home isolation – 1 household with 1 person,"
        " of these children – 0 people."
    )


names = st.text(min_size=1, max_size=8)
counts = st.builds(Count, st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
parts = st.builds(Part, names, counts, st.lists(st.tuples(names, st.integers(0, 10**6)), max_size=4))
figures = st.builds(Figure, names, names, parts, st.lists(parts, max_size=3))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@given(figure=figures)
def test_every_number_and_name_stands_in_the_sentence(language: str, figure: Figure) -> None:
    sentence = as_sentence(figure, Reader(language))
    assert figure.as_of in sentence and figure.where in sentence
    for part in (figure.whole, *figure.parts):
        assert part.what in sentence and str(part.count.people) in sentence
        assert part.count.households is None or str(part.count.households) in sentence
        assert all(why in sentence and str(number) in sentence for why, number in part.because)
