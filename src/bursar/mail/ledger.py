"""What was delivered: read once a run, written with each batch, pruned when a message is gone from the server."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context

FORGET_AFTER_DAYS = 30  # entries of an older UIDVALIDITY
_PLACE = "account_id = %s AND folder = %s AND uidvalidity = %s"
_AT_ONCE = 500


class Ledger:
    """The entries of one folder under one UIDVALIDITY; another UIDVALIDITY is another set of messages."""

    def __init__(self, ctx: Context, account_id: str, folder: str, uidvalidity: int) -> None:
        self._ctx = ctx
        self._place = (account_id, folder, uidvalidity)

    def read(self) -> dict[int, bool]:
        """UID to whether it is settled, for every message that was delivered."""

        def job(cursor: CursorWrapper) -> dict[int, bool]:
            cursor.execute(f"SELECT uid, settled FROM mail_ledger WHERE {_PLACE}", self._place)  # noqa: S608
            return {uid: bool(settled) for uid, settled in cursor.fetchall()}

        return self._ctx.storage.read(job)

    def record(self, delivered: Iterable[tuple[int, str]]) -> None:
        """Write that these messages are safely in place: (UID, file name), all or none."""
        now = to_micros(self._ctx.clock.now())
        rows = [(*self._place, uid, name, now, False) for uid, name in delivered]

        def job(cursor: CursorWrapper) -> None:
            cursor.executemany(
                "INSERT INTO mail_ledger (account_id, folder, uidvalidity, uid, name, delivered_at, settled)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                rows,
            )

        if rows:
            self._ctx.storage.write(job)

    def settle(self, uids: Collection[int]) -> None:
        """Write that the server did with these what the account says."""
        self._each("UPDATE mail_ledger SET settled = %s WHERE", uids, True)

    def prune(self, gone: Collection[int]) -> None:
        """Forget messages that the server no longer has, and validities that ended a month ago: UIDs never return."""
        self._each("DELETE FROM mail_ledger WHERE", gone)
        account_id, folder, uidvalidity = self._place
        before = to_micros(self._ctx.clock.now() - timedelta(days=FORGET_AFTER_DAYS))

        def job(cursor: CursorWrapper) -> None:
            cursor.execute(
                "DELETE FROM mail_ledger WHERE account_id = %s AND folder = %s AND uidvalidity <> %s"
                " AND delivered_at < %s",
                [account_id, folder, uidvalidity, before],
            )

        self._ctx.storage.write(job)

    def _each(self, statement: str, uids: Collection[int], *first: bool) -> None:
        ordered = sorted(uids)

        def job(cursor: CursorWrapper) -> None:
            for start in range(0, len(ordered), _AT_ONCE):
                some = ordered[start : start + _AT_ONCE]
                marks = ", ".join(["%s"] * len(some))
                cursor.execute(f"{statement} {_PLACE} AND uid IN ({marks})", [*first, *self._place, *some])

        if ordered:
            self._ctx.storage.write(job)
