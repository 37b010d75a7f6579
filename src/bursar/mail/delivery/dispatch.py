"""By recipient: a table of addresses and their destinations, and a default for everybody else."""

from collections.abc import Callable, Collection, Mapping, Sequence
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.policy import default as default_policy
from email.utils import getaddresses

from ...errors import Temporary
from .destination import Destination, Failure, Hold, Parcel
from .names import Names

HEADERS = ("X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Resent-To", "Resent-Cc", "Delivered-To")
LONGEST_HEAD = 256 * 1024
LONGEST_LINE = 1000  # characters of sender and subject that are read


def recipients(body: bytes) -> list[str]:
    """The addresses a message was sent to, in lower case, the envelope's first where a server noted it."""
    head = body[:LONGEST_HEAD]
    parsed = BytesHeaderParser(policy=compat32).parsebytes(head, headersonly=True)
    fields = [str(text) for name in HEADERS for text in parsed.get_all(name, [])]
    found = (address.lower() for field in fields for address in addresses_in(field))
    return list(dict.fromkeys(found))


def addresses_in(field: str) -> list[str]:
    """The addresses in a header field; none where it can't be read, as where its comments nest without end."""
    try:
        found = [address.strip() for _, address in getaddresses([field])]
    except (RecursionError, ValueError, IndexError):
        return []
    return [address for address in found if address]


def headline(body: bytes) -> tuple[str, str]:
    """Sender and subject as a person reads them, bounded; empty where the message has none."""
    parsed = BytesHeaderParser(policy=default_policy).parsebytes(body[:LONGEST_HEAD], headersonly=True)
    raw = {name.lower(): value for name, value in reversed(list(parsed.raw_items()))}
    found = []
    for name in ("From", "Subject"):
        try:
            # Cut before it is read: the parser's time grows with the square of what strangers write.
            text = str(default_policy.header_fetch_parse(name, raw.get(name.lower(), "")[:LONGEST_LINE]))
        except Exception:  # noqa: BLE001 - the parser trips in many ways over what mail can hold
            text = ""
        found.append("".join(sign if sign.isprintable() else " " for sign in text)[:200])
    return found[0], found[1]


class Dispatch:
    """A destination that hands each parcel to the one its recipient has in `table`, else to `default`."""

    def __init__(self, default: Destination, table: Mapping[str, Destination]) -> None:
        self._default = default
        self._table = table
        self._all = list({id(each): each for each in (default, *table.values())}.values())

    def prepare(self) -> None:
        for each in self._all:
            each.prepare()

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        return {found for each in self._all for found in each.recover(names, wanted)}

    def forget(self, ids: Collection[str]) -> None:
        for each in self._all:
            each.forget(ids)

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        groups: dict[int, list[Parcel]] = {}
        for parcel in parcels:
            groups.setdefault(id(self._table.get(parcel.recipient, self._default)), []).append(parcel)
        failures: dict[str, Failure] = {}
        for each in self._all:
            group = groups.get(id(each), [])
            if not group:
                continue
            try:
                failures.update(each.deliver(group, hold))
            except Temporary as problem:  # one broken destination doesn't stop the others
                reason = problem.sentence.rstrip(".")
                failures.update({parcel.id: Failure(reason, blocked=True) for parcel in group})
        return failures

    def close(self) -> None:
        for each in self._all:
            each.close()


def addressee(body: bytes, table: Collection[str]) -> str | None:
    """The first of the message's recipients that is in the table."""
    return next((address for address in recipients(body) if address in table), None)
