"""Reads one HTTP/1.1 answer out of bytes: pure, strict and bounded."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ANSWER = 1024 * 1024
_MAX_HEAD = 16 * 1024
TOO_LONG = "too long"


class Garbled(Exception):
    """The bytes are no HTTP answer, or a larger one than we read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `head` holds the header lines as they came."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return _field(self.head, b"\r\n" + name.lower().encode("ascii") + b":")


def _field(head: bytes, mark: bytes) -> str:
    at = head.lower().find(mark)
    if at < 0:
        return ""
    end = head.find(b"\r\n", at + 2)
    return head[at + len(mark) : end if end >= 0 else len(head)].decode("latin-1").strip()


def read_answer(data: bytes, *, eof: bool) -> tuple[Answer, bool] | None:
    """The answer and whether the connection may be used again; None while bytes are missing; Garbled for what can never become an answer."""
    if len(data) > _MAX_HEAD + 2 * MAX_ANSWER:
        raise Garbled(TOO_LONG)
    end = data.find(b"\r\n\r\n")
    while end >= 0 and _status(data) < 200:  # "go on" is no answer yet
        data = data[end + 4 :]
        end = data.find(b"\r\n\r\n")
    if end < 0:
        if eof or len(data) > _MAX_HEAD:
            raise Garbled("no whole header")
        return None
    status, head = _status(data), data[:end]
    body = _body(head.lower(), status, data, end + 4, eof=eof)
    if body is None:
        if eof:
            raise Garbled("cut short")
        return None
    content, after, delimited = body
    keep = delimited and after == len(data) and data.startswith(b"HTTP/1.1") and b"\r\nconnection: close" not in head.lower()
    return Answer(status, head, content), keep


def _status(data: bytes) -> int:
    digits = data[9:12]
    if not data.startswith(b"HTTP/1.") or not digits.isdigit() or not 100 <= int(digits) <= 599 or int(digits) == 101:
        raise Garbled("no HTTP answer")
    return int(digits)


def _body(head: bytes, status: int, data: bytes, start: int, *, eof: bool) -> tuple[bytes, int, bool] | None:
    """Content, where it ends in `data`, and whether its end is marked by more than the end of the connection."""
    if status in {204, 304}:
        return b"", start, True
    if b"\r\ntransfer-encoding:" in head:
        return _chunks(data, start)
    length = _field(head, b"\r\ncontent-length:")
    if not length:
        if len(data) - start > MAX_ANSWER:
            raise Garbled(TOO_LONG)
        return (data[start:], len(data), False) if eof else None
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MAX_ANSWER:
        raise Garbled(f"{TOO_LONG}, or no length at all")
    stop = start + int(length)
    return (data[start:stop], stop, True) if len(data) >= stop else None


def _chunks(data: bytes, at: int) -> tuple[bytes, int, bool] | None:
    found: list[bytes] = []
    total = 0
    while True:
        line = data.find(b"\r\n", at)
        if line < 0:
            return None
        size = _chunk_size(data[at:line])
        if size == 0:
            stop = data.find(b"\r\n", line + 2)  # trailers are not read: one empty line ends the answer
            return (b"".join(found), stop + 2, stop == line + 2) if stop >= 0 else None
        total += size
        if total > MAX_ANSWER:
            raise Garbled(TOO_LONG)
        if len(data) < line + 2 + size + 2:
            return None
        found.append(data[line + 2 : line + 2 + size])
        at = line + 2 + size + 2


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise Garbled("no chunk size")
    return int(digits, 16)
