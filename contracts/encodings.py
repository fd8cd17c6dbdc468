"""What a message says of its bytes: its `content_encoding`, its charset, a byte order mark."""

from __future__ import annotations

import re
import zlib
from typing import Final

GZIP: Final = "gzip"
DEFLATE: Final = "deflate"

_NOT_PACKED = frozenset({"", "identity", "binary", "utf-8", "utf8", "us-ascii", "ascii"})
# Encodings of text as programs here name them; the decoder reads what each of them can hold.
_TEXT = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936"), "gb18030"),
    **dict.fromkeys(("utf-16", "utf16"), "utf-16"),
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_WAYS = {
    GZIP: (16 + zlib.MAX_WBITS,),
    "x-gzip": (16 + zlib.MAX_WBITS,),
    # RFC 9110 means zlib's format; many programs send the bare stream.
    DEFLATE: (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}
# gzip files may be joined, each a member; of empty members one message could hold tens of thousands.
_MOST_MEMBERS = 100
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)
_SHOWN = re.compile(r"[\w.+, -]{1,60}", re.ASCII)


class NotUnpacked(Exception):
    """The bytes of a message are not what it says they are, or more than anybody takes. Quotes no content."""


def unpacked(body: bytes, content_encoding: str | None, content_type: str | None, most: int) -> bytes:
    """The JSON text of a message in UTF-8, without a byte order mark. Raises NotUnpacked.

    :param most: bytes; what would unpack to more is refused and never unpacked whole.
    """
    named = (content_encoding or "").strip().lower()
    if named not in _NOT_PACKED:
        if named in _WAYS:
            body = _inflated(body, named, most)
        elif named in _TEXT:
            body = _recoded(body, named)
        else:
            raise NotUnpacked(
                f"content_encoding {_shown(named)} is not read here: send the body as it is, "
                f"or packed once by {GZIP} or {DEFLATE}"
            )
    if body[:3] == _UTF8_MARK:
        return body[3:]
    if ";" in (content_type or ""):
        return _by_charset(body, content_type or "")
    if body[:2] in _UTF16_MARKS:
        raise NotUnpacked("body begins with the byte order mark of UTF-16: send it in UTF-8")
    return body


def _by_charset(body: bytes, content_type: str) -> bytes:
    found = _CHARSET.search(content_type)
    charset = found[1].lower() if found else ""
    if charset in _NOT_PACKED:
        if body[:2] in _UTF16_MARKS:
            raise NotUnpacked("body begins with the byte order mark of UTF-16: send it in UTF-8")
        return body
    if charset not in _TEXT:
        raise NotUnpacked(f"charset {_shown(charset)} is not read here: send the body in UTF-8")
    return _recoded(body, charset)


def _recoded(body: bytes, name: str) -> bytes:
    try:
        return body.decode(_TEXT[name]).removeprefix("\ufeff").encode()
    except UnicodeError:
        raise NotUnpacked(f"body is not {_shown(name)}, as the message says: send it in UTF-8") from None


def _inflated(body: bytes, name: str, most: int) -> bytes:
    for bits in _WAYS[name]:
        try:
            return _members(body, bits, name, most)
        except zlib.error:
            continue
    raise NotUnpacked(f"body is not {name}, as its content_encoding says")


def _members(body: bytes, bits: int, name: str, most: int) -> bytes:
    """Raises zlib.error, NotUnpacked."""
    found = b""
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(bits)
        found += unpacker.decompress(body, most + 1 - len(found))
        if len(found) > most:
            raise NotUnpacked(f"body unpacks to over {most} bytes ({name})")
        if not unpacker.eof:
            raise NotUnpacked(f"body is cut off: its {name} has no end")
        body = unpacker.unused_data.lstrip(b"\0")  # some programs fill up the last block
        if not body:
            return found
    raise NotUnpacked(f"body is {name} of over {_MOST_MEMBERS} parts")


def _shown(name: str) -> str:
    """It may be anything: what is no plain name is not quoted."""
    return name if _SHOWN.fullmatch(name) else "(no plain name)"
