"""Keys for other purposes, derived from the master key: none tells anything of it or of another (RFC 5869)."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DERIVED_BYTES = 32


def derive(master: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose: always the same for the same master key and purpose."""
    return HKDF(algorithm=SHA256(), length=DERIVED_BYTES, salt=None, info=purpose.encode()).derive(master)
