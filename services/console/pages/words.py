"""The vocabulary of the field as pages say it. Unknown words are shown as they are: a page must not fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.console.pages.catalogues import N_, gettext

TASKS: Final[Mapping[str, str]] = {
    "first_contact": N_("first visit"),
    "signed_notice": N_("notice to sign"),
    "supplies": N_("supplies"),
    "escort_to_site": N_("transfer to the site"),
    "inform": N_("tell the rules"),
    "closing_call": N_("call at the end"),
    "check_in": N_("temperature and symptoms"),
    "test": N_("PCR sample"),
    "disinfection": N_("disinfection"),
    "release_visit": N_("release visit"),
    "call_them": N_("phone call"),
    "visit_them": N_("visit instead of a text message"),
    "see_abnormal": N_("look at an abnormal check-in"),
    "see_silent": N_("visit: no check-in in several windows"),
    "settle_refusal": N_("settle a refusal"),
    "confirm_release": N_("confirm a release"),
    "past_the_term": N_("end what is past its term"),
    "confirm_transfer": N_("find out whether another district takes over"),
    "settle_transfer": N_("see to somebody whom no district took over"),
    "meet_need": N_("meet a need"),
    "medical_need": N_("urgent need"),
    "decide_permit": N_("decide on leave to go out"),
    "urgent_permit": N_("decide on leave that begins soon"),
    "review_permit": N_("review an emergency outing"),
    "see_breach": N_("find out: late back, out without leave, or not at home"),
    "judge_breach": N_("judge whether it is so, or why"),
    "settle_breach": N_("decide about central isolation"),
    "confirm_admission": N_("see that they are admitted to central isolation"),
    "settle_home": N_("decide where they go: the home does not suit, or they may stay"),
    "settle_central": N_("decide anew where they go: not admitted"),
    "name_carer": N_("name another carer in central isolation"),
    "leave_central": N_("in central isolation past the last day: decide"),
    "see_positive": N_("call about a test result"),
    "decide_positive": N_("decide where they go after a test result"),
    "list_contacts": N_("list with whom they were, and where"),
    "tell_contacts": N_("tell those on the contacts' list"),
    "correct_contacts": N_("tell contacts that it was a mistake"),
    "second_sample": N_("take a second sample, of each alone"),
    "late_result": N_("a result came after the end: decide"),
}
"""Kind of task -> what is to be done."""

WORDS: Final[Mapping[str, str]] = {
    # measures
    "inform_only": N_("health advice"),
    "self_monitoring": N_("self-monitoring"),
    "health_monitoring": N_("health monitoring"),
    "home_health_monitoring": N_("home health monitoring"),
    "home_isolation": N_("home isolation"),
    "central_isolation": N_("central isolation"),
    # risk levels
    "none": N_("no risk area"),
    "low": N_("low risk"),
    "medium": N_("medium risk"),
    "high": N_("high risk"),
    # states of cases
    "open": N_("opened"),
    "opened": N_("opened"),
    "active": N_("under way"),
    "release_review": N_("release to be confirmed"),
    "released": N_("released"),
    "moved_to_central": N_("moved to central isolation"),
    "moved_to_hospital": N_("moved to hospital"),
    # why an officer ends a case, or opens it again
    "wrongly_opened": N_("opened by mistake"),
    "followed_elsewhere": N_("followed elsewhere"),
    "moved_away": N_("has left the place"),
    "died": N_("has died"),
    "decided_by_mistake": N_("decided by mistake"),
    "came_back": N_("has come back"),
    "transferred": N_("taken over by another district"),
    # whether another district takes somebody over
    "transfer_asked": N_("asked, no answer yet"),
    # whether another community does
    "asked_of_us": N_("asked of you"),
    "asked_by_us": N_("asked by you, no answer yet"),
    "transfer_requested": N_("another community asked to take over"),
    "transfer_accepted": N_("taken over by another community"),
    "transfer_refused": N_("not taken over by the other community"),
    "transfer_withdrawn": N_("another community asked no more"),
    "not_taken_over": N_("not taken over"),
    "cancelled": N_("taken back"),
    # what holds somebody
    "days": N_("the days are not full"),
    "test_positive": N_("a positive result"),
    "second_sample": N_("a second sample is still due"),
    "test_result": N_("a result is missing"),
    "refusal": N_("a refusal"),
    # what changed of a case
    "ended": N_("case ended"),
    "moved": N_("moved"),
    "abnormal": N_("abnormal"),
    # states of tasks, and what people say of them
    "due": N_("due"),
    "missed": N_("overdue"),
    "not_possible": N_("not possible"),
    "done": N_("done"),
    "waived": N_("waived"),
    "taken": N_("somebody does it"),
    "attempt": N_("tried in vain"),
    "acknowledged": N_("acknowledged"),
    "taken_back": N_("taken back"),
    # why many tasks are overdue
    "outage": N_("outage"),
    "mass_test": N_("mass testing"),
    "weather": N_("weather"),
    # levels of places and of the ladder
    "worker": N_("worker at the door"),
    "community": N_("community"),
    "street": N_("street"),
    "district": N_("district"),
    "grid": N_("grid"),
    "nobody": N_("nobody"),
    # states of arrivals
    "expected": N_("expected"),
    "reported": N_("reported"),
    "assigned": N_("given to a worker"),
    "unreachable": N_("unreachable"),
    "not_coming": N_("called off"),
    "merged": N_("the same as another one"),
    "same_as": N_("is the same as another one"),
    "absorbed": N_("another one is the same"),
    # why two arrivals may be one
    "fits_two_arrivals": N_("fits two arrivals"),
    "two_places": N_("one person at two places"),
    "destination_unclear": N_("two destinations"),
    "moved_or_another": N_("moved, or somebody else"),
    "same_number": N_("same document"),
    "same_name_and_phone": N_("same name and phone"),
    "similar_number": N_("similar document"),
    "same_name_and_birth_date": N_("same name and date of birth"),
    "same_name_beside": N_("same name, came together"),
    "same_phone": N_("same phone"),
    "too_many": N_("too many to compare"),
    # tests
    "pcr": N_("PCR"),
    "antigen": N_("antigen"),
    "preliminary": N_("preliminary"),
    "confirmed": N_("confirmed"),
    "ruled_out": N_("ruled out"),
    "negative": N_("negative"),
    "positive": N_("positive"),
    "inconclusive": N_("inconclusive"),
    "invalid": N_("invalid"),
    # contacts' lists, and unusual batches
    "person": N_("person"),
    "place": N_("place"),
    "tested": N_("tested"),
    "nobody_there": N_("nobody there"),
    "exempt": N_("exempt"),
    "cannot_come_out": N_("cannot come out"),
    "listed_twice": N_("listed twice"),
    "old": N_("old"),
    "round_open": N_("open"),
    "round_closed": N_("closed"),
    "informed": N_("told by a person"),
    "no_contact": N_("no contact after all"),
    "stands": N_("the laboratory stands by it"),
    "mistake": N_("a mistake: corrections follow"),
    # what came of a positive of nobody here
    "reached": N_("found and called"),
    "passed_on": N_("passed on to another district"),
    "laboratory_mistake": N_("mistake of the laboratory"),
    # roles
    "grid_worker": N_("grid worker"),
    "community_officer": N_("community officer"),
    "health_worker": N_("health worker"),
    "police": N_("police"),
    "community_cadre": N_("community cadre"),
    "street_officer": N_("street officer"),
    "district_officer": N_("district officer"),
    "administrator": N_("administrator"),
    # a kind of account
    "officer": N_("officer"),
    # what came of following an arrival
    "contacted": N_("contacted"),
    "verified": N_("seen in person"),
    "no_answer": N_("no answer"),
    "not_here": N_("not known here"),
    "lives_elsewhere": N_("lives elsewhere"),
    "no_such_door": N_("no such door"),
    "wrong_number": N_("wrong number"),
    "not_yet_come": N_("not yet come"),
    "this_is_not_me": N_("this is not me"),
    # what came of a notice
    "signed": N_("signed"),
    "signed_by_guardian": N_("signed by a guardian"),
    "signed_by_proxy": N_("signed by a proxy"),
    "refused_to_sign": N_("refused to sign; read aloud and left there, with a witness"),
    # why a task was not possible
    "refused": N_("refused"),
    "wrong_door": N_("wrong door"),
    "unsafe": N_("not safe"),
    "no_supplies": N_("no supplies left"),
    "other": N_("another reason"),
    # why somebody refuses
    "work": N_("has to work"),
    "care_of_others": N_("cares for others"),
    "cannot_pay": N_("cannot pay"),
    "no_toilet": N_("no toilet of their own"),
    "fear": N_("is afraid"),
    "medicine": N_("needs medicine"),
    # what a home lacks, and special groups
    "own_room": N_("no room of their own"),
    "own_toilet": N_("no toilet for them alone"),
    "under_14": N_("under 14"),
    "aged": N_("old"),
    "ill": N_("chronically ill"),
    "not_alone": N_("cannot live alone"),
    # documents
    "resident_id": N_("resident identity card"),
    "passport": N_("passport"),
    "hk_macau_permit": N_("permit of Hong Kong or Macau"),
    "taiwan_permit": N_("permit of Taiwan"),
    "foreign_permanent_resident": N_("card of a foreign permanent resident"),
    # symptoms that policies name
    "fever": N_("fever"),
    "dry_cough": N_("dry cough"),
    "fatigue": N_("fatigue"),
    "sore_throat": N_("sore throat"),
    "blocked_or_runny_nose": N_("blocked or runny nose"),
    "chills": N_("chills"),
    "loss_of_smell_or_taste": N_("no smell or taste"),
    "conjunctivitis": N_("red eyes"),
    "muscle_pain": N_("muscle pain"),
    "diarrhoea": N_("diarrhoea"),
    "breathlessness": N_("hard to breathe"),
    # how it is known
    "seen": N_("seen"),
    "by_phone": N_("by phone"),
    "told_by": N_("told by somebody else"),
    "by_link": N_("by the link"),
    "phone": N_("by phone"),
    "neighbour": N_("from a neighbour"),
    "register": N_("from a register"),
    "mended": N_("mended"),
    "placed": N_("given a place"),
    "settled": N_("settled"),
    # what became of somebody whom nobody found
    "never_came": N_("never came"),
    "wrong_report": N_("the report is wrong: nobody is meant"),
    # what else stands in reports
    "transport": N_("railway, airport, bus station"),
    "self": N_("self-registration"),
    "employer": N_("employer"),
    "school": N_("school"),
    "lodging": N_("hotel"),
    "gate": N_("gate"),
    "resident_hint": N_("hint of a resident"),
    "import": N_("file"),
    "male": N_("male"),
    "female": N_("female"),
    "yes": N_("yes"),
    "no": N_("no"),
    "zh-CN": N_("Chinese"),
    "en": N_("English"),
    # what whoever goes to a door must know
    "lives_alone": N_("lives alone"),
    "hard_of_hearing": N_("hard of hearing"),
    "cannot_read": N_("cannot read"),
    "cannot_walk": N_("cannot walk"),
    "cannot_see": N_("cannot see"),
    "dialysis": N_("dialysis"),
    "pregnant": N_("pregnant"),
    "infant": N_("infant"),
    "unsafe_dog": N_("unsafe dog"),
    # where a need stands, and how it was met
    "asked": N_("asked for"),
    "met": N_("met"),
    "not_met": N_("not met"),
    "withdrawn": N_("needed no more"),
    # how somebody goes out
    "ambulance": N_("by ambulance"),
    "escorted_car": N_("by the community's car"),
    "own_car": N_("by their own car"),
    "on_foot": N_("on foot"),
    "granted": N_("granted"),
    "out": N_("out"),
    "back": N_("back"),
    # what contradicts a measure, and what was found of it
    "late_back": N_("not back in time"),
    "no_permit": N_("out without leave"),
    "not_at_home": N_("not at home when visited"),
    "door_sensor": N_("their door opened"),
    "refused_visits": N_("visits refused"),
    "breach_suspected": N_("to be judged"),
    "breach_confirmed": N_("it is so"),
    "breach_explained": N_("there was a reason"),
    "breach_in_order": N_("in order by what came later"),
    # moves to central isolation
    "adult": N_("adult"),
    "child": N_("child"),
    "cannot_be_alone": N_("cannot be alone"),
    "left_at_door": N_("left at the door"),
    "handed_over": N_("handed over at the door"),
    "visited": N_("by a visit"),
}
"""Word of field.words -> what people call it."""

NEEDS: Final[Mapping[str, str]] = {
    "food": N_("food and daily things"),
    "medicine": N_("medicine"),
    "medical": N_("a doctor: somebody is ill or hurt"),
    "psychological": N_("somebody to talk to"),
    "other": N_("something else"),
}
"""Kind of need -> what people call it."""

PERMITS: Final[Mapping[str, str]] = {
    "emergency": N_("emergency: it is now"),
    "treatment": N_("treatment"),
    "maternity": N_("maternity check"),
    "bereavement": N_("death in the family"),
    "other": N_("something else"),
}
"""Why somebody must go out -> what people call it."""

TEMPERATURES: Final[Mapping[str, str]] = {
    "missing": N_("Type a temperature, such as 36.5"),
    "no_temperature": N_("This is no temperature: type it as 36.5 or 365"),
    "out_of_bounds": N_("No body has this temperature: measure again, or look at what was typed"),
    "fahrenheit": N_("This looks like Fahrenheit: type degrees Celsius, such as 36.5"),
}
"""Why a temperature cannot be read -> the sentence beside the field."""


def word(name: str) -> str:
    return _say(WORDS, name)


def document_word(kind: str) -> str:
    """Of a kind of identity document; elsewhere "other" is another reason."""
    said: str = gettext("another document") if kind == "other" else word(kind)
    return said


def task_word(kind: str) -> str:
    return _say(TASKS, kind)


def need_word(kind: str) -> str:
    return _say(NEEDS, kind)


def permit_word(kind: str) -> str:
    return _say(PERMITS, kind)


def temperature_fault(why: str) -> str:
    return _say(TEMPERATURES, why)


def _say(words: Mapping[str, str], name: str) -> str:
    text = words.get(name)
    said: str = gettext(text) if text else name
    return said
