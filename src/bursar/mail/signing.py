"""The secret by which a webhook knows that a message comes from this account: made here, sealed, printed once."""

import base64

from ..context import Context
from ..errors import PersonMustAct, Temporary
from ..keyring import Place, SealBroken, Secret
from .delivery.webhook import PREFIX, SECRET_BYTES
from .models import MailAccount


def renew_signing_secret(ctx: Context, account: MailAccount) -> Secret:
    """Make and store a new one, in place of any before; what is returned is the only sight of it.

    Raises Temporary (`changed_meanwhile`) where somebody else did so this very moment.
    """
    before = account.signing_secret
    secret = Secret(PREFIX + base64.b64encode(ctx.randomness.bytes(SECRET_BYTES)).decode())
    unchanged = MailAccount.objects.filter(id=account.id, signing_secret=before)
    if not unchanged.update(signing_secret=ctx.keyring.seal(_place(account.id), secret)):
        raise Temporary(f'"{account.name}" was changed meanwhile.', code="changed_meanwhile", action="Try again.")
    return secret


def signing_secret(ctx: Context, account_id: str) -> Secret:
    """The account's secret. Raises PersonMustAct where there is none yet, or where it doesn't open."""
    sealed, name = MailAccount.objects.values_list("signing_secret", "name").get(id=account_id)
    what = f"Make one with `bursar mail signing-secret '{name}'`, and give it to the receiver."
    if sealed is None:
        raise PersonMustAct(
            f'"{name}" has no secret to sign with yet, so nothing is posted.',
            code="signing_secret_missing",
            action=what,
        )
    try:
        return ctx.keyring.open(_place(account_id), bytes(sealed))
    except SealBroken:
        raise PersonMustAct(
            f'The signing secret of "{name}" doesn\'t open: it was changed or moved in the database.',
            code="secret_unreadable",
            action=what,
        ) from None


def _place(account_id: str) -> Place:
    return Place("mail_account", account_id, "signing_secret")
