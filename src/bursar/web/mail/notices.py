"""The lines below the top menu about mail accounts: what only a person can end. What a token is to blame for has a line
of its own already, which counts the accounts that wait for it.
"""

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...context import Context
from ...sentences import said
from ..notices import Notice
from ..standing import Level
from ..steps import Step

MOST = 200
_HELD = "SELECT id, name, host FROM mail_account WHERE held AND validity = 'valid' ORDER BY name LIMIT %s"


def mail_notices(ctx: Context, leave_out: str = "") -> tuple[list[Notice], int]:
    """One line a cause (server and error, or being held), and how many accounts are in trouble; `leave_out` is the
    page's own one."""

    def job(cursor: CursorWrapper) -> list[tuple[str, str, str, str, str]]:
        cursor.execute(_HELD, [MOST])
        held = [(*row, "account_held", "") for row in cursor.fetchall()]
        cursor.execute(
            "SELECT a.id, a.name, a.host, r.error_code, r.error_sentence FROM mail_account a"
            " JOIN mail_run r ON r.id = (SELECT MAX(id) FROM mail_run WHERE account_id = a.id)"
            " LEFT JOIN tokens_token t ON t.id = a.token_id"
            " WHERE a.failures > 0 AND a.validity = 'valid' AND NOT a.held AND r.needs_person"
            " AND (a.token_id IS NULL OR t.state = 'active') ORDER BY a.name LIMIT %s",
            [MOST],
        )
        return held + list(cursor.fetchall())

    causes: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    found = ctx.storage.read(job)
    for account_id, name, host, code, sentence in found:
        if account_id == leave_out:
            continue
        causes.setdefault((host, code), []).append((account_id, name, sentence))
    return [_notice(host, code, accounts) for (host, code), accounts in causes.items()], len(found)


def _notice(host: str, code: str, accounts: list[tuple[str, str, str]]) -> Notice:
    account_id, name, sentence = accounts[0]
    if code == "account_held":
        return _held(host, [(each[0], each[1]) for each in accounts])
    sentence = said(sentence)
    if len(accounts) > 1:
        values = {"name": name, "count": len(accounts) - 1, "host": host}
        subject = ngettext(
            "%(name)s and one more at %(host)s", "%(name)s and %(count)d more at %(host)s", len(accounts) - 1
        )
        step = Step(_("Show them"), "/mail", method="get")
        return Notice(str(Level.NOW), "alert-octagon", f"{subject % values}: {sentence}", _waits(), step, name)
    word, page = {
        "messages_refused": (_("Show them"), "quarantine"),
        "signing_secret_missing": (_("Signing secret"), "signing-secret"),
    }.get(code, (_("Test"), "test"))
    step = Step(word, f"/mail/{account_id}/{page}", method="get")
    return Notice(str(Level.NOW), "alert-octagon", f"{name}: {sentence}", _waits(), step, name)


def _held(host: str, accounts: list[tuple[str, str]]) -> Notice:
    account_id, name = accounts[0]
    values = {"name": name, "count": len(accounts) - 1, "host": host}
    if len(accounts) > 1:
        fact = ngettext(
            "%(name)s and one more are held: nobody has confirmed that their tokens may go to %(host)s.",
            "%(name)s and %(count)d more are held: nobody has confirmed that their tokens may go to %(host)s.",
            len(accounts) - 1,
        )
    else:
        fact = _("%(name)s is held: nobody has confirmed that its token may go to %(host)s.")
    step = Step(_("Confirm"), f"/mail/{account_id}/confirm", method="get")
    return Notice(str(Level.NOW), "lock", fact % values, _waits(), step, name)


def _waits() -> str:
    return _("Messages wait on the server.")
