"""The mailbox behind `FakeGraph`: folders, messages, and the two kinds of ids that Microsoft Graph gives."""

import base64
import hashlib
import itertools
from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeFolder:
    """One folder; `hidden` ones are listed only where they are asked for."""

    id: str
    name: str
    parent: str = ""
    hidden: bool = False


@dataclass(slots=True)
class FakeMessage:
    """`number` is what stays; what a client sees as its id depends on how it asks, and on the folder."""

    number: int
    folder: str
    body: bytes
    is_read: bool = False


@dataclass(slots=True)
class FakeMailbox:
    """One person's folders and messages."""

    address: str
    folders: dict[str, FakeFolder] = field(default_factory=dict)
    messages: dict[int, FakeMessage] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for name, well_known in (("Posteingang", "inbox"), ("Gelöschte Elemente", "deleteditems")):
            self.folders[well_known] = FakeFolder(self._long(f"folder {well_known}"), name)

    def folder(self, key: str) -> FakeFolder | None:
        """By id or well-known name."""
        return self.folders.get(key.lower()) or next((f for f in self.folders.values() if f.id == key), None)

    def make_folder(self, name: str, parent: str = "", *, hidden: bool = False) -> FakeFolder:
        made = FakeFolder(self._long(f"folder {parent} {name}"), name, parent, hidden)
        self.folders[made.id] = made
        return made

    def children(self, parent: str, *, hidden: bool) -> list[FakeFolder]:
        return [f for f in self.folders.values() if f.parent == parent and (hidden or not f.hidden)]

    def deliver(self, body: bytes, folder: str = "inbox") -> FakeMessage:
        found = self.folder(folder)
        assert found is not None
        made = FakeMessage(next(self._numbers), found.id, body)
        self.messages[made.number] = made
        return made

    def inside(self, folder: FakeFolder) -> list[FakeMessage]:
        """Oldest first."""
        return [message for message in self.messages.values() if message.folder == folder.id]

    def id_of(self, message: FakeMessage, *, immutable: bool) -> str:
        """An ordinary id changes when the message moves; an immutable one stays (Prefer: IdType="ImmutableId")."""
        return self._long(f"{message.number}" if immutable else f"{message.number} in {message.folder}")

    def message(self, wanted: str, *, immutable: bool) -> FakeMessage | None:
        return next((m for m in self.messages.values() if self.id_of(m, immutable=immutable) == wanted), None)

    def _long(self, text: str) -> str:
        digest = hashlib.sha512(f"{self.address} {text}".encode()).digest()
        return "AAkALgAA" + base64.urlsafe_b64encode(digest + digest[:32]).decode() + "="
