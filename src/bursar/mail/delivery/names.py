"""The stable id of a delivery, derived from the message's identity: account, folder, validity and id at the server."""

import hashlib
from dataclasses import dataclass, field

_END = ".bursar"


@dataclass(frozen=True, slots=True)
class Names:
    """`<digest>.<validity>.<id>.bursar`; the digest is of account and folder. The same message, the same name.

    A UID stands in it as it is. A UIDL or a Graph id may hold any sign: its digest stands for it.
    """

    account_id: str
    folder: str
    validity: str
    _start: str = field(init=False)
    _digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.account_id}\0{self.folder}".encode()).hexdigest()[:16]
        object.__setattr__(self, "_digest", digest + ".")
        object.__setattr__(self, "_start", f"{digest}.{self.validity}.")

    def name(self, message: str) -> str:
        """The name of the message with this id."""
        plain = len(message) <= 10 and message.isascii() and message.isdecimal()
        word = message if plain else "x" + hashlib.sha256(message.encode()).hexdigest()[:40]
        return f"{self._start}{word}{_END}"

    def current(self, name: str) -> bool:
        """Whether the name is of this folder under this validity."""
        return name.startswith(self._start) and name.endswith(_END)

    def own(self, name: str) -> bool:
        """Whether the name is of this account and folder, under any validity."""
        return name.startswith(self._digest) and name.endswith(_END)
