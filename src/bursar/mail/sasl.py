"""SASL: XOAUTH2 (Google, Microsoft) and OAUTHBEARER (RFC 7628) with a token, PLAIN (RFC 4616) with a password."""

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ..errors import Refused
from ..keyring import Secret

LONGEST_ANSWER = 1000


class Mechanism(StrEnum):
    """What is named after AUTHENTICATE."""

    XOAUTH2 = "XOAUTH2"
    OAUTHBEARER = "OAUTHBEARER"
    PLAIN = "PLAIN"
    LOGIN = "LOGIN"  # IMAP's own command, not the SASL mechanism
    USER = "USER"  # POP3's USER and PASS

    @property
    def dummy(self) -> bytes:
        """What ends the dialogue after a refusal: an empty line, or one ^A (RFC 7628 §3.2.3) (SEC-56)."""
        return b"\x01" if self is Mechanism.OAUTHBEARER else b""


def offered_by(capabilities: Collection[str]) -> set[str]:
    """The mechanisms that `AUTH=…` names, in upper case."""
    return {word.upper().removeprefix("AUTH=") for word in capabilities if word.upper().startswith("AUTH=")}


def choose_for_password(capabilities: Collection[str]) -> Mechanism:
    """PLAIN where it is offered, else the command LOGIN (RFC 9051 §6.2.3). Raises Refused where neither may be used."""
    if Mechanism.PLAIN in offered_by(capabilities):
        return Mechanism.PLAIN
    if "LOGINDISABLED" not in {word.upper() for word in capabilities}:
        return Mechanism.LOGIN
    raise Refused(
        "The server takes no passwords (LOGINDISABLED), so nothing was sent.",
        code="no_password_login",
        action="Use --auth token, or allow passwords at the mail server.",
    )


_HIDES_XOAUTH2 = re.compile(r"(.+\.)?yandex\.[a-z]{2,3}(\.[a-z]{2})?|(.+\.)?ya\.ru", re.IGNORECASE)


def choose(capabilities: Collection[str], host: str = "") -> Mechanism:
    """XOAUTH2 unless only OAUTHBEARER is offered; Yandex takes XOAUTH2 without saying so.

    Raises Refused where the server offers logins and none of them takes a token: the token is never sent as a
    password (SEC-55).
    """
    offered = offered_by(capabilities)
    hidden = _HIDES_XOAUTH2.fullmatch(host.rstrip(".")) is not None
    if Mechanism.XOAUTH2 in offered or not offered or (hidden and Mechanism.OAUTHBEARER not in offered):
        return Mechanism.XOAUTH2
    if Mechanism.OAUTHBEARER in offered:
        return Mechanism.OAUTHBEARER
    raise Refused(
        f"The server offers no login that takes a token, only {', '.join(sorted(offered))}.",
        code="no_token_login",
        action="Allow XOAUTH2 or OAUTHBEARER at the mail server, or check the host and the type of the account.",
    )


def initial_response(mechanism: Mechanism, user: str, token: Secret, host: str, port: int) -> bytes:
    """What is sent, before base64. Raises Refused where user or token carry control characters (SEC-54)."""
    bearer = token.reveal()
    named = "password" if mechanism is Mechanism.PLAIN else "token"
    for text in (user, bearer):
        if not text or any(ord(character) < 32 or ord(character) == 127 for character in text):
            raise Refused(
                f"The login or the {named} is empty or carries control characters, so nothing was sent.",
                code="login_unsendable",
            )
    if mechanism is Mechanism.PLAIN:
        return f"\0{user}\0{bearer}".encode()
    if mechanism is Mechanism.XOAUTH2:
        return f"user={user}\x01auth=Bearer {bearer}\x01\x01".encode()
    return f"n,a={saslname(user)},\x01host={host}\x01port={port}\x01auth=Bearer {bearer}\x01\x01".encode()


def saslname(user: str) -> str:
    """`,` and `=` are escaped in the authorization identity (RFC 5801 §4)."""
    return user.replace("=", "=3D").replace(",", "=2C")


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's reason in a refused login; empty strings where it gave none. `text` is what a person is shown."""

    status: str = ""
    scope: str = ""
    schemes: str = ""
    text: str = ""

    @classmethod
    def read(cls, line: bytes) -> "Challenge":
        """Decode a continuation line. What can't be read is shown as it came, bounded and printable."""
        try:
            decoded = base64.b64decode(line, validate=True)
        except binascii.Error:
            return cls(text=printable(line.decode(errors="replace")))
        try:
            found = json.loads(decoded)
        except (ValueError, RecursionError):
            found = None
        shown = printable(decoded.decode(errors="replace"))
        if not isinstance(found, dict):
            return cls(text=shown)
        words = {key: printable(str(found.get(key, ""))) for key in ("status", "scope", "schemes")}
        return cls(**words, text=shown)

    @property
    def blames_token(self) -> bool:
        """The server says that the token itself is no good: 400 or 401, or `invalid_token` (RFC 6750 §3.1)."""
        return self.status in ("400", "401", "invalid_token", "invalid_request")


class Dialogue:
    """Answers the continuations of one AUTHENTICATE: the string, then the dummy, then the end of the dialogue."""

    def __init__(self, mechanism: Mechanism, response: bytes) -> None:
        self._dummy = base64.b64encode(mechanism.dummy)
        self._response: bytes | None = base64.b64encode(response)
        self.challenge: Challenge | None = None

    def answer(self, line: bytes | None) -> bytes:
        """The line to send back. The string with the token is sent once, never again for a second challenge."""
        if self._response is not None:
            response, self._response = self._response, None
            return response
        if self.challenge is None:
            self.challenge = Challenge.read(line or b"")
            return self._dummy
        return b"*"


def printable(text: str) -> str:
    """At most a thousand characters, control characters made visible: a server's words can't forge lines (SEC-66)."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:LONGEST_ANSWER])
    return shown[:LONGEST_ANSWER]
