"""One run per account at a time, on all hosts: a lease in the account's row, taken and kept by compare-and-swap."""

from datetime import timedelta

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..context import Context
from ..ids import new_id
from ..worker_name import is_gone, worker_name

LEASE_SECONDS = 600.0


class LeaseLost(Exception):
    """Another run has taken the account over; this one delivers nothing more."""


class Lease:
    """Held by this run. It ends by `release`, after ten minutes without `keep`, or at once when its process is gone."""

    def __init__(self, ctx: Context, account_id: str) -> None:
        self._ctx = ctx
        self._account_id = account_id
        self._run = new_id()

    def claim(self) -> bool:
        """True if the account is ours now, False if another run has it."""

        def job(cursor: CursorWrapper) -> bool:
            cursor.execute(
                "SELECT lease_owner, lease_run, lease_until FROM mail_account WHERE id = %s", [self._account_id]
            )
            row = cursor.fetchone()
            if row is None:
                return False
            owner, run, until = row
            if owner and self._is_held(owner, until):
                return False
            cursor.execute(
                "UPDATE mail_account SET lease_owner = %s, lease_run = %s, lease_until = %s"
                " WHERE id = %s AND COALESCE(lease_run, '') = %s",
                [worker_name(), self._run, self._until(), self._account_id, run or ""],
            )
            return bool(cursor.rowcount == 1)

        return self._ctx.storage.write(job)

    def is_taken(self) -> bool:
        """Whether another run has the account now."""

        def job(cursor: CursorWrapper) -> bool:
            cursor.execute("SELECT lease_owner, lease_until FROM mail_account WHERE id = %s", [self._account_id])
            owner, until = cursor.fetchone() or (None, None)
            return owner is not None and self._is_held(owner, until)

        return self._ctx.storage.read(job)

    def _is_held(self, owner: str, until: int | None) -> bool:
        return until is not None and from_micros(until) > self._ctx.clock.now() and not is_gone(owner)

    def keep(self) -> bool:
        """Extend the lease; False if it was lost, and then nothing more may be delivered."""

        def job(cursor: CursorWrapper) -> bool:
            cursor.execute(
                "UPDATE mail_account SET lease_until = %s WHERE id = %s AND lease_run = %s",
                [self._until(), self._account_id, self._run],
            )
            return bool(cursor.rowcount == 1)

        return self._ctx.storage.write(job)

    def release(self) -> None:
        """Give the account back, if it is still ours."""

        def job(cursor: CursorWrapper) -> None:
            cursor.execute(
                "UPDATE mail_account SET lease_owner = NULL, lease_run = NULL, lease_until = NULL"
                " WHERE id = %s AND lease_run = %s",
                [self._account_id, self._run],
            )

        self._ctx.storage.write(job)

    def _until(self) -> int:
        return to_micros(self._ctx.clock.now() + timedelta(seconds=LEASE_SECONDS))
