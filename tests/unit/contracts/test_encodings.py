"""A body is read as the message says it is packed, within its limit; what cannot be read is named."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope
from contracts.encodings import NotUnpacked, unpacked
from contracts.envelope import BATCH, MAX_BYTES, ONE, Unreadable, dump_event, parse_message, wire_of
from contracts.examples import EXAMPLES

TEXT = dump_event(EXAMPLES["arrival.reported"])
MARK = b"\xef\xbb\xbf"


def bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "content_type"),
    [
        (TEXT, None, ONE),
        (TEXT, "utf-8", ONE),
        (TEXT, "identity", ONE),
        (gzip.compress(TEXT), "gzip", ONE),
        (gzip.compress(TEXT), " GZIP ", ONE),
        (gzip.compress(TEXT), "x-gzip", ONE),
        (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), "gzip", ONE),
        (gzip.compress(TEXT) + b"\0" * 20, "gzip", ONE),
        (zlib.compress(TEXT), "deflate", ONE),
        (bare(TEXT), "deflate", ONE),
        (MARK + TEXT, None, ONE),
        (gzip.compress(MARK + TEXT), "gzip", ONE),
        (TEXT.decode().encode("gb18030"), "gbk", ONE),
        (TEXT.decode().encode("gb18030"), None, f"{ONE}; charset=GB2312"),
        (TEXT.decode().encode("utf-16"), "utf-16", ONE),
        (TEXT.decode().encode("utf-16-le"), None, f'{ONE}; charset="UTF-16LE"'),
        (TEXT, None, f"{ONE}; charset=utf-8"),
    ],
)
def test_the_text_is_what_was_packed(body: bytes, encoding: str | None, content_type: str) -> None:
    assert unpacked(body, encoding, content_type, MAX_BYTES) == TEXT
    parsed = parse_message(body, content_type, encoding)
    event = parsed.read(parsed.documents[0], "rail-lanzhou")
    assert event.id == EXAMPLES["arrival.reported"]["id"]
    assert wire_of(event).body == body, "a letter about it keeps what came, to the bit"


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (TEXT, "gzip", "body is not gzip"),
        (gzip.compress(TEXT)[:-12], "gzip", "body is cut off: its gzip has no end"),
        (gzip.compress(TEXT) + b"rest", "gzip", "body is not gzip"),
        (gzip.compress(b"") * 200, "gzip", "over 100 parts"),
        (TEXT, "deflate", "body is not deflate"),
        (TEXT, "br", "content_encoding br is not read here"),
        (gzip.compress(gzip.compress(TEXT)), "gzip, gzip", "content_encoding gzip, gzip is not read here"),
        (gzip.compress(gzip.compress(TEXT)), "gzip", "body is not JSON"),
        (TEXT, "安小满", "content_encoding (no plain name)"),
        (b"\xff\xfe" + TEXT.decode().encode("utf-16-le"), None, "byte order mark of UTF-16"),
        (b"\xfe\xff" + TEXT.decode().encode("utf-16-be"), None, "byte order mark of UTF-16"),
        (TEXT.decode().encode("gb18030"), None, "body is not JSON: it is no UTF-8 (at byte"),
        (b"\xff", "gbk", "body is not gbk"),
    ],
)
def test_what_cannot_be_unpacked_is_named(body: bytes, encoding: str | None, words: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        parse_message(body, ONE, encoding)
    assert words in str(wrong.value)


@pytest.mark.parametrize("packing", [gzip.compress, zlib.compress, bare])
def test_a_bomb_is_refused_without_being_unpacked_whole(packing: Any) -> None:
    bomb = packing(b"\0" * 200_000_000)
    assert len(bomb) < MAX_BYTES
    tracemalloc.start()
    with pytest.raises(NotUnpacked, match="unpacks to over 1048576 bytes"):
        unpacked(bomb, "gzip" if packing is gzip.compress else "deflate", ONE, MAX_BYTES)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 * MAX_BYTES


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, min_size=1, max_size=6), st.sampled_from(["", " ", "\n\t "]), st.booleans())
def test_each_event_of_a_packed_message_is_kept_as_it_stands_there(
    documents: list[Any], blanks: str, escaped: bool
) -> None:
    indent = 1 if blanks else None
    texts = [json.dumps(document, ensure_ascii=escaped, indent=indent) for document in documents]
    texts = [text for text in texts if _storable(text)] or ["1"]
    body = ("[" + blanks + f"{blanks},{blanks}".join(texts) + blanks + "]").encode()
    parsed = parse_message(gzip.compress(body), BATCH, "gzip")
    for text, document in zip(texts, parsed.documents, strict=True):
        found = parsed.wire_of(document)
        assert (found.content_type, found.content_encoding) == (ONE, None)
        assert found.body == text.encode() or isinstance(document, int | bool | str | float | None)


def _storable(text: str) -> bool:
    try:
        orjson.loads(text.encode())
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return False
    return True


def test_a_message_whose_events_all_die_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it anew for each of 200 held up the queue for 5 seconds a message."""
    read: list[int] = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            read.append(idx)
            return super().raw_decode(s, idx)

    monkeypatch.setattr(envelope, "_DECODER", Counting())
    documents = [{"id": f"taken apart once {n}"} for n in range(200)]
    parsed = parse_message(orjson.dumps(documents), BATCH)
    assert [orjson.loads(parsed.wire_of(one).body) for one in parsed.documents] == documents
    assert len(read) == 200
