"""Personal data as it is shown to whoever may know that there is some, and not which."""

from __future__ import annotations


def masked_name(name: str | None) -> str | None:
    """The first letter only: a family name in Chinese."""
    return f"{name[0]}**" if name else name


def masked_phone(phone: str | None) -> str | None:
    """The first three digits and the last two of a long number; a short one is hidden whole."""
    if not phone:
        return None
    return phone[: max(0, min(3, len(phone) - 4))] + "****" + phone[-2:] if len(phone) > 6 else "****"
