"""A phone number as it is shown to those who may know that there is one, and not which."""


def masked(phone: str | None) -> str | None:
    if not phone:
        return None
    return phone[: max(0, min(3, len(phone) - 4))] + "****" + phone[-2:] if len(phone) > 6 else "****"
