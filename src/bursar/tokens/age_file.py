"""Files that are encrypted with age (age-encryption.org/v1): an export with secrets travels in one, an import reads it.

The format is pyrage's, the Python binding of rage. A passphrase goes through scrypt; how much work a foreign file may
ask for is bounded by the library.
"""

import re
from collections.abc import Sequence
from typing import Any

import pyrage

from ..errors import InvalidInput
from ..keyring import Secret

SHORTEST_PASSPHRASE = 12
LONGEST_KEY = 100_000  # characters of an identity file or a list of recipients
_HONEST_WORK = 20  # the binary logarithm of scrypt's N: a gigabyte of memory, a few seconds
_WORK = re.compile(rb"^-> scrypt \S+ (\d{1,3})$", re.MULTILINE)
_HEADER = 1000
_TRIES = 10
_HEADS = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")


def is_age(data: bytes) -> bool:
    """Whether that is a file of age, binary or armored."""
    return data.lstrip()[:40].startswith(_HEADS)


def read_recipients(text: str) -> list[str]:
    """The recipients in a text: one a line or parted by commas, comments left out.

    Raises InvalidInput (`age_recipient_invalid`) where one can't be, or there is none.
    """
    if len(text) > LONGEST_KEY:
        raise InvalidInput("The list of recipients is too long.", code="age_recipient_invalid")
    found = [part.strip() for line in text.splitlines() if not line.startswith("#") for part in line.split(",")]
    found = [part for part in found if part]
    for part in found:
        _recipient(part)
    if not found:
        raise InvalidInput("No recipient is given.", code="age_recipient_invalid", action="It begins with age1.")
    return found


def check_passphrase(passphrase: Secret) -> Secret:
    """The passphrase itself. Raises InvalidInput (`age_passphrase_short`) below twelve characters."""
    if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
        raise InvalidInput(
            f"A passphrase has at least {SHORTEST_PASSPHRASE} characters.",
            code="age_passphrase_short",
            action="Several words in a row are good and easy to say.",
        )
    return passphrase


def encrypted(data: bytes, *, recipients: Sequence[str] = (), passphrase: Secret | None = None) -> bytes:
    """`data` for the holders of the recipients' identities, or for who knows the passphrase; one of both is given.

    Raises InvalidInput as `read_recipients` and `check_passphrase`.
    """
    if bool(recipients) == (passphrase is not None):
        raise InvalidInput("Encrypt either to recipients or with a passphrase.", code="age_key_missing")
    if passphrase is not None:
        return bytes(pyrage.passphrase.encrypt(data, check_passphrase(passphrase).reveal()))
    return bytes(pyrage.encrypt(data, [_recipient(each) for each in recipients]))


def decrypted(data: bytes, *, identity: Secret | None = None, passphrase: Secret | None = None) -> bytes:
    """What is in a file of age. `identity` is the text of an identity file: `AGE-SECRET-KEY-1…`, or an SSH key.

    Raises InvalidInput: `age_key_missing` without a key, `age_key_wrong` where the key doesn't open it,
    `age_identity_invalid` for one that can't be.
    """
    if not identity and not passphrase:
        raise InvalidInput(
            "The file is encrypted with age.", code="age_key_missing", action="Give its passphrase, or an age identity."
        )
    try:
        if passphrase:
            return _by_passphrase(data, passphrase)
        assert identity is not None
        return bytes(pyrage.decrypt(data, _identities(identity)))
    except pyrage.DecryptError as problem:
        if "Excessive work" in str(problem):
            raise InvalidInput(
                "The file asks for more work to try a passphrase than this machine does for one, so it is not opened.",
                code="age_key_wrong",
                action="Where you trust the file: try again when the machine is less busy, or use an identity.",
            ) from None
        kind = "passphrase" if passphrase else "identity"
        raise InvalidInput(
            f"This {kind} doesn't open the file, or the file is damaged.", code="age_key_wrong"
        ) from None


def _by_passphrase(data: bytes, passphrase: Secret) -> bytes:
    """The library judges the work that a file asks for by how fast the machine is this moment, so a busy one errs.

    What an honest file may ask for is tried a few times; what is beyond that is refused at the first.
    """
    for _ in range(_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(data, passphrase.reveal()))
        except pyrage.DecryptError as problem:
            asked = _WORK.search(data[:_HEADER])
            if "Excessive work" not in str(problem) or asked is None or int(asked[1]) > _HONEST_WORK:
                raise
    return bytes(pyrage.passphrase.decrypt(data, passphrase.reveal()))


def _recipient(text: str) -> Any:
    try:
        return (
            pyrage.ssh.Recipient.from_str(text) if text.startswith("ssh-") else pyrage.x25519.Recipient.from_str(text)
        )
    except pyrage.RecipientError:
        shown = text if len(text) <= 80 else text[:79] + "…"
        raise InvalidInput(
            f"{shown!r} is no age recipient.",
            code="age_recipient_invalid",
            action="It begins with age1, or is an SSH public key.",
        ) from None


def _identities(text: Secret) -> list[Any]:
    wrong = InvalidInput(
        "That is no age identity.",
        code="age_identity_invalid",
        action="It is a line that begins with AGE-SECRET-KEY-1, or an SSH private key without a passphrase.",
    )
    plain = text.reveal()
    if len(plain) > LONGEST_KEY:
        raise wrong
    try:
        if "PRIVATE KEY-----" in plain:
            return [pyrage.ssh.Identity.from_buffer(plain.strip().encode() + b"\n")]
        lines = [line.strip() for line in plain.splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        raise wrong from None
    if not found:
        raise wrong
    return found
