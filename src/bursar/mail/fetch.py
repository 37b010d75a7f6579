"""One run over one account: it resumes where a connection was cut, and stops where it gets no further."""

import contextlib
import logging
from collections.abc import Iterator, Sequence

from ..context import Context
from ..errors import BursarError, NotFound, Refused, Temporary
from ..keyring import Secret
from ..outbound import Deadline, OutboundFailed
from ..uses import Consumer
from . import explain
from .account import After
from .accounts import recipients_of, target_of
from .batches import HANG_UPS, Limits, Plan, Renewal, Run
from .delivery.destination import Destination
from .delivery.dispatch import Dispatch
from .delivery.registry import open_destination
from .dialogue import CommandRefused, ConnectionLost
from .hold import refusal
from .lease import Lease, LeaseLost
from .login import Credentials, Target, credentials_of
from .models import MailAccount
from .result import Result, keep
from .running import shown
from .schedule import plan_after
from .signing import signing_secret
from .source import Source
from .sources import open_source

log = logging.getLogger("bursar.mail")

MOST_HANG_UPS = HANG_UPS + 3  # messages in a row at which the server may hang up before the run gives up on the server


def fetch(ctx: Context, names: Sequence[str] = (), limits: Limits | None = None) -> Iterator[Result]:
    """Collect the named accounts, or every valid one; each result as soon as it is there. Raises NotFound at once."""
    accounts = list(MailAccount.objects.select_related("token__configuration").all())
    by_name = {account.name: account for account in accounts}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise NotFound(f'There is no mail account "{unknown[0]}".', action="`bursar mail list` shows the names.")
    chosen = [by_name[name] for name in dict.fromkeys(names)] or [a for a in accounts if a.validity == "valid"]
    return (fetch_account(ctx, account, limits) for account in chosen)


def limits_of(ctx: Context) -> Limits:
    """The bounds that an administrator has set."""
    return Limits(
        largest=ctx.settings.get("PostMasterMaxEmailSize") * 1024,
        a_connection=ctx.settings.get("PostMasterReconnectMessage"),
    )


def check_collected(account: MailAccount) -> None:
    """Raises Refused where the account isn't valid, PersonMustAct where it is held."""
    if account.validity != "valid":
        raise Refused(f'The mail account "{account.name}" is {account.validity}.', code="account_not_valid")
    if account.held:
        raise refusal(account.name, account.host, account.port)


def fetch_account(
    ctx: Context, account: MailAccount, limits: Limits | None = None, result: Result | None = None
) -> Result:
    """Collect one account under its lease. What goes wrong is the result's error, so that other accounts go on.

    `result` may be handed in to be watched meanwhile.
    """
    result = Result(account.name) if result is None else result
    started = ctx.clock.now()
    lease = Lease(ctx, account.id)
    try:
        check_collected(account)
        if not lease.claim():
            raise busy(account.name)
    except BursarError as error:
        result.error = error
        return result
    try:
        with shown(account.id, result):
            _collect(ctx, account, lease, result, limits or limits_of(ctx))
    except LeaseLost:
        result.error = busy(account.name)
    except BursarError as error:
        result.error = error
    except Exception:
        # Mail brings what nobody thought of. The account says so and waits longer each time, and the others go on.
        log.exception("the mail account %s was collected in a way that Bursar did not expect", account.name)
        result.error = Temporary("Bursar met something it did not expect. The log says where.", code="unexpected")
    finally:
        with contextlib.suppress(BursarError):  # then it ends by itself
            lease.release()
    try:
        keep(ctx, account.id, started, result)
        plan_after(ctx, account.id, result.error)
    except BursarError as problem:
        result.error = result.error or problem
    return result


def _collect(ctx: Context, account: MailAccount, lease: Lease, result: Result, limits: Limits) -> None:
    table = recipients_of(account)
    destination = _destination(ctx, account, table)
    plan = Plan(
        account_id=account.id,
        folder=account.folder,
        login=account.login,
        after=After.parse(account.after),
        untrusted_headers=() if account.trusted else ctx.settings.get("PostMaster::UntrustedHeaders"),
        recipients=table.keys(),
    )
    run = Run(ctx, plan, destination, lease, result, limits, Deadline.after(ctx.clock, limits.seconds))
    try:
        destination.prepare()
        target = target_of(ctx, account)
        _until_done(ctx, target, credentials_of(ctx, target, Consumer("mail", account.id, account.name)), run)
    finally:
        destination.close()
        run.left.close()
    run.raise_left()


def _destination(ctx: Context, account: MailAccount, table: dict[str, str]) -> Destination:
    def secret() -> Secret:
        return signing_secret(ctx, account.id)

    default = account.deliver
    opened = {text: open_destination(ctx, text, secret) for text in {default, *table.values()}}
    if not table:
        return opened[default]
    return Dispatch(opened[default], {address: opened[text] for address, text in table.items()})


def _until_done(ctx: Context, target: Target, credentials: Credentials, run: Run) -> None:
    """Connection after connection, until all is done. Raises where two in a row brought nothing."""
    result = run.result
    stalled = 0
    reason = ""
    while True:
        before = run.progress
        try:
            lost = _one_connection(ctx, target, credentials, run)
        except Renewal:
            result.note("the connection is made anew")
            continue
        if lost is None:
            if run.hung_up >= HANG_UPS and not result.fetched:  # it is the server, and not a message
                raise explain.connection_lost(target.host, reason)
            break
        reason = lost
        result.note(f"connection lost: {lost}")
        stalled = 0 if run.progress > before else stalled + 1
        if explain.server_words(lost) is not None:
            raise explain.connection_lost(target.host, lost)
        if explain.token_ended(lost):
            credentials.refused()
        elif run.one_by_one and run.at is not None and stalled:
            run.hung_up += 1
            run.leave(run.at, run.at_words, f"the connection ends at it ({lost})")
            stalled = 1
            if run.hung_up == MOST_HANG_UPS:
                raise explain.connection_lost(target.host, lost)
        run.one_by_one = stalled > 0
        run.at = None
        if stalled == 2:
            raise explain.connection_lost(target.host, lost)
        if run.is_over:
            break


def _one_connection(ctx: Context, target: Target, credentials: Credentials, run: Run) -> str | None:
    """Drain over one connection; the reason if it was cut, None when all is done. A failed start raises."""
    try:
        source = open_source(ctx, target, credentials, run.result.note)
    except ConnectionLost as lost:
        raise explain.connection_lost(target.host, str(lost)) from None
    try:
        run.drain(source)
    except (ConnectionLost, OutboundFailed) as lost:
        source.shutdown()
        return str(lost)
    except CommandRefused as refusal:
        if explain.token_ended(refusal.answer):
            source.shutdown()
            return refusal.answer
        error = _refused(source, run.plan.folder, refusal)
        source.shutdown()
        raise error from None
    except BaseException:
        source.shutdown()
        raise
    return None


def _refused(source: Source, folder: str, refusal: CommandRefused) -> BursarError:
    if refusal.command not in ("SELECT", "EXAMINE"):
        return explain.command_refused(refusal.command, refusal.answer)
    try:
        folders = source.folders()
    except (CommandRefused, ConnectionLost, OutboundFailed):
        folders = []
    return explain.folder_refused(folder, refusal.answer, folders)


def busy(name: str) -> Temporary:
    """What a second run of one account is told."""
    return Temporary(
        f'Another run is collecting "{name}" just now.', code="account_busy", action="Fetch again when it is done."
    )
