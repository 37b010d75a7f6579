"""Public fakes for tests and for practice: clock, dice, a provider that rotates and misbehaves.

Names are loaded when they are first used, so that production code which only names a failpoint loads no server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import FakeClock, FakeRandomness
    from .failpoints import failpoint
    from .graph import FakeGraph
    from .ledger import RegisteredClient
    from .provider import FakeProvider
    from .script import Script

__all__ = ["FakeClock", "FakeGraph", "FakeProvider", "FakeRandomness", "RegisteredClient", "Script", "failpoint"]

_HOMES = {
    "FakeClock": "clock",
    "FakeRandomness": "clock",
    "FakeGraph": "graph",
    "FakeProvider": "provider",
    "RegisteredClient": "ledger",
    "Script": "script",
    "failpoint": "failpoints",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
