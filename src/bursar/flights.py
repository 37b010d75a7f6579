"""Single flight: callers in one process who want the same thing at the same moment share one doing of it.

This only saves work. Between processes the lease in the database decides, and compare-and-swap after that.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """`share(key, work)`: the first caller runs `work`, those who come meanwhile get its result or its exception."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[Any]] = {}

    def share(self, key: Hashable, work: Callable[[], T]) -> T:
        with self._lock:
            flight = self._under_way.get(key)
            mine = flight is None
            if flight is None:
                flight = self._under_way[key] = Future()
        if not mine:
            result: T = flight.result()
            return result
        try:
            result = work()
        except BaseException as problem:
            self._land(key)
            flight.set_exception(problem)
            raise
        self._land(key)
        flight.set_result(result)
        return result

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._under_way[key]
