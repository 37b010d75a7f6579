"""From the bytes of a file to UTF-8 that a YAML parser can be trusted with."""

import codecs

from .violations import Unreadable

MAX_BYTES = 32 * 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def utf8_of(data: bytes) -> bytes:
    """`data` as UTF-8 without a byte order mark; UTF-16 is recognised by its mark.

    Raises Unreadable, with the line, where it is larger than 32 MB, not text, or contains NUL.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(0, "is larger than 32 MB")
    if data.startswith(_UTF16):
        data = _decode(data, "utf-16").encode()
    else:
        data = data.removeprefix(codecs.BOM_UTF8)
        if not data.isascii():
            _decode(data, "utf-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise Unreadable(_line(data, nul), "contains a NUL, so it is not a text file")
    return data


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = _line(data, problem.start)
        raise Unreadable(line, f"is not {encoding.upper()} text") from None


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
