"""Which messages a POP3 session has: UIDLs, numbers and sizes, on disk where they are many.

A UIDL is bytes; as text each byte is the character of that number, so that any of them can be stored and comes back.
"""

from collections.abc import Collection, Iterable, Iterator

from ..spill import Spill

LONGEST_UIDL = 255  # the RFC allows 70; some servers give more
PAGE = 500
TWINS_NAMED = 200
_TABLE = (
    "CREATE TABLE listing (place INTEGER PRIMARY KEY, number INTEGER NOT NULL, uidl BLOB NOT NULL, size INTEGER,"
    " deleted INTEGER NOT NULL DEFAULT 0)"
)


class Listing:
    """Built once a session from the answers to UIDL and LIST (RFC 1939 §7, §5)."""

    def __init__(self, uidl: Iterable[bytes], sizes: Iterable[bytes]) -> None:
        self._spill = Spill(_TABLE)
        try:
            self._spill.fill("INSERT INTO listing (number, uidl) VALUES (?, ?)", _named(uidl))
            for column in ("uidl", "number"):
                self._spill.run(f"CREATE INDEX listing_{column} ON listing ({column})")
            self._spill.fill("UPDATE listing SET size = ? WHERE number = ?", _sized(sizes))
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return int(self._spill.run("SELECT COUNT(*) FROM listing")[0][0])

    def twins(self) -> list[str]:
        """UIDLs that more than one message has: such messages can't be told apart. Of very many, some."""
        found = self._spill.run("SELECT uidl FROM listing GROUP BY uidl HAVING COUNT(*) > 1 LIMIT ?", (TWINS_NAMED,))
        return [_text(word) for (word,) in found]

    def pages(self) -> Iterator[list[str]]:
        """The UIDLs that one message alone has, in the order of the messages."""
        after = 0
        while page := self._spill.run(
            "SELECT place, uidl, EXISTS (SELECT 1 FROM listing AS twin WHERE twin.uidl = listing.uidl"
            " AND twin.place <> listing.place) FROM listing WHERE place > ? ORDER BY place LIMIT ?",
            (after, PAGE),
        ):
            after = page[-1][0]
            yield [_text(word) for _, word, has_twin in page if not has_twin]

    def numbered(self, messages: Collection[str]) -> dict[str, tuple[int, int | None]]:
        """The numbers that these have in this session, and what LIST said of their sizes."""
        words = [message.encode("latin-1", "replace") for message in messages]
        marks = ", ".join("?" * len(words))
        found = self._spill.run(f"SELECT uidl, number, size FROM listing WHERE uidl IN ({marks})", words)  # noqa: S608
        by_uidl = {_text(word): (number, size) for word, number, size in found}
        return {message: by_uidl[message] for message in messages if message in by_uidl}

    def delete(self, message: str) -> None:
        """Remember that the server marked it as deleted."""
        self._spill.run("UPDATE listing SET deleted = 1 WHERE uidl = ?", (message.encode("latin-1", "replace"),))

    @property
    def has_deleted(self) -> bool:
        """Whether `deleted` gives anything."""
        return bool(self._spill.run("SELECT EXISTS (SELECT 1 FROM listing WHERE deleted)")[0][0])

    def deleted(self) -> Iterator[list[str]]:
        """What `delete` was told, in pages."""
        after = 0
        while page := self._spill.run(
            "SELECT place, uidl FROM listing WHERE deleted AND place > ? ORDER BY place LIMIT ?", (after, PAGE)
        ):
            after = page[-1][0]
            yield [_text(word) for _, word in page]

    def close(self) -> None:
        """Forget it all."""
        self._spill.close()


def _named(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        number, _, word = line.strip().partition(b" ")
        if number.isdigit() and len(number) < 16 and 0 < len(word) <= LONGEST_UIDL and b"\0" not in word:
            yield int(number), word


def _sized(lines: Iterable[bytes]) -> Iterator[tuple[int | None, int]]:
    for line in lines:
        words = line.split()
        if len(words) >= 2 and all(word.isdigit() and len(word) < 16 for word in words[:2]):
            yield int(words[1]) or None, int(words[0])


def _text(word: bytes) -> str:
    return word.decode("latin-1")
