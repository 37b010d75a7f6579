"""What the use cases are given instead of reaching for it: clock, randomness, keyring, storage, the way out."""

import threading
from dataclasses import dataclass, field

from .clock import Clock, Randomness
from .flights import Flights
from .keyring import Keyring
from .outbound import Door
from .storage import Storage
from .sysconfig import SystemConfiguration
from .uses import Uses


@dataclass(frozen=True, slots=True)
class Context:
    """Built once a process in `bursar.app`; tests build their own with fakes in it.

    `worker` names this process in attempts and leases; `stop` is set when the process is to end: every wait is on it.
    """

    clock: Clock
    randomness: Randomness
    keyring: Keyring
    storage: Storage
    door: Door
    settings: SystemConfiguration
    worker: str
    stop: threading.Event = field(default_factory=threading.Event)
    flights: Flights = field(default_factory=Flights)
    uses: Uses = field(default_factory=Uses)
