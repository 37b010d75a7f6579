"""The ways out of a failed step, each with the command that does it where there is one."""

import shlex

from ...errors import BursarError
from ..login import Target
from .step import Choice


def choices_for(error: BursarError, target: Target, who: str) -> tuple[Choice, ...]:
    """What a person may choose from; `who` is whose token it is, as the provider names them. Empty: the error's own
    action is all there is.
    """
    quoted = shlex.quote(target.reference)
    command = f"bursar token {target.step} {quoted}"
    owner = "The application itself asks for it." if target.unattended else "Whoever owns the mailbox signs in again."
    renew = Choice("Request a new token", owner, command)
    match error.code:
        case "mailbox_not_permitted" if target.type.protocol == "graph":
            return (
                Choice(
                    "Give the application the permission",
                    "Mail.ReadWrite; for a shared mailbox Mail.ReadWrite.Shared; for client credentials as application "
                    "permission with admin consent. Then request a new token.",
                ),
                renew,
                Choice("Or write another login", "The address of a mailbox that the token may open.", edit=True),
            )
        case "mailbox_not_permitted":
            user = who or "WHO-SIGNED-IN"
            return (
                Choice(
                    f"Give {user} full access to the mailbox",
                    "An Exchange administrator runs this. It can take an hour to work.",
                    f"Add-MailboxPermission -Identity {target.login} -User {user} -AccessRights FullAccess",
                ),
                Choice(
                    "Or sign in as the mailbox itself",
                    f"Use a token whose owner is {target.login}.",
                    edit=True,
                ),
            )
        case "login_refused" if target.reference:
            return (
                Choice("Check the login", f'"{target.login}" must be the address of the mailbox.', edit=True),
                renew,
            )
        case "login_refused" | "password_missing" | "no_password_login" | "no_token_login":
            return (Choice("Enter the login and password anew", error.action, edit=True),)
        case "wrong_audience" | "scope_missing":
            return (
                Choice("Change the scope, then request a new token", error.action, command),
                Choice("Or choose another type or token", "The form of the account offers both.", edit=True),
            )
        case "folder_refused" | "mailbox_unknown" | "plaintext_refused" | "uidl_missing":
            return (Choice("Change the account", error.action, edit=True),)
        case _:
            return ()
