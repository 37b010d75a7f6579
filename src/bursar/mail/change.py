"""Changing an account. A kept password goes nowhere it was not entered for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from ..context import Context
from ..errors import InvalidInput, changed_meanwhile
from ..tokens.edit import Moves
from . import hold
from .account import AccountType, Authentication
from .accounts import NewAccount, authentication_of, columns, complete, name_taken, recipients_of, reference_of
from .models import MailAccount
from .quarantine import release as retry_refused


def as_new(account: MailAccount) -> NewAccount:
    """The account as it could be added again; without its password, which a change then keeps."""
    return NewAccount(
        name=account.name,
        login=account.login,
        deliver=account.deliver,
        type=AccountType(account.type),
        host=account.host,
        port=account.port,
        token=reference_of(account) or None,
        folder=account.folder or None,
        ca_file=account.ca_file,
        after=account.after,
        trusted=account.trusted,
        recipients=recipients_of(account),
        validity=account.validity,
        comment=account.comment,
        interval=account.interval,
    )


def amended(account: MailAccount, changes: Mapping[str, Any]) -> NewAccount:
    """The account with these values of `NewAccount`; another type brings its own port, and POP3 has no folder."""
    kind = changes.get("type")
    implied: dict[str, Any] = {}
    if kind is not None and kind != account.type:
        implied["port"] = kind.default_port
        if not kind.has_folders:
            implied["folder"] = None
    return replace(as_new(account), **{**implied, **changes})


def change(
    ctx: Context, account: MailAccount, new: NewAccount, by: str, seen: int | None = None, *, release: bool = False
) -> MailAccount:
    """Store `new` over the account; neither token nor password given: the stored password stays. The next run is now.

    Where its token would go to a server that nobody has confirmed for it, the account is held; `release` is a person's
    yes to where it goes now.

    `seen` is the generation that the changes were made against. Raises InvalidInput, NotFound, Refused as `add`, and
    Temporary (`changed_meanwhile`) where somebody else was faster.
    """
    keeps = new.token is None and new.password is None and authentication_of(account) is Authentication.PASSWORD
    with transaction.atomic():
        checked = complete(new, keeps_password=keeps, offered=reference_of(account))
        if keeps and moves_secret(account, checked):
            raise InvalidInput(
                "The stored password was entered for another server, so it is not sent to this one.",
                code="password_again",
                action="Enter the password again.",
            )
        values = columns(ctx, account.id, checked)
        if keeps:
            del values["password"]
        now = ctx.clock.now()
        values["held"] = not release and hold.is_held(account, checked)
        values |= {"next_run_at": _next(checked, now), "failures": 0, "changed_at": now, "changed_by": by}
        generation = account.generation if seen is None else seen
        rows = MailAccount.objects.filter(id=account.id, generation=generation)
        try:
            with transaction.atomic():
                done = rows.update(**values, generation=generation + 1)
                if done and goes_elsewhere(account, checked):
                    retry_refused(account.id)
        except IntegrityError:
            raise name_taken(new.name) from None
        if not done:
            raise changed_meanwhile(account.name)
    return MailAccount.objects.select_related("token__configuration").get(id=account.id)


def set_validity(ctx: Context, account: MailAccount, validity: str, by: str) -> MailAccount:
    """Change the validity alone."""
    return change(ctx, account, replace(as_new(account), validity=validity), by)


def moves_of(row: MailAccount | None, new: NewAccount) -> Moves:
    """What storing `new` would hold; nothing is changed. Raises as `add`."""
    keeps = row is not None and new.token is None and new.password is None
    checked = complete(new, keeps_password=keeps, offered=reference_of(row) if row is not None else "")
    return hold.moves(row, checked)


def moves_secret(account: MailAccount, new: NewAccount) -> bool:
    """Whether the login would be sent to another place, or with less protection."""
    there = (account.type, account.host.lower(), account.port, account.ca_file)
    return there != (str(new.type), (new.host or "").lower(), new.port, new.ca_file)


def goes_elsewhere(account: MailAccount, new: NewAccount) -> bool:
    """Whether messages are delivered in another way than before: then what was refused is tried again."""
    return account.deliver != new.deliver or recipients_of(account) != dict(new.recipients)


def _next(new: NewAccount, now: datetime) -> datetime | None:
    return now if new.interval and new.validity == "valid" else None
