"""The rows of a table in a file, each judged alone: a wound in one line costs no other."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from doorstep_client.packing import MAX_BYTES
from field.sent_tables import header_of, row_of, separator_hint, separator_of, wide_encoding

# An address may hold line breaks, within quotation marks. Over more lines than this, one was not closed.
_MOST_LINES = 20
_BEGINNING = 4096
_UNREADABLE = "is neither UTF-8 nor GB18030: save the table as “CSV UTF-8”"


class TableRows:
    """
    :param known: the names that columns may have, to see what separates them.
    """

    def __init__(self, stream: BinaryIO, known: Collection[str]) -> None:
        self._lines = _Lines(stream)
        self._known = known
        self._separator = ","
        self._header: list[str] = []
        self._ahead: deque[tuple[int, str | None]] = deque()

    @property
    def bytes_read(self) -> int:
        return self._lines.bytes_read

    def read_header(self) -> list[str]:
        """The names of the columns, "" for one without. Raises csv.Error, UnicodeDecodeError."""
        first = next(self._lines, "")
        hint = separator_hint(first)
        line = next(self._lines, "") if hint else first
        self._separator = hint or separator_of(line, self._known)
        self._header = header_of(self._cells(line))
        return self._header

    def rows(self) -> Iterator[tuple[int, dict[str, str] | str]]:
        """Each row that is not empty, with its line: its cells by column, or words that say what is wrong."""
        while self._look_ahead(1):
            number, text = self._ahead[0]
            lines = 1
            try:
                if text is None:
                    raise ValueError(_UNREADABLE)
                cells, lines = self._whole(text)
                row: dict[str, str] | str = row_of(self._header, cells)
            except (csv.Error, ValueError) as error:
                row, lines = str(error), 1
            for _ in range(lines):
                self._ahead.popleft()
            if row:
                yield number, row

    def _whole(self, text: str) -> tuple[list[str], int]:
        """The cells that begin on a line, and over how many lines they go. Raises csv.Error."""
        for lines in range(1, _MOST_LINES + 1):
            try:
                return self._cells(text), lines
            except csv.Error as error:
                following = self._ahead[lines][1] if self._look_ahead(lines + 1) else None
                if "unexpected end" not in str(error) or following is None:
                    raise
                text += following
        raise csv.Error("a quotation mark is opened and not closed")

    def _cells(self, text: str) -> list[str]:
        return next(csv.reader([text], strict=True, delimiter=self._separator), [])

    def _look_ahead(self, count: int) -> bool:
        """Whether there are so many lines; then they are at hand."""
        while len(self._ahead) < count:
            try:
                text: str | None = next(self._lines)
            except StopIteration:
                return False
            except UnicodeDecodeError:
                text = None
            self._ahead.append((self._lines.count, text))
        return True


class _Lines:
    """Lines of text, how many there were, and how many bytes they were.

    A table is UTF-8, unless its first line with other letters is none and is GB18030. One that has two bytes
    for each character says so at its beginning.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._encoding: str | None = None
        self.bytes_read = self.count = 0
        beginning = stream.read(_BEGINNING)
        wide = wide_encoding(beginning)
        whole = io.BufferedReader(_Rest(beginning, stream))
        self._wide = io.TextIOWrapper(whole, wide, newline="") if wide else None
        self._lines = whole

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._wide.readline(MAX_BYTES) if self._wide else self._lines.readline(MAX_BYTES)
        if not line:
            raise StopIteration
        self.count += 1
        self.bytes_read += len(line) * (2 if self._wide else 1)
        text = line if isinstance(line, str) else self._decoded(line)
        return text.removeprefix("\ufeff") if self.count == 1 else text

    def _decoded(self, line: bytes) -> str:
        if self._encoding is None and not line.isascii():
            self._encoding = "utf-8" if _is(line, "utf-8") or not _is(line, "gb18030") else "gb18030"
        return line.decode(self._encoding or "utf-8")


_BEGINNING = 4096


class _Rest(io.RawIOBase):
    """A stream again from its beginning, of which some was read."""

    def __init__(self, beginning: bytes, stream: BinaryIO) -> None:
        self._beginning, self._stream = beginning, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._beginning[: len(buffer)] or self._stream.read(len(buffer)) or b""
        self._beginning = self._beginning[len(part) :]
        buffer[: len(part)] = part
        return len(part)


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
