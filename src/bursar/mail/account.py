"""The words of a mail account, parsed once: type, what to do afterwards, destination."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import InvalidInput


class AccountType(StrEnum):
    """How a mailbox is spoken to: IMAP plain (loopback only), IMAPS over TLS, IMAPTLS with STARTTLS."""

    IMAP = "IMAP"
    IMAPS = "IMAPS"
    IMAPTLS = "IMAPTLS"

    @property
    def default_port(self) -> int:
        """143, and 993 where TLS comes first (RFC 8314 §7.1)."""
        return 993 if self is AccountType.IMAPS else 143


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


def maildir_path(deliver: str) -> Path:
    """The directory of `maildir:PATH`. Raises InvalidInput for another destination or a path that isn't absolute."""
    kind, _, path = deliver.partition(":")
    if kind != "maildir":
        raise InvalidInput(
            f'Bursar can\'t deliver to "{deliver}".',
            code="destination_unknown",
            action="Use maildir:PATH with an absolute path.",
        )
    if not Path(path).is_absolute() or "\0" in path:
        raise InvalidInput(
            f'The maildir "{path}" is not an absolute path.',
            code="destination_relative",
            action="Write it from the root on, such as maildir:/var/mail/support.",
        )
    return Path(path)


def one_line(text: str, field: str) -> str:
    """`text`, unless it carries characters that would end a line of the protocol. Raises InvalidInput."""
    if not text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidInput(f"{field} is empty or carries control characters.", code="control_characters")
    return text
