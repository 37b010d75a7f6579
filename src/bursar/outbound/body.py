"""The body of an answer: read whole, unpacked by hand, never larger than allowed (SEC-52)."""

import zlib
from collections.abc import Callable

import urllib3

from ..errors import Temporary
from .errors import OutboundFailed

CHUNK = 64 * 1024


class SinkBroken(Temporary):
    """What takes a body can't write it (`file_unwritable`)."""

    default_code = "file_unwritable"


def read_body(answer: urllib3.BaseHTTPResponse, limit: int, host: str) -> bytes:
    """At most `limit` bytes, both as they come over the wire and unpacked. Raises OutboundFailed beyond it."""
    parts: list[bytes] = []
    copy_body(answer, limit, host, parts.append)
    return b"".join(parts)


def copy_body(answer: urllib3.BaseHTTPResponse, limit: int, host: str, write: Callable[[bytes], object]) -> None:
    """Hand the body to `write` piece by piece. Raises as `read_body`, and SinkBroken where `write` raises OSError."""
    unpack = _unpacker(answer.headers.get("Content-Encoding", ""), host)
    size, received = 0, 0
    while chunk := answer.read(CHUNK, decode_content=False):
        received += len(chunk)
        part = chunk if unpack is None else unpack.decompress(chunk, limit - size + 1)
        size += len(part)
        if size > limit or received > limit:
            raise OutboundFailed(f"{host} answered with more than {limit} bytes.", code="answer_too_large")
        try:
            write(part)
        except OSError as problem:
            raise SinkBroken(f"The answer can't be written to the file: {problem.strerror}.") from problem
    if unpack is not None and received and not unpack.eof:
        raise OutboundFailed(f"The answer of {host} was cut off.")


class _Deflate:
    """What is called deflate is zlib's format by the RFC (9110 §8.4.1.2), and raw deflate by custom."""

    def __init__(self) -> None:
        self._inner: zlib._Decompress | None = None

    def decompress(self, data: bytes, most: int) -> bytes:
        if self._inner is None:
            zlib_header = data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0)
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        return self._inner.decompress(data, most)

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof


def _unpacker(encoding: str, host: str) -> "zlib._Decompress | _Deflate | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return _Deflate()
        case other:
            raise OutboundFailed(f"{host} packed its answer in a way that was not asked for: {other[:40]!r}.")
