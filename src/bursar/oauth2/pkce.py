"""Proof Key for Code Exchange, S256 only (RFC 7636 §4.1 to §4.3)."""

import base64
import hashlib

from ..clock import Randomness

VERIFIER_BYTES = 32


def new_verifier(randomness: Randomness) -> str:
    """A fresh verifier of 256 bits: 43 unreserved characters."""
    return randomness.token(VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()
