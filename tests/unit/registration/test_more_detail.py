"""Places and addresses from a grammar: who says more is never safer, but by the number of a listed house."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given
from hypothesis import strategies as st

from field.words import RiskLevel
from services.registration.places.spelling import fold
from services.registration.risk.assessing import Assessment, RiskArea, RiskIndex, Stop
from services.registration.risk.place_text import Answer, read_place

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2022, 10, 1)
HIGH, MEDIUM, LOW = RiskLevel.high, RiskLevel.medium, RiskLevel.low


@dataclass(frozen=True)
class Part:
    """One part of an address: its words, and which house it names, if it names one."""

    text: str
    kind: str = "inside"
    number: str = ""


def house(number: str, unit: str) -> Part:
    return Part(f"{number}{unit}", "house", number)


numbers = st.integers(1, 24).map(str)
letters = st.sampled_from("ABCDE")
lettered = st.builds(lambda letter, n: f"{letter}{n}", letters, st.integers(1, 5))
houses = st.one_of(
    st.builds(house, numbers, st.sampled_from(["号楼", "栋", "幢", "座", "#"])),
    st.builds(house, letters | lettered, st.sampled_from(["座", "栋", "号楼"])),
    st.builds(house, letters, st.just("楼")),
)
gates = st.builds(lambda n: Part(f"{n}门", "gate", n), numbers)
floors = st.builds(lambda n: Part(f"{n}楼", "floor", n), numbers)
inside = st.one_of(
    st.builds(lambda n: Part(f"{n}单元", "unit"), numbers),
    st.builds(lambda n: Part(f"{n}层", "storey"), numbers),
    st.builds(lambda n: Part(f"{n}室"), st.integers(101, 3099)),
    st.builds(
        lambda n, what: Part(f"{n}号{what}"), numbers, st.sampled_from(["", "商铺", "店", "房", "车库"])
    ),
    st.builds(lambda a, b, c: Part(f"{a}-{b}-{c}"), numbers, numbers, st.integers(101, 999)),
    st.sampled_from(
        [Part(text) for text in ("底商", "旁边", "北门对面", "二期", "B区", "(东侧)", ",", "快递柜", "")]
    ),
)
parts = st.lists(st.one_of(houses, gates, floors, inside), max_size=6)
names = st.sampled_from(["示例大厦", "京怡家园", "红升里", "东兴新村", "第一商城"])
prefixes = st.sampled_from(["", "人民路街道", "人民路12号", "白银区人民路街道", "长海社区", "新"])


@dataclass(frozen=True)
class Place:
    """A listed place, with the numbers that it names and excepts."""

    text: str
    wanted: frozenset[tuple[str, str]] = frozenset()
    excepted: frozenset[tuple[str, str]] = frozenset()


@st.composite
def places(draw: st.DrawFn) -> Place:
    named = draw(names)
    wanted = draw(st.lists(st.one_of(houses, gates), max_size=3))
    within = draw(st.sampled_from(["", "", "2单元", "4楼", "6-17层"])) if wanted else ""
    text = "、".join(part.text for part in wanted)
    excepted = draw(st.lists(houses, max_size=2)) if not wanted else []
    except_ = f"(除{'、'.join(part.text for part in excepted)}外)" if excepted else ""
    street = draw(st.sampled_from(["", "人民路街道"]))
    return Place(
        f"{street}{named}{text}{within}{except_}",
        frozenset((part.kind, part.number) for part in wanted),
        frozenset((part.kind, part.number) for part in excepted),
    )


def series(number: str) -> str:
    return "".join("0" if c.isdigit() else "A" for c in number if not c.isdigit()) + "0" * any(
        c.isdigit() for c in number
    )


def against(address: list[Part], place: Place) -> set[tuple[int, str]]:
    """The houses and gates of an address that prove it elsewhere: others of a listed series, or excepted."""
    found = set()
    for at, part in enumerate(address):
        kind = part.kind
        if kind == "floor" and [p.kind for p in address[at + 1 : at + 2]] in (["unit"], ["storey"], ["gate"]):
            kind = "house"  # 7楼2单元 can only be a building
        others = {series(number) for of, number in place.wanted if of == kind}
        if (kind, part.number) in place.excepted or (
            series(part.number) in others and (kind, part.number) not in place.wanted
        ):
            found.add((id(part), kind))
    return found


def text_of(prefix: str, name: str, address: list[Part]) -> str:
    text = prefix + name
    for part in address:
        apart = "," if text[-1].isascii() and part.text[:1].isascii() else ""  # 101 and 10门 are no 10110门
        text += apart + part.text
    return text


def assess(areas: list[tuple[str, RiskLevel]], address: str) -> Assessment:
    at = datetime(2022, 10, 1, 8, tzinfo=ZONE)
    listed = [RiskArea("a", level, "甘肃省", "白银市", "白银区", text, "620402", at) for text, level in areas]
    return RiskIndex(listed, ZONE).assess([Stop("620402", address, DAY, DAY)])


@given(places(), names, prefixes, parts, st.data())
def test_more_detail_never_answers_safer_but_by_the_number_of_a_house(
    place: Place, name: str, prefix: str, full: list[Part], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(full), max_size=len(full)))
    less = [part for part, keep in zip(full, kept, strict=True) if keep]
    assume(against(full, place) <= against(less, place))
    read = read_place(place.text)
    before, after = (read.answer(fold(text_of(prefix, name, given))) for given in (less, full))
    assert after >= before or (before, after) == (Answer.EXACT, Answer.POSSIBLE)


@given(
    st.lists(st.tuples(places(), st.sampled_from([HIGH, MEDIUM, LOW])), max_size=3),
    names,
    prefixes,
    parts,
    st.data(),
)
def test_more_detail_never_lowers_the_level_but_by_the_number_of_a_house(
    listed: list[tuple[Place, RiskLevel]], name: str, prefix: str, full: list[Part], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(full), max_size=len(full)))
    less = [part for part, keep in zip(full, kept, strict=True) if keep]
    assume(not any(against(full, place) or against(less, place) for place, _ in listed))
    areas = [(place.text, level) for place, level in listed]
    before, after = (assess(areas, text_of(prefix, name, given)) for given in (less, full))
    assert after.level >= before.level


@given(
    st.lists(st.tuples(places(), st.sampled_from([HIGH, MEDIUM, LOW])), max_size=3),
    names,
    prefixes,
    st.lists(inside, max_size=6),
)
@example([(Place("示例大厦A座"), HIGH)], "示例大厦", "", [Part("15楼"), Part("1503室")])
def test_what_is_said_of_the_inside_of_a_house_never_lowers_the_level(
    listed: list[tuple[Place, RiskLevel]], name: str, prefix: str, details: list[Part]
) -> None:
    areas = [(place.text, level) for place, level in listed]
    assert assess(areas, text_of(prefix, name, details)).level >= assess(areas, prefix + name).level
