"""Argon2 with parameters that take no time, for the tests of this process: what a page does about a password is their
point, not how long it takes. `bursar.settings` keeps Django's own, which a test holds it to."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher


class Quick(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 64
    parallelism = 1

    def must_update(self, encoded: str) -> bool:
        return False

    def harden_runtime(self, password: str, encoded: Any) -> None:
        """Nothing to even out."""
