"""AUTH with a token, in one line or in two; with a password SASL PLAIN, else USER and PASS."""

import base64
from collections.abc import Callable, Collection

from ...context import Context
from ...errors import Refused
from ...keyring import Secret
from ..account import Authentication
from ..connect import LOGIN_SECONDS
from ..dialogue import CommandRefused, ConnectionLost, LoginRefused
from ..login import Credentials, Target, renew_after
from ..sasl import Challenge, Dialogue, Mechanism, choose, initial_response, offered_by, printable
from .connection import Pop3

LONGEST_LINE = 255  # octets of a command line with its CRLF (RFC 5034 §4)
SPLIT_HOSTS = "MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts"

Note = Callable[[str], None]


def log_in(
    pop3: Pop3, login: str, secret: Secret, authentication: Authentication, split_hosts: Collection[str] = ()
) -> Mechanism:
    """Log in; the dialogue is finished in any case (SEC-56). Raises LoginRefused, Refused before anything is sent."""
    mechanism = _choose(pop3, authentication)
    pop3.allow(LOGIN_SECONDS)
    if mechanism is Mechanism.USER:
        _user_pass(pop3, login, secret)
    else:
        response = initial_response(mechanism, login, secret, pop3.host, pop3.port)
        _sasl(pop3, mechanism, response, in_two=pop3.host.lower() in split_hosts)
    pop3.read_capabilities()
    return mechanism


def open_session(ctx: Context, target: Target, credentials: Credentials, note: Note = lambda _: None) -> Pop3:
    """A logged-in connection; one forced refresh and one more login (SEC-57).

    Raises BursarError with what a person must do, or ConnectionLost.
    """
    split_hosts = ctx.settings.get(SPLIT_HOSTS)
    renewed = False
    while True:
        pop3 = connect_to(ctx, target)
        try:
            secret = credentials.secret()
            mechanism = log_in(pop3, target.login, secret, credentials.authentication, split_hosts)
        except LoginRefused as refused:
            pop3.leave()
            note(f"login refused: {refused.answer} {refused.challenge.text}".rstrip())
            renew_after(refused, target, credentials, renewed=renewed)
            renewed = True
        except BaseException:
            pop3.shutdown()
            raise
        else:
            note(f"logged in at {pop3.peer} with {mechanism}")
            return pop3


def connect_to(ctx: Context, target: Target) -> Pop3:
    """The connection, before any login. A server that refuses to talk at all is a lost connection."""
    try:
        return Pop3(ctx.door, target.type, target.host, target.port, target.ca_file)
    except CommandRefused as refusal:
        raise ConnectionLost(refusal.answer) from None


def _choose(pop3: Pop3, authentication: Authentication) -> Mechanism:
    offered = pop3.auth_capabilities()
    if authentication is Authentication.TOKEN:
        return choose(offered, pop3.host)
    if Mechanism.PLAIN in offered_by(offered):
        return Mechanism.PLAIN
    if "USER" in pop3.capabilities or not pop3.capabilities:
        return Mechanism.USER
    raise Refused(
        "The server takes no passwords, so nothing was sent.",
        code="no_password_login",
        action="Use --auth token, or allow passwords at the mail server.",
    )


def _sasl(pop3: Pop3, mechanism: Mechanism, response: bytes, *, in_two: bool) -> None:
    dialogue = Dialogue(mechanism, response)
    first = f"AUTH {mechanism}"
    one_line = f"{first} {base64.b64encode(response).decode()}"
    if in_two or len(one_line) + 2 > LONGEST_LINE:
        pop3.send(first)
    else:
        dialogue.answer(None)  # it goes with the command, and is never sent again
        pop3.send(one_line)
    while (line := pop3.line())[:1] == b"+" and not line.startswith(b"+OK"):
        pop3.send(dialogue.answer(line[1:].strip()).decode())
    _outcome(line, dialogue)


def _outcome(line: bytes, dialogue: Dialogue) -> None:
    word, _, rest = line.partition(b" ")
    if word == b"+OK":
        return
    if word != b"-ERR":
        raise ConnectionLost("the server broke the protocol in answer to AUTH")
    raise LoginRefused(printable(rest.decode(errors="replace")), dialogue.challenge or Challenge())


def _user_pass(pop3: Pop3, login: str, secret: Secret) -> None:
    initial_response(Mechanism.PLAIN, login, secret, pop3.host, pop3.port)  # refuses what would end a line (SEC-54)
    try:
        pop3.send(f"USER {login}")
        pop3.status("USER")
        pop3.send(f"PASS {secret.reveal()}")
        pop3.status("PASS")
    except CommandRefused as refusal:
        raise LoginRefused(refusal.answer, Challenge()) from None
