"""Stop everything: every token is forgotten here at once, then the providers are told (SEC-47)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import Temporary
from .revocations import TABLE as QUEUE
from .revocations import send_due_revocations
from .revoke import wipe_row
from .rows import TABLE

CHUNK = 100
TELLING = 8
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Stopped:
    """`revoked`: how many tokens ended here. The names in `untold` are those whose provider has yet to hear of it;
    Bursar goes on telling. Those in `unreachable` have no RevocationURL, or were held: what the provider gave lives
    there until it ends by itself.
    """

    revoked: int
    untold: list[str]
    unreachable: list[str]


def revoke_all(ctx: Context, by: str, *, tell: bool = True) -> Stopped:
    """Revoke every token, those that were never requested too: then each hand-out is refused as `revoked`.

    Nothing is handed out any more before the first provider is asked. Without `tell` the scheduler tells them.
    Raises Temporary where the database can't be used.
    """
    revoked, unreachable = 0, []
    while waiting := ctx.storage.read(_not_revoked):
        before = revoked
        for begin in range(0, len(waiting), CHUNK):
            chunk = waiting[begin : begin + CHUNK]
            ended, lost = ctx.storage.write(lambda cursor, ids=chunk: _wipe(cursor, ctx, ids, by))  # type: ignore[misc]
            revoked += ended
            unreachable += lost
        # Another process may be writing some of them this very moment.
        if revoked == before and ctx.stop.wait(0.05):
            raise Temporary("Bursar is shutting down.", code="shutting_down")
    if tell:
        with ThreadPoolExecutor(TELLING, thread_name_prefix="bursar-revoke") as pool:
            list(pool.map(lambda _: send_due_revocations(ctx, MOST, first_tries=True), range(TELLING)))
    return Stopped(revoked, ctx.storage.read(_untold), sorted(unreachable))


def _wipe(cursor: CursorWrapper, ctx: Context, token_ids: list[str], by: str) -> tuple[int, list[str]]:
    ended, lost = 0, []
    for token_id in token_ids:
        wiped = wipe_row(cursor, ctx, token_id, by)
        if wiped is None:
            continue
        ended += 1
        if wiped.had_material and not wiped.queued:
            lost.append(wiped.row.reference)
    return ended, lost


def _not_revoked(cursor: CursorWrapper) -> list[str]:
    cursor.execute(f"SELECT id FROM {TABLE} WHERE state <> 'revoked' ORDER BY id")  # noqa: S608 - constant names
    return [str(row[0]) for row in cursor.fetchall()]


def _untold(cursor: CursorWrapper) -> list[str]:
    cursor.execute(f"SELECT DISTINCT name FROM {QUEUE} ORDER BY name")  # noqa: S608 - constant names
    return [str(row[0]) for row in cursor.fetchall()]
