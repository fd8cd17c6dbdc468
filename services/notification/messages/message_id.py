"""The id of a message follows from what it says to whom."""

from hashlib import blake2b

from field.ids import version_8


def message_id(case_id: str, notice: str, rule: str, recipient: str, *says: object) -> str:
    """The natural key of a message, as a UUID (version 8).

    The first 48 bits are those of the case (32 of the arrival's time, 16 that the people of one report
    share), the others a digest of the key. So the messages of a case lie together in the primary key,
    planning a message twice hits the same row, and a provider that knows idempotency keys notices even a
    database restored from an older copy.

    :param says: see Notice.says.
    """
    key = "/".join(map(str, (case_id, notice, rule, recipient, *says)))
    digest = blake2b(key.encode(), digest_size=10).hexdigest()
    return version_8(f"{case_id[:8]}{case_id[9:13]}8{digest}")


def id_range(case_id: str) -> tuple[str, str]:
    """Between these lie all messages of the case, and perhaps of others of the same report."""
    return f"{case_id[:13]}-0000-0000-000000000000", f"{case_id[:13]}-ffff-ffff-ffffffffffff"
