"""Django's cache on a table of the database: what is counted about sign-ins counts in every process (SEC-37).

Values are JSON, not the pickle of Django's own database cache: whoever can write the table must not gain the process by
it. Keys are stored hashed, for they hold people's addresses.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, router, transaction

from ..clock import SystemClock
from .counter_model import Counter

FOREVER = timedelta(days=3650)


class SharedCounters(BaseCache):
    """Few, small, short-lived values: each is a row. `add` is atomic, which is what locks are made of."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        del location
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = Counter.objects.filter(pk=self._hashed(key, version), ends_at__gt=self._now()).first()
        return default if found is None else json.loads(found.value)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._forget_ended()
        values = {"value": json.dumps(value), "ends_at": self._end(timeout)}
        Counter.objects.update_or_create(pk=self._hashed(key, version), defaults=values)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self._forget_ended()
        name, text = self._hashed(key, version), json.dumps(value)
        try:
            with transaction.atomic(using=router.db_for_write(Counter)):
                Counter.objects.create(key_sha256=name, value=text, ends_at=self._end(timeout))
        except IntegrityError:
            return False
        return True

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        present = Counter.objects.filter(pk=self._hashed(key, version), ends_at__gt=self._now())
        return bool(present.update(ends_at=self._end(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        gone, _ = Counter.objects.filter(pk=self._hashed(key, version)).delete()
        return bool(gone)

    def clear(self) -> None:
        Counter.objects.all().delete()

    def _hashed(self, key: str, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version).encode()).hexdigest()

    def _end(self, timeout: Any) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return self._now() + (FOREVER if seconds is None else timedelta(seconds=seconds))

    def _now(self) -> datetime:
        return SystemClock().now()

    def _forget_ended(self) -> None:
        Counter.objects.filter(ends_at__lte=self._now()).delete()
