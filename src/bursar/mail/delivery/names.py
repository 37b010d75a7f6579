"""The name of a delivered message, derived from its identity: account, folder, UIDVALIDITY and UID."""

import hashlib
from dataclasses import dataclass, field

_END = ".bursar"


@dataclass(frozen=True, slots=True)
class Names:
    """`<digest>.<uidvalidity>.<uid>.bursar`; the digest is of account and folder. The same message, the same name."""

    account_id: str
    folder: str
    uidvalidity: int
    _digest: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.account_id}\0{self.folder}".encode()).hexdigest()[:16]
        object.__setattr__(self, "_digest", digest + ".")

    def name(self, uid: int) -> str:
        return f"{self._digest}{self.uidvalidity}.{uid}{_END}"

    def uid(self, name: str) -> int | None:
        """The UID in a name of this folder under this UIDVALIDITY, None for any other name."""
        start = f"{self._digest}{self.uidvalidity}."
        digits = name.removeprefix(start).removesuffix(_END)
        return int(digits) if digits.isdecimal() and name == f"{start}{digits}{_END}" else None

    def own(self, name: str) -> bool:
        """Whether the name is of this account and folder, under any UIDVALIDITY."""
        return name.startswith(self._digest) and name.endswith(_END)
