"""The words of a mail account, parsed once: type, authentication, what to do afterwards, interval."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ..errors import InvalidInput

SHORTEST_INTERVAL = 10
LONGEST_INTERVAL = 7 * 86_400
_INTERVAL = re.compile(r"(\d{1,7})\s*(s|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class AccountType(StrEnum):
    """How a mailbox is spoken to: plain (loopback only), TLS first (S), STARTTLS (TLS), or Microsoft Graph."""

    IMAP = "IMAP"
    IMAPS = "IMAPS"
    IMAPTLS = "IMAPTLS"
    POP3 = "POP3"
    POP3S = "POP3S"
    POP3TLS = "POP3TLS"
    MSGRAPH = "MSGraph"

    @property
    def protocol(self) -> str:
        """`imap`, `pop3` or `graph`, as provider templates name it."""
        if self is AccountType.MSGRAPH:
            return "graph"
        return "pop3" if self.startswith("POP3") else "imap"

    @property
    def default_port(self) -> int:
        """143 and 110; 993 and 995 where TLS comes first (RFC 8314 §7.1, §7.2); 443 for Graph."""
        return {"IMAPS": 993, "POP3": 110, "POP3S": 995, "POP3TLS": 110, "MSGraph": 443}.get(self, 143)

    @property
    def is_plain(self) -> bool:
        """Without encryption, and so within this machine only (SEC-55)."""
        return self in (AccountType.IMAP, AccountType.POP3)

    @property
    def starts_tls(self) -> bool:
        """TLS begins inside the dialogue: STARTTLS, STLS."""
        return self in (AccountType.IMAPTLS, AccountType.POP3TLS)

    @property
    def has_folders(self) -> bool:
        """POP3 knows the inbox and nothing else."""
        return self.protocol != "pop3"


class Authentication(StrEnum):
    """What a login is proved with."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    PASSWORD = "password"  # noqa: S105


class Validity(StrEnum):
    """Only a valid account is collected."""

    VALID = "valid"
    INVALID = "invalid"
    INVALID_TEMPORARILY = "invalid-temporarily"


class Afterwards(StrEnum):
    """What happens at the server to a message that is safely delivered."""

    DELETE = "delete"
    SEEN = "seen"
    LEAVE = "leave"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class After:
    """`delete`, `seen`, `leave` or `move:FOLDER`; `folder` is empty unless it is a move."""

    what: Afterwards
    folder: str = ""

    @classmethod
    def parse(cls, text: str) -> "After":
        """Raises InvalidInput where `text` is none of the four."""
        word, colon, folder = text.partition(":")
        if word == Afterwards.MOVE and folder:
            return cls(Afterwards.MOVE, one_line(folder, "--after"))
        if not colon and word in (Afterwards.DELETE, Afterwards.SEEN, Afterwards.LEAVE):
            return cls(Afterwards(word))
        raise InvalidInput(
            f'--after "{text}" is not known.', action="Use delete, seen, leave or move:FOLDER.", code="after_unknown"
        )

    def check(self, kind: AccountType) -> None:
        """Raises InvalidInput for what the type can't do: POP3 only deletes or leaves."""
        if not kind.has_folders and self.what in (Afterwards.SEEN, Afterwards.MOVE):
            raise InvalidInput(
                f"--after {self.what}: {kind} knows neither marks nor folders.",
                code="after_impossible",
                action="Use delete or leave, or collect by IMAP.",
            )


def parse_interval(text: str) -> int:
    """Seconds of `90`, `90s`, `5m`, `2h` or `1d`; 0 for `never`: collected only when asked. Raises InvalidInput."""
    if text.strip().lower() in ("0", "never"):
        return 0
    found = _INTERVAL.fullmatch(text.strip().lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not SHORTEST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        raise InvalidInput(
            f'--interval "{text}" is no interval from 10 seconds to 7 days.',
            code="interval_invalid",
            action="Write it as in 30s, 5m or 1h, or never to collect only when asked.",
        )
    return seconds


def interval_text(seconds: int) -> str:
    """What `parse_interval` reads back, in the largest unit that fits: `5m`, `never`."""
    if seconds == 0:
        return "never"
    unit, size = next((u, s) for u, s in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % s == 0)
    return f"{seconds // size}{unit}"


def one_line(text: str, field: str) -> str:
    """`text`, unless it carries characters that would end a line of the protocol. Raises InvalidInput."""
    if not text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidInput(f"{field} is empty or carries control characters.", code="control_characters")
    return text
