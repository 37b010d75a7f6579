"""`mail test`: the way to the mailbox, one step after the other, up to the first that fails (SEC-58)."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..clock import rfc3339
from ..context import Context
from ..errors import BursarError
from ..outbound import OutboundFailed
from ..outbound.resolve import system_resolver
from . import explain
from .connect import CONNECT_SECONDS
from .dialogue import CommandRefused, ConnectionLost, LoginRefused
from .imap import Imap
from .login import Target, TokenSource, credentials_of
from .mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Step:
    """One step and what was seen; `error` ends the way."""

    step: str
    seen: str
    error: BursarError | None = None


def probe(ctx: Context, target: Target, folder: str) -> Iterator[Step]:
    """Name, address, TCP, TLS, capabilities, token, login, folder, count: each as it is done. Changes nothing there.

    A refused token is renewed once and the login tried again, as a fetch does.
    """
    tokens = credentials_of(ctx, target)
    imap: Imap | None = None
    step = "name"
    try:
        found = system_resolver(target.host, target.port, ctx.door.deadline(CONNECT_SECONDS))
        yield Step("name", f"{target.host} is {', '.join(map(str, found))}")
        step = "capabilities"
        imap = _connect(ctx, target)
        yield from _connection(imap, target)
        step = "token"
        secret = tokens.secret()
        if isinstance(tokens, TokenSource) and (token := tokens.token) is not None:
            account = f", issued for {token.account}" if token.account else ""
            scope = f", scope {token.scope}" if token.scope else ""
            yield Step("token", f'"{target.reference}" is valid until {rfc3339(token.expires_at)}{account}{scope}')
        step = "login"
        try:
            mechanism = imap.log_in(target.login, secret, tokens.authentication)
        except LoginRefused as refused:
            yield Step("login", f"refused: {refused.answer} {refused.challenge.text}".rstrip())
            if not explain.blames_token(refused) or not tokens.refused():
                raise
            yield Step("token", "a fresh one was obtained")
            imap.shutdown()
            imap = _connect(ctx, target)
            mechanism = imap.log_in(target.login, tokens.secret(), tokens.authentication)
        yield Step("login", f"{target.login} by {mechanism}")
        step = "folder"
        yield from _folder(Mailbox(imap), folder)
    except LoginRefused as refused:
        renewed = tokens.renewed
        yield Step(step, "", explain.login_refused(refused, target.login, target.reference, renewed=renewed))
    except ConnectionLost as lost:
        yield Step(step, "", explain.connection_lost(target.host, str(lost)))
    except BursarError as error:
        yield Step(_step_of(error) if step == "capabilities" else step, "", error)
    finally:
        if imap is not None:
            imap.leave()


def _connect(ctx: Context, target: Target) -> Imap:
    return Imap(ctx.door, target.type, target.host, target.port, target.ca_file)


def _step_of(error: BursarError) -> str:
    """At which step a connection failed."""
    if error.code in ("address_refused", "plaintext_refused"):
        return "address"
    if error.code == "tls_failed" or error.code.startswith("starttls"):
        return "TLS"
    return "TCP" if isinstance(error, OutboundFailed) else "capabilities"


def _connection(imap: Imap, target: Target) -> Iterator[Step]:
    yield Step("address", f"{imap.peer} may be connected to")
    yield Step("TCP", f"port {target.port} answers")
    yield Step("TLS", imap.encryption or "none: plain, within this machine")
    offered = [word.removeprefix("AUTH=") for word in imap.capabilities if word.startswith("AUTH=")]
    extensions = [word for word in ("UIDPLUS", "MOVE", "IDLE") if word in imap.capabilities]
    yield Step(
        "capabilities", f"logins {', '.join(offered) or 'not told'}; extensions {', '.join(extensions) or 'none'}"
    )


def _folder(mailbox: Mailbox, folder: str) -> Iterator[Step]:
    try:
        selected = mailbox.select(folder, read_only=True)
    except CommandRefused as refusal:
        try:
            folders = mailbox.folders()
        except CommandRefused:
            folders = []
        yield Step("folder", "", explain.folder_refused(folder, refusal.answer, folders))
        return
    yield Step("folder", f'"{folder}" opens, UIDVALIDITY {selected.uidvalidity}')
    yield Step("count", f"{selected.exists} messages")
