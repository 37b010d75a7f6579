"""Encryption at rest: the master key, the sealed form of a secret, the `Secret` type. No Django, no tables."""

from .keyring import Keyring, Place, SealBroken
from .secret import Secret

__all__ = ["Keyring", "Place", "SealBroken", "Secret"]
