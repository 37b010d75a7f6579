"""Primary keys chosen by the application: UUIDv7, so that the place of a sealed value is known before the insert."""

import secrets
import time
import uuid


def new_id() -> str:
    """A UUIDv7 (RFC 9562 §5.7) as 32 hexadecimal digits: sorts by creation time, the same text on every database."""
    millis = time.time_ns() // 1_000_000
    value = (millis & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value).hex
