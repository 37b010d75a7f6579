"""Which messages a POP3 session has: UIDLs, numbers and sizes, some forty bytes each.

A UIDL is bytes; as text each byte is the character of that number, so that any of them can be stored and comes back.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

LONGEST_UIDL = 255  # the RFC allows 70; some servers give more
PAGE = 500


class Listing:
    """Built once a session from the answers to UIDL and LIST (RFC 1939 §7, §5)."""

    def __init__(self, uidl: Iterable[bytes], sizes: Iterable[bytes]) -> None:
        self._numbers = array("L")
        self._ends = array("Q")
        self._text = bytearray()
        for line in uidl:
            number, _, word = line.strip().partition(b" ")
            if number.isdigit() and 0 < len(word) <= LONGEST_UIDL and b"\0" not in word:
                self._numbers.append(int(number))
                self._text += word
                self._ends.append(len(self._text))
        self._sizes = _sizes(sizes)
        digests = array("Q", (_digest(self._word(at)) for at in range(len(self._numbers))))
        self._order = array("L", sorted(range(len(digests)), key=digests.__getitem__))
        self._digests = array("Q", (digests[at] for at in self._order))

    def __len__(self) -> int:
        return len(self._numbers)

    def twins(self) -> list[str]:
        """UIDLs that more than one message has: such messages can't be told apart."""
        pairs = zip(self._digests, self._digests[1:], strict=False)
        same = [place for place, (one, two) in enumerate(pairs) if one == two]
        return [self._word(self._order[place]).decode("latin-1") for place in same]

    def pages(self) -> Iterator[list[str]]:
        """The UIDLs in the order of the messages."""
        for start in range(0, len(self._numbers), PAGE):
            some = range(start, min(start + PAGE, len(self._numbers)))
            yield [self._word(at).decode("latin-1") for at in some]

    def number(self, uidl: str) -> int | None:
        """The message's number in this session."""
        word = uidl.encode("latin-1", "replace")
        digest = _digest(word)
        place = bisect_left(self._digests, digest)
        if place < len(self._digests) and self._digests[place] == digest and self._word(self._order[place]) == word:
            return self._numbers[self._order[place]]
        return None

    def size(self, number: int) -> int | None:
        """What LIST said of it."""
        return self._sizes[number] or None if number < len(self._sizes) else None

    def _word(self, at: int) -> bytes:
        return bytes(self._text[self._ends[at - 1] if at else 0 : self._ends[at]])


def _sizes(lines: Iterable[bytes]) -> "array[int]":
    found = array("Q", [0])
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0].isdigit() and words[1].isdigit() and len(words[1]) < 16:
            number = int(words[0])
            if len(found) <= number < len(found) + 1_000_000:
                found.extend([0] * (number + 1 - len(found)))
            if number < len(found):
                found[number] = int(words[1])
    return found


def _digest(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=8).digest())
