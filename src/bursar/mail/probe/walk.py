"""Name, address, TCP, TLS, capabilities, token, login, folder, count, destination: each as it is done."""

from collections.abc import Callable, Iterator

from ...clock import rfc3339
from ...context import Context
from ...errors import BursarError
from ...outbound import OutboundFailed
from ...outbound.resolve import system_resolver
from .. import explain
from ..audience import claims_of, problem
from ..connect import CONNECT_SECONDS
from ..dialogue import ConnectionLost, LoginRefused
from ..login import Credentials, Target, TokenSource, credentials_of
from .choices import choices_for
from .step import Step
from .trial import Trial, trial_of

STEPS = ("name", "address", "TCP", "TLS", "capabilities", "token", "login", "folder", "count", "destination")


def probe(ctx: Context, target: Target, folder: str, look: Callable[[], str]) -> Iterator[Step]:
    """Walk. Changes nothing at the server. A refused token is renewed once and the login tried again, as a fetch does.

    An account with a password has no step `token`. `look` looks at the destination, which is the last step, and says
    what it saw (`looking.look_of`). The first step with an error is the last.
    """
    return _Walk(ctx, target).steps(folder, look)


class _Walk:
    def __init__(self, ctx: Context, target: Target) -> None:
        self._ctx = ctx
        self._target = target
        self._trial: Trial = trial_of(ctx, target)
        self._credentials: Credentials = credentials_of(ctx, target)
        self._since = ctx.clock.monotonic()
        self._said: list[str] = []

    def steps(self, folder: str, look: Callable[[], str]) -> Iterator[Step]:
        step = "name"
        try:
            yield self._name()
            step = "capabilities"
            self._trial.connect()
            yield from self._connection()
            step = "token"
            yield from self._token()
            step = "login"
            yield from self._login()
            step = "folder"
            seen, count = self._trial.open(folder)
            yield self._step("folder", seen)
            yield self._step("count", f"{count} messages")
            step = "destination"
            self._trial.close()
            yield self._step("destination", look())
        except LoginRefused as refused:
            error = explain.login_refused(
                refused,
                self._target.login,
                self._target.reference,
                renewed=self._credentials.renewed,
                step=self._target.step,
            )
            yield self._failed(step, error)
        except ConnectionLost as lost:
            yield self._failed(step, explain.connection_lost(self._target.host, str(lost)))
        except BursarError as error:
            yield self._failed(_step_of(error) if step == "capabilities" else step, error)
        finally:
            self._trial.close()

    def _name(self) -> Step:
        target = self._target
        found = system_resolver(target.host, target.port, self._ctx.door.deadline(CONNECT_SECONDS))
        return self._step("name", f"{target.host} is {', '.join(map(str, found))}")

    def _connection(self) -> Iterator[Step]:
        yield self._step("address", f"{self._trial.peer} may be connected to")
        yield self._step("TCP", f"port {self._target.port} answers")
        yield self._step("TLS", self._trial.encryption or "none: plain, within this machine")
        yield self._step("capabilities", self._trial.capabilities)

    def _token(self) -> Iterator[Step]:
        source = self._credentials
        if not isinstance(source, TokenSource):
            return
        token = source.get()
        claims = claims_of(token.access_token)
        who = token.account or claims.who
        scope = token.scope or claims.scope
        parts = [
            f'"{self._target.reference}" is valid until {rfc3339(token.expires_at)}',
            f"issued for {who}" if who else "",
            f"for the service {claims.service}" if claims.audience else "",
            f"scope {scope}" if scope else "",
        ]
        seen = ", ".join(part for part in parts if part)
        wrong = problem(self._target.type, claims, scope, self._target.reference, self._target.step)
        if wrong is not None:
            raise wrong
        yield self._step("token", seen)

    def _login(self) -> Iterator[Step]:
        login = self._target.login
        try:
            mechanism = self._trial.log_in(self._credentials)
        except LoginRefused as refused:
            self._note(refused)
            yield self._step("login", f"refused: {refused.answer} {refused.challenge.text}".rstrip())
            if not explain.blames_token(refused) or not self._credentials.refused():
                raise
            yield self._step("token", "a fresh one was obtained")
            self._trial.connect()
            try:
                mechanism = self._trial.log_in(self._credentials)
            except LoginRefused as again:
                self._note(again)
                raise
        yield self._step("login", f"{login} by {mechanism}")

    def _note(self, refused: LoginRefused) -> None:
        """The dialogue as it was, without what is secret."""
        hidden = "token hidden" if self._target.reference else "password hidden"
        self._said.append(f"C: login as {self._target.login}, {hidden}")
        if refused.challenge.text:
            self._said.append(f"S: {refused.challenge.text}")
        self._said.append(f"S: {refused.answer}")

    def _step(self, step: str, seen: str) -> Step:
        return Step(step, seen, took=self._lap())

    def _failed(self, step: str, error: BursarError) -> Step:
        source = self._credentials
        who = source.token.account if isinstance(source, TokenSource) and source.token is not None else None
        choices = choices_for(error, self._target, who or "")
        return Step(step, "", error, self._lap(), choices, tuple(self._said))

    def _lap(self) -> float:
        now = self._ctx.clock.monotonic()
        took, self._since = now - self._since, now
        return took


def _step_of(error: BursarError) -> str:
    """At which step a connection failed."""
    if error.code in ("address_refused", "plaintext_refused"):
        return "address"
    if error.code == "tls_failed" or error.code.startswith("starttls"):
        return "TLS"
    return "TCP" if isinstance(error, OutboundFailed) else "capabilities"
