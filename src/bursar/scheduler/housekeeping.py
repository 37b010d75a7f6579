"""What has ended is deleted: uploads that nobody imported, invitations that nobody used, sessions that ran out.

None of it works any more once it has ended; it is gone from the database within a minute besides (SEC-35).
"""

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context

EVERY_SECONDS = 60.0


class Housekeeping:
    """`tidy()` does the work at most once a minute, however often it is called."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._last = float("-inf")

    def tidy(self) -> bool:
        """Delete what has ended; returns whether it was time to. Raises Temporary without a database."""
        moment = self._ctx.clock.monotonic()
        if moment - self._last < EVERY_SECONDS:
            return False
        self._last = moment
        now = self._ctx.clock.now()

        def erase(cursor: CursorWrapper) -> None:
            cursor.execute("DELETE FROM tokens_upload WHERE ends_at <= %s", (to_micros(now),))
            cursor.execute("DELETE FROM access_invitation WHERE ends_at <= %s", (to_micros(now),))
            stored = connection.ops.adapt_datetimefield_value(now)
            cursor.execute("DELETE FROM django_session WHERE expire_date <= %s", (stored,))

        self._ctx.storage.write(erase)
        return True
