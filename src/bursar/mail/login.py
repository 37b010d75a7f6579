"""Connection, credentials and login together: one forced refresh, one more login, then stop (SEC-57)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..context import Context
from ..errors import BursarError, PersonMustAct
from ..keyring import Secret
from ..tokens import obtain
from ..tokens.outcome import Obtained, Refusal
from ..uses import Consumer
from . import explain
from .account import AccountType, Authentication
from .audience import claims_of, problem
from .dialogue import LoginRefused
from .imap import Imap

MIN_TTL = 30.0  # seconds a token should still live when a login begins

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to log in, as whom, and with what: the token of a reference (`NAME` or `NAME#LABEL`), or a password.

    `unattended`: the token is the application's own (client credentials), so nobody signs in for it.
    """

    type: AccountType
    host: str
    port: int
    login: str
    reference: str = ""
    ca_file: str = ""
    password: Secret | None = None
    unattended: bool = False
    held: BursarError | None = None  # why the token may not go there

    @property
    def step(self) -> str:
        """The command of `bursar token` that brings a new token: where nobody signs in, `request`."""
        return "request" if self.unattended else "authorize"

    @property
    def authentication(self) -> Authentication:
        return Authentication.TOKEN if self.reference else Authentication.PASSWORD


class Credentials(Protocol):
    """What a login is proved with, and whether there is anything else to try once it was refused."""

    authentication: Authentication
    renewed: bool

    def secret(self) -> Secret:
        """The access token or the password that is valid now. Raises BursarError where there is none."""

    def refused(self) -> bool:
        """The server refused the last one. True if there is another one to try now."""

    def misdirected(self, target: Target) -> BursarError | None:
        """Why no other one of this kind would help either: it is for another service (`audience`)."""


class TokenSource:
    """The token of one run. A refusal of the heart's ends the run as the error it is."""

    authentication = Authentication.TOKEN

    def __init__(
        self, ctx: Context, reference: str, by: Consumer | None = None, held: BursarError | None = None
    ) -> None:
        self._ctx = ctx
        self._held = held
        self._by = by
        self.reference = reference
        self.token: Obtained | None = None
        self.renewed = False

    def get(self) -> Obtained:
        """A token that is valid now. Raises what the refusal says, and what holds the account."""
        if self._held is not None:
            raise self._held
        self.token = self._accept(obtain.obtain(self._ctx, self.reference, MIN_TTL, self._by))
        return self.token

    def secret(self) -> Secret:
        return self.get().access_token

    def refused(self) -> bool:
        if self.token is None:
            return True
        before = self.token.sha256
        self.renewed = True
        self.token = self._accept(obtain.reject(self._ctx, self.reference, before, self._by))
        return self.token.sha256 != before

    def misdirected(self, target: Target) -> BursarError | None:
        if self.token is None:
            return None
        claims = claims_of(self.token.access_token)
        return problem(target.type, claims, self.token.scope or claims.scope, self.reference, target.step)

    @staticmethod
    def _accept(answer: Obtained | Refusal) -> Obtained:
        if isinstance(answer, Refusal):
            raise answer.as_error()
        return answer


class PasswordSource:
    """The account's password. There is no other one to try."""

    authentication = Authentication.PASSWORD
    renewed = False

    def __init__(self, password: Secret | None) -> None:
        self._password = password

    def secret(self) -> Secret:
        if not self._password:
            raise PersonMustAct(
                "No password is stored for this account.",
                code="password_missing",
                action="Enter it with `bursar mail set NAME --password-file F`.",
            )
        return self._password

    def refused(self) -> bool:
        return False

    def misdirected(self, target: Target) -> BursarError | None:
        del target
        return None


def credentials_of(ctx: Context, target: Target, by: Consumer | None = None) -> Credentials:
    """What the target logs in with; `by` is who is recorded as having used a token."""
    if target.authentication is Authentication.PASSWORD:
        return PasswordSource(target.password)
    return TokenSource(ctx, target.reference, by, target.held)


def renew_after(refused: LoginRefused, target: Target, credentials: Credentials, *, renewed: bool) -> None:
    """After a refused login: have another proof for one more. Raises why there is none that would help (SEC-57)."""
    if explain.server_words(refused.answer) is None and (wrong := credentials.misdirected(target)) is not None:
        raise wrong from None
    if renewed or not explain.blames_token(refused) or not credentials.refused():
        raise explain.login_refused(
            refused, target.login, target.reference, renewed=renewed, step=target.step
        ) from None


def open_session(ctx: Context, target: Target, credentials: Credentials, note: Note = lambda _: None) -> Imap:
    """A logged-in connection. Raises BursarError with what a person must do, or ConnectionLost."""
    renewed = False
    while True:
        imap = Imap(ctx.door, target.type, target.host, target.port, target.ca_file)
        try:
            mechanism = imap.log_in(target.login, credentials.secret(), credentials.authentication)
        except LoginRefused as refused:
            imap.leave()
            note(f"login refused: {refused.answer} {refused.challenge.text}".rstrip())
            renew_after(refused, target, credentials, renewed=renewed)
            renewed = True
        except BaseException:
            imap.shutdown()
            raise
        else:
            note(f"logged in at {imap.peer} with {mechanism}")
            return imap
