"""One run over one account: it resumes where a connection was cut, and stops where it gets no further."""

import contextlib
from collections.abc import Iterator, Sequence

from django.db import DatabaseError

from ..context import Context
from ..errors import BursarError, NotFound, Refused, Temporary
from ..outbound import Deadline, OutboundFailed
from ..uses import Consumer
from . import explain
from .account import After, maildir_path
from .accounts import target_of
from .batches import LeaseLost, Limits, Run
from .delivery.maildir import Maildir
from .imap import CommandRefused
from .lease import Lease
from .login import Target, TokenSource, open_session
from .mailbox import Mailbox
from .models import MailAccount
from .result import Result, keep
from .wire import ConnectionLost

POISON_BY_DISCONNECT = 3  # messages at which the server may hang up before the run gives up on the server


def fetch(ctx: Context, names: Sequence[str] = (), limits: Limits = Limits()) -> Iterator[Result]:  # noqa: B008
    """Collect the named accounts, or every valid one; each result as soon as it is there. Raises NotFound at once."""
    accounts = list(MailAccount.objects.select_related("token__configuration").all())
    by_name = {account.name: account for account in accounts}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise NotFound(f'There is no mail account "{unknown[0]}".', action="`bursar mail list` shows the names.")
    chosen = [by_name[name] for name in dict.fromkeys(names)] or [a for a in accounts if a.validity == "valid"]
    return (fetch_account(ctx, account, limits) for account in chosen)


def fetch_account(ctx: Context, account: MailAccount, limits: Limits = Limits()) -> Result:  # noqa: B008
    """Collect one account under its lease. What goes wrong is the result's error, so that other accounts go on."""
    result = Result(account.name)
    started = ctx.clock.now()
    lease = Lease(ctx, account.id)
    try:
        if account.validity != "valid":
            raise Refused(f'The mail account "{account.name}" is {account.validity}.', code="account_not_valid")
        if not lease.claim():
            raise _busy(account.name)
    except BursarError as error:
        result.error = error
        return result
    try:
        _collect(ctx, account, lease, result, limits)
    except LeaseLost:
        result.error = _busy(account.name)
    except BursarError as error:
        result.error = error
    finally:
        with contextlib.suppress(BursarError):  # then it ends by itself
            lease.release()
    try:
        keep(ctx, account.id, started, result)
    except DatabaseError:
        result.error = result.error or Temporary(
            "Mail was collected, but the database did not take the log of it.", code="storage_unavailable"
        )
    return result


def _collect(ctx: Context, account: MailAccount, lease: Lease, result: Result, limits: Limits) -> None:
    target = target_of(account)
    tokens = TokenSource(ctx, target.reference, Consumer("mail", account.id, account.name))
    maildir = Maildir(maildir_path(account.deliver))
    ends = Deadline.after(ctx.clock, limits.seconds)
    run = Run(ctx, account.id, account.folder, After.parse(account.after), maildir, lease, result, limits, ends)
    try:
        maildir.prepare()
        _until_done(ctx, target, tokens, run)
    except OSError as problem:
        raise Temporary(
            f"The maildir {maildir.path} can't be used ({problem.strerror}).",
            code="destination_failed",
            action="Look at the path, the free space and the rights there; undelivered messages stay on the server.",
        ) from None
    if run.settle_problem is not None:
        raise run.settle_problem


def _until_done(ctx: Context, target: Target, tokens: TokenSource, run: Run) -> None:
    """Connection after connection, until all is done. Raises where two in a row brought nothing."""
    result = run.result
    stalled = poisoned = 0
    while True:
        before = run.progress
        lost = _one_connection(ctx, target, tokens, run)
        if lost is None:
            break
        result.note(f"connection lost: {lost}")
        stalled = 0 if run.progress > before else stalled + 1
        if explain.server_words(lost) is not None:
            raise explain.connection_lost(target.host, lost)
        if explain.token_ended(lost):
            tokens.refused()
        elif run.one_by_one and run.at is not None and stalled:
            poisoned += 1
            run.left.add(run.at)
            result.skip(run.at, f"the connection ends at it ({lost})")
            stalled = 1
            if poisoned == POISON_BY_DISCONNECT:
                raise explain.connection_lost(target.host, lost)
        run.one_by_one = stalled > 0
        run.at = None
        if stalled == 2:
            raise explain.connection_lost(target.host, lost)
        if run.is_over:
            break


def _one_connection(ctx: Context, target: Target, tokens: TokenSource, run: Run) -> str | None:
    """Drain over one connection; the reason if it was cut, None when all is done. A failed start raises."""
    try:
        imap = open_session(ctx, target, tokens, run.result.note)
    except ConnectionLost as lost:
        raise explain.connection_lost(target.host, str(lost)) from None
    mailbox = Mailbox(imap)
    try:
        run.drain(mailbox)
    except (ConnectionLost, OutboundFailed) as lost:
        imap.shutdown()
        return str(lost)
    except CommandRefused as refusal:
        if explain.token_ended(refusal.answer):
            imap.shutdown()
            return refusal.answer
        error = _refused(mailbox, run.folder, refusal)
        imap.leave()
        raise error from None
    except BaseException:
        imap.shutdown()
        raise
    imap.leave()
    return None


def _refused(mailbox: Mailbox, folder: str, refusal: CommandRefused) -> BursarError:
    if refusal.command not in ("SELECT", "EXAMINE"):
        return explain.command_refused(refusal.command, refusal.answer)
    try:
        folders = mailbox.folders()
    except (CommandRefused, ConnectionLost, OutboundFailed):
        folders = []
    return explain.folder_refused(folder, refusal.answer, folders)


def _busy(name: str) -> Temporary:
    return Temporary(
        f'Another run is collecting "{name}" just now.', code="account_busy", action="Fetch again when it is done."
    )
