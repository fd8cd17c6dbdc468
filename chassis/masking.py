"""Personal data as it is shown to whoever may know that there is some, and not which."""

from __future__ import annotations


def masked_name(name: str | None) -> str | None:
    """The first letter only: a family name in Chinese."""
    return f"{name[0]}*" if name else name


def masked_phone(phone: str | None) -> str | None:
    """Three digits and the last four of a long number, 138****0000; of a short one fewer, or none."""
    if not phone:
        return None
    if len(phone) < 7:
        return "****"
    shown = 4 if len(phone) > 10 else 2
    return phone[: max(0, min(3, len(phone) - 4 - shown))] + "****" + phone[-shown:]
