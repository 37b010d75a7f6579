"""From an English text back to its sentence and what stood in the gaps. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .catalogue import SENTENCES

GAP = re.compile(r"%\((\w+)\)s")
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Matched:
    """`msgid % gaps` is the text itself, to the letter."""

    msgid: str
    gaps: Mapping[str, str]

    def filled(self, msgstr: str) -> str:
        """The translation with the same gaps. A translation without gaps is taken as it is."""
        return msgstr % dict(self.gaps) if GAP.search(self.msgid) else msgstr


@dataclass(frozen=True, slots=True)
class _Sentence:
    msgid: str
    pattern: "re.Pattern[str]"
    literal: int

    def match(self, text: str) -> Matched | None:
        found = self.pattern.fullmatch(text)
        return None if found is None else Matched(self.msgid, found.groupdict())


@lru_cache(maxsize=4096)
def _compiled(msgid: str) -> _Sentence:
    parts: list[str] = []
    seen: set[str] = set()
    end = literal = 0
    for gap in GAP.finditer(msgid):
        between = msgid[end : gap.start()].replace("%%", "%")
        literal += len(between)
        parts.append(re.escape(between))
        name = gap[1]
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        seen.add(name)
        end = gap.end()
    rest = msgid[end:].replace("%%", "%") if seen else msgid
    parts.append(re.escape(rest))
    return _Sentence(msgid, re.compile("".join(parts), re.DOTALL), literal + len(rest))


@lru_cache(maxsize=1)
def _sentences() -> tuple[dict[str, str], list[_Sentence]]:
    """Those without gaps by their text, and those with gaps, the most telling first."""
    whole = {msgid: msgid for msgid in SENTENCES if not GAP.search(msgid)}
    gapped = [_compiled(msgid) for msgid in SENTENCES if msgid not in whole]
    return whole, sorted(gapped, key=lambda each: (-each.literal, each.msgid))


@lru_cache(maxsize=4096)
def match(text: str) -> Matched | None:
    """The sentence that says exactly this text; of several the one that has most of it in its own words."""
    whole, gapped = _sentences()
    if text in whole:
        return Matched(text, {})
    if len(text) > LONGEST:
        return None
    for sentence in gapped:
        found = sentence.match(text)
        if found is not None:
            return found
    return None


def match_one(text: str, msgid: str) -> Matched | None:
    """What stood in the gaps of `msgid`, where it says exactly this text."""
    return _compiled(msgid).match(text)
