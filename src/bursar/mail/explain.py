"""What a mail server said, in plain words, with the step that helps (SEC-58)."""

import re
from collections.abc import Collection

from ..errors import BursarError, PersonMustAct, Temporary
from .dialogue import LoginRefused

_BACKOFF = re.compile(r"Backoff Time: (\d+) milliseconds", re.IGNORECASE)
_TOKEN_ENDED = re.compile(r"AccessTokenExpired|token (has |is )?expired|invalid_token", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"\[(UNAVAILABLE|INUSE|IN-USE|LOGIN-DELAY|SYS/TEMP|SERVERBUG|LIMIT)\b|temporar|try again|too many", re.IGNORECASE
)


def token_ended(answer: str) -> bool:
    """The server ended the session, or refused a command, because the access token is over."""
    return bool(_TOKEN_ENDED.search(answer))


def server_words(answer: str) -> BursarError | None:
    """What is known of an answer in whatever place it comes; None where it has to be judged by its place."""
    if "authenticated but not connected" in answer.lower():
        return PersonMustAct(
            f'The token is good, but who signed in may not open this mailbox ("{answer}").',
            code="mailbox_not_permitted",
            action="Give that account (for an application: its service principal) full access to the mailbox, write "
            "the mailbox's address as the login, and check that IMAP is enabled for it.",
        )
    if "throttled" in answer.lower():
        found = _BACKOFF.search(answer)
        wait = int(found[1]) / 1000 if found else None
        when = f"in {wait:.0f} seconds" if wait is not None else "later"
        return Temporary(
            f'The server limits how much is asked of it ("{answer}").',
            code="throttled",
            action=f"Fetch again {when}, and less often.",
            retry_after=wait,
        )
    if _TEMPORARY.search(answer):
        return Temporary(
            f'The server can\'t serve this mailbox just now ("{answer}").',
            code="server_unavailable",
            action="Fetch again in a few minutes.",
        )
    return None


def blames_token(refusal: LoginRefused) -> bool:
    """Whether a new token may help: the challenge says so, or the server gives no reason (as Exchange does)."""
    if server_words(refusal.answer) is not None:
        return False
    return refusal.challenge.blames_token or token_ended(refusal.answer) or not refusal.challenge.status


def login_refused(
    refusal: LoginRefused, login: str, reference: str, *, renewed: bool, step: str = "authorize"
) -> BursarError:
    """Why no mail can be collected with this login. `renewed`: a fresh token was tried too (SEC-57); `step`: the
    command that brings a new one.
    """
    if (known := server_words(refusal.answer)) is not None:
        return known
    answer, reason = refusal.answer, refusal.challenge.text
    if not reference:
        return PersonMustAct(
            f'The server refuses the login "{login}" with its password ("{answer}").'
            + (f" It gave this reason: {reason}." if reason else ""),
            code="login_refused",
            action="Check the login, and enter the password anew; some providers want an app password, or no longer "
            "take passwords at all.",
        )
    return PersonMustAct(
        (
            f'The server refuses the login "{login}" with the token of "{reference}", '
            f'also with a fresh one ("{answer}").'
            if renewed
            else f'The server refuses the login "{login}" with the token of "{reference}" ("{answer}").'
        )
        + (f" It gave this reason: {reason}." if reason else ""),
        code="login_refused",
        action="Check that the login is the mailbox's address and that the token's scope covers IMAP."
        + (f" The server wants the scope {refusal.challenge.scope}." if refusal.challenge.scope else "")
        + f" Then request a new token: `bursar token {step} '{reference}'`.",
    )


def folder_refused(folder: str, answer: str, folders: Collection[str]) -> BursarError:
    """SELECT was refused; names the folders there are."""
    if (known := server_words(answer)) is not None:
        return known
    listing = ", ".join(folders) or "none that it shows"
    return PersonMustAct(
        f'The server can\'t open the folder "{folder}" ("{answer}").',
        code="folder_refused",
        action=f"Use one of its folders: {listing}.",
    )


def settle_refused(what: str, answer: str) -> BursarError:
    """Messages were delivered, but the server didn't delete, move or mark them."""
    if (known := server_words(answer)) is not None:
        return known
    return PersonMustAct(
        f'Messages were delivered, but the server refused to {what} them ("{answer}").',
        code="settle_refused",
        action="Give the login the right to do so there, or choose another --after; nothing is delivered twice.",
    )


def command_refused(command: str, answer: str) -> BursarError:
    """Any other command that the server said NO or BAD to."""
    if (known := server_words(answer)) is not None:
        return known
    return Temporary(
        f'The server refused the command {command} ("{answer}").',
        code="command_refused",
        action="Fetch again in a few minutes; if it stays, ask whoever runs the mail server.",
    )


def connection_lost(host: str, reason: str) -> BursarError:
    """The connection ended before anything could be done, or again and again."""
    if (known := server_words(reason)) is not None:
        return known
    return Temporary(
        f"The connection to {host} ended ({reason}).",
        code="connection_lost",
        action="Fetch again in a few minutes; if it stays, `bursar mail test` shows at which step it ends.",
    )
