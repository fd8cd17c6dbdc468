"""Whether a source names a stop again, soundly, that waits for correction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.registration.places.spelling import fold
from services.registration.risk.assessing import Stop


def still_waiting(listed: Sequence[Stop], again: Iterable[Stop]) -> list[Stop]:
    """The unsure stops of a list that no sure stop of a later list can be.

    A stop that stood, sound, beside the flawed one is none of those that tell it again.
    """
    told = [stop for stop in again if stop.sure and stop not in listed]
    waiting = []
    for stop in listed:
        if stop.sure:
            continue
        sound = next((other for other in told if _may_be(other, stop)), None)
        if sound is None:
            waiting.append(stop)
        else:
            told.remove(sound)
    return waiting


def _may_be(sound: Stop, flawed: Stop) -> bool:
    """Of a flawed stop, the sound part of its code is known, and the longest time that it may have lasted."""
    return (
        sound.division.startswith(flawed.division)
        and fold(flawed.address) in ("", fold(sound.address))
        and sound.first <= flawed.last
        and flawed.first <= sound.last
    )
