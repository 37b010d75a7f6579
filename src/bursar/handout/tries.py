"""Wrong keys are counted by address, so that guessing is slow and seen (SEC-44). A right key is never locked out:
a key has 256 random bits, and who shares an address with a guesser must go on working."""

import ipaddress
from collections import OrderedDict

MOST = 20
WINDOW_SECONDS = 60.0
ADDRESSES = 10_000


class Tries:
    """Times are a monotonic count of seconds."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """How many seconds this address has to wait until its next wrong key is looked at; 0 for not at all."""
        begun, count = self._counts.get(_network(address), (now, 0))
        return max(0.0, begun + WINDOW_SECONDS - now) if count >= MOST else 0.0

    def failed(self, address: str, now: float) -> None:
        """One more wrong key."""
        network = _network(address)
        begun, count = self._counts.pop(network, (now, 0))
        if begun + WINDOW_SECONDS <= now:
            begun, count = now, 0
        self._counts[network] = (begun, count + 1)
        while len(self._counts) > ADDRESSES:
            self._counts.popitem(last=False)


def _network(address: str) -> str:
    """One IPv6 customer has a /64: its addresses count as one."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address
