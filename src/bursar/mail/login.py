"""Connection, token and login together: one forced refresh, one more login, then stop (SEC-57)."""

from collections.abc import Callable
from dataclasses import dataclass

from ..context import Context
from ..tokens import obtain
from ..tokens.outcome import Obtained, Refusal
from ..uses import Consumer
from . import explain
from .account import AccountType
from .imap import Imap, LoginRefused

MIN_TTL = 30.0  # seconds a token should still live when a login begins


@dataclass(frozen=True, slots=True)
class Target:
    """Where to log in, as whom, with the token of which reference (`NAME` or `NAME#LABEL`)."""

    type: AccountType
    host: str
    port: int
    login: str
    reference: str
    ca_file: str = ""


class TokenSource:
    """The token of one run. A refusal of the heart's ends the run as the error it is."""

    def __init__(self, ctx: Context, reference: str, by: Consumer | None = None) -> None:
        self._ctx = ctx
        self._by = by
        self.reference = reference
        self.token: Obtained | None = None
        self.renewed = False

    def get(self) -> Obtained:
        """A token that is valid now. Raises what the refusal says."""
        self.token = self._accept(obtain.obtain(self._ctx, self.reference, MIN_TTL, self._by))
        return self.token

    def refused(self) -> bool:
        """The server refused the last token. True if there is another one to try now."""
        if self.token is None:
            return True
        before = self.token.sha256
        self.renewed = True
        self.token = self._accept(obtain.reject(self._ctx, self.reference, before, self._by))
        return self.token.sha256 != before

    @staticmethod
    def _accept(answer: Obtained | Refusal) -> Obtained:
        if isinstance(answer, Refusal):
            raise answer.as_error()
        return answer


Note = Callable[[str], None]


def open_session(ctx: Context, target: Target, tokens: TokenSource, note: Note = lambda _: None) -> Imap:
    """A logged-in connection. Raises BursarError with what a person must do, or ConnectionLost."""
    renewed = False
    while True:
        imap = Imap(ctx.door, target.type, target.host, target.port, target.ca_file)
        try:
            mechanism = imap.log_in(target.login, tokens.get().access_token)
        except LoginRefused as refused:
            imap.leave()
            note(f"login refused: {refused.answer} {refused.challenge.text}".rstrip())
            if renewed or not explain.blames_token(refused) or not tokens.refused():
                raise explain.login_refused(refused, target.login, target.reference, renewed=renewed) from None
            renewed = True
        except BaseException:
            imap.shutdown()
            raise
        else:
            note(f"logged in at {imap.peer} with {mechanism}")
            return imap
