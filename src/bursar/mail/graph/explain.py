"""What Microsoft Graph said, in plain words, with the step that helps."""

import json

from ...errors import BursarError, PersonMustAct, Temporary
from ...outbound import HttpAnswer
from ..sasl import printable

_NO_MAILBOX = ("ErrorInvalidUser", "MailboxNotEnabledForRESTAPI", "Request_ResourceNotFound", "ResourceNotFound")
_NO_RIGHT = ("ErrorAccessDenied", "Authorization_RequestDenied", "AccessDenied", "Forbidden")


def code_of(answer: HttpAnswer) -> tuple[str, str]:
    """`error.code` and `error.message` of an answer, empty where it has none."""
    try:
        error = json.loads(answer.body).get("error", {})
        return printable(str(error.get("code", ""))), printable(str(error.get("message", "")))
    except (ValueError, AttributeError, RecursionError):
        return "", ""


def words(answer: HttpAnswer) -> str:
    """Status, code and message in one line."""
    code, message = code_of(answer)
    return " ".join(part for part in (str(answer.status), code, message) if part)


def mailbox_refused(answer: HttpAnswer, login: str, reference: str, step: str) -> BursarError:
    """Why the mailbox can't be opened at all; `step` is the command that brings a new token."""
    code, _ = code_of(answer)
    said = words(answer)
    if code in _NO_MAILBOX or answer.status == 404:
        return PersonMustAct(
            f'Microsoft Graph knows no mailbox "{login}" ("{said}").',
            code="mailbox_unknown",
            action="Write the mailbox's address (its user principal name) as the login, or me for the mailbox of who "
            "signed in, and check that it has an Exchange Online licence.",
        )
    if answer.status == 403 or code in _NO_RIGHT:
        return PersonMustAct(
            f'The token of "{reference}" may not open the mailbox "{login}" ("{said}").',
            code="mailbox_not_permitted",
            action="Give the application the permission Mail.ReadWrite (shared mailbox: Mail.ReadWrite.Shared; client "
            "credentials: as application permission, with admin consent and no access policy against it), then "
            f"request a new token: `bursar token {step} '{reference}'`.",
        )
    if answer.status == 401:
        return PersonMustAct(
            f'Microsoft Graph refuses the token of "{reference}", also a fresh one ("{said}").',
            code="login_refused",
            action="The token must be for Microsoft Graph: its scope begins with https://graph.microsoft.com/. A token "
            "for outlook.office.com opens IMAP and POP3 only.",
        )
    return command_refused("mailbox", said)


def command_refused(what: str, said: str) -> BursarError:
    """Any other refusal."""
    return Temporary(
        f'Microsoft Graph refused the request for the {what} ("{said}").',
        code="command_refused",
        action="Fetch again in a few minutes; if it stays, look the code up in Microsoft's documentation.",
    )
