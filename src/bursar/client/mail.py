"""Logging in to mail servers by SASL XOAUTH2, with one more try after a refusal."""

import base64
import imaplib
import poplib
import smtplib
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tokens import Bursar

Session = imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP
LONGEST_INITIAL = 1000
REFUSALS = (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPAuthenticationError)


def log_in(bursar: "Bursar", session: Session, user: str, name: str) -> None:
    """See `Bursar.log_in`."""
    attempt: Callable[[str], None]
    match session:
        case imaplib.IMAP4():
            attempt = lambda token: _imap(session, user, token)  # noqa: E731
        case poplib.POP3():
            attempt = lambda token: _pop3(session, user, token)  # noqa: E731
        case _:
            attempt = lambda token: _smtp(session, user, token)  # noqa: E731
    token = bursar.token(name)
    try:
        attempt(token)
    except (imaplib.IMAP4.abort, smtplib.SMTPServerDisconnected):
        raise
    except REFUSALS:
        newer = bursar.refused(name, token)
        if newer == token:
            raise
        attempt(newer)


def xoauth2(user: str, token: str) -> str:
    """The SASL string, before base64. Raises ValueError for what would break out of it."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in user + token):
        raise ValueError("user and token may not carry control characters")
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _imap(session: imaplib.IMAP4, user: str, token: str) -> None:
    answers = iter([xoauth2(user, token).encode()])
    # The second answer is to the server's reason for a refusal: an empty line ends the dialogue.
    session.authenticate("XOAUTH2", lambda _: next(answers, b""))


def _pop3(session: poplib.POP3, user: str, token: str) -> None:
    command = session._shortcmd  # type: ignore[attr-defined]  # poplib has no AUTH of its own
    command("AUTH XOAUTH2")
    answer: bytes = command(base64.b64encode(xoauth2(user, token).encode()).decode())
    if answer.startswith(b"+ "):
        command("")  # the server's reason; the refusal itself comes now, and is raised


def _smtp(session: smtplib.SMTP, user: str, token: str) -> None:
    session.ehlo_or_helo_if_needed()

    response = xoauth2(user, token)
    answers = iter([response])
    # Some servers refuse a long initial response, and take the same as a continuation; the empty answer is to the
    # server's reason for a refusal.
    session.auth("XOAUTH2", lambda _=None: next(answers, ""), initial_response_ok=len(response) <= LONGEST_INITIAL)
