"""Runs that a person or a program asks for: one an account, few at once, each in a thread of its own."""

import threading

from ..context import Context
from ..errors import Temporary
from .fetch import busy, check_collected, fetch_account
from .lease import Lease
from .models import MailAccount
from .result import Result

MOST = 16

_lock = threading.Lock()
_begun: set[str] = set()


def begin(ctx: Context, account: MailAccount) -> None:
    """Collect the account in the background.

    Raises Refused where it isn't valid, PersonMustAct where it is held, Temporary where a run is collecting it already,
    here or in another process, or where too many others were asked for.
    """
    check_collected(account)
    if Lease(ctx, account.id).is_taken():
        raise busy(account.name)
    with _lock:
        if account.id in _begun:
            raise busy(account.name)
        if len(_begun) >= MOST:
            raise Temporary(
                f"{MOST} mail accounts are being collected on demand just now.",
                code="runs_full",
                action="Try again when one of them is done.",
            )
        _begun.add(account.id)
    thread = threading.Thread(target=_run, args=(ctx, account), name="bursar-mail-now", daemon=True)
    try:
        thread.start()
    except BaseException:
        _ended(account.id)
        raise


def _run(ctx: Context, account: MailAccount) -> None:
    try:
        fetch_account(ctx, account, result=Result(account.name))
    finally:
        _ended(account.id)


def _ended(account_id: str) -> None:
    with _lock:
        _begun.discard(account_id)
