"""The shape of an arrival event: the fields Doorstep checks, without its rules on their content."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    identity_type: (
        Literal[
            "resident_id",
            "passport",
            "hk_macau_permit",
            "taiwan_permit",
            "foreign_permanent_resident",
            "other",
        ]
        | None
    ) = None
    identity_number: str | None = Field(None, max_length=40)
    phone: str | None = Field(None, max_length=30)
    birth_date: date | None = None
    sex: Literal["male", "female"] | None = None
    nationality: str | None = Field(None, min_length=3, max_length=3)


class Stop(BaseModel):
    division: str | None = Field(None, max_length=12)
    address: str | None = None
    since: date = Field(alias="from")
    until: date = Field(alias="to")


class Transport(BaseModel):
    mode: str | None = None
    number: str | None = None
    carriage: str | None = None
    seat: str | None = None


class Coming(BaseModel):
    at: AwareDatetime
    expected: bool = False


class Destination(BaseModel):
    division: str | None = Field(None, max_length=12)
    address: str | None = None


class Report(BaseModel):
    source_kind: Literal[
        "transport",
        "police",
        "self",
        "employer",
        "school",
        "lodging",
        "grid",
        "gate",
        "resident_hint",
        "import",
    ]
    reference: str | None = None
    person: Person
    companions: list[Person] = []
    stops: list[Stop] = []
    transport: Transport | None = None
    arrival: Coming
    destination: Destination
    remarks: str | None = None
    language: Literal["zh-CN", "en"] = "zh-CN"


class ArrivalReported(BaseModel):
    id: str
    source: str
    data: Report


class ArrivalRegistered(BaseModel):
    arrival_id: int
    name: str
    phone: str | None
    address: str | None
    arrived_at: datetime


class CaseOpened(BaseModel):
    case_id: int
    arrival_id: int
    name: str
    phone: str | None
    address: str | None
    days: int
    release_on: date


def as_json(models: list[Stop]) -> list[dict[str, Any]]:
    return [model.model_dump(mode="json", by_alias=True) for model in models]
