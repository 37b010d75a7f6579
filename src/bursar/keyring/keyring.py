"""AES-256-GCM with the place of a value as associated data (SEC-31, SEC-32)."""

import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .derive import derive
from .secret import Secret

KEY_BYTES = 32
_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value does not open here: another key, another place, or a changed ciphertext."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives. A ciphertext that is moved to another row or column does not open."""

    table: str
    row: str
    column: str


class Keyring:
    """Seals and opens secrets with one master key. The stored form is version, key id, nonce, ciphertext."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError("the master key has 32 bytes")
        self._cipher = AESGCM(master)
        self._master = master
        self._key_id = hashlib.sha256(b"bursar key id\0" + master).digest()[:_KEY_ID_BYTES]

    @property
    def key_id(self) -> str:
        """Names the key without telling anything of it."""
        return self._key_id.hex()

    def seal(self, place: Place, secret: Secret) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), self._bound(place))
        return _VERSION + self._key_id + nonce + sealed

    def open(self, place: Place, sealed: bytes) -> Secret:
        """The secret. Raises SealBroken where key, place or ciphertext is not the one it was sealed with."""
        sealed = bytes(sealed)
        head = len(_VERSION) + _KEY_ID_BYTES
        if sealed[:1] != _VERSION or sealed[1:head] != self._key_id:
            raise SealBroken(f"{place.table}.{place.column} was sealed with another key")
        try:
            nonce, body = sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]
            return Secret(self._cipher.decrypt(nonce, body, self._bound(place)).decode())
        except InvalidTag:
            raise SealBroken(f"{place.table}.{place.column} was not sealed for this row") from None

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of `data`, by a key that is derived for this purpose alone."""
        return hmac.new(derive(self._master, purpose), data, hashlib.sha256).digest()

    def _bound(self, place: Place) -> bytes:
        return b"\0".join((place.table.encode(), place.row.encode(), place.column.encode(), self._key_id))
