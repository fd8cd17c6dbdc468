"""One shape for what is wrong, one for no."""

from contracts.faults import Fault, Refused


def test_a_fault_says_where_and_why():
    assert (
        str(Fault("row 3, phone", "phone_invalid", "is no phone number"))
        == "row 3, phone: is no phone number"
    )
    assert str(Fault("", "empty", "the file is empty")) == "the file is empty"


def test_a_refusal_names_all_faults_at_once():
    refused = Refused.invalid([Fault("a", "missing", "is needed"), Fault("b", "missing", "is needed")])
    assert refused.kind == "invalid" and str(refused) == "a: is needed; b: is needed"


def test_an_unknown_thing_is_named_by_its_kind_and_id():
    refused = Refused.unknown("report", "r-1")
    assert refused.kind == "unknown" and str(refused) == "there is no report r-1"
