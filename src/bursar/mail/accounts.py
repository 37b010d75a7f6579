"""Mail accounts: add, list, delete. The only writers of their rows, besides the lease."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from ..context import Context
from ..errors import InvalidInput, NotFound, Refused
from ..ids import new_id
from ..providers import template_of
from ..tokens import labels
from ..tokens.models import Configuration
from .account import AccountType, After, maildir_path, one_line
from .lease import Lease
from .login import Target
from .models import MailAccount


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What `mail add` is given. No `host`: the provider's, where its template knows one; no `port`: the type's own."""

    name: str
    type: AccountType
    host: str | None
    login: str
    token: str
    deliver: str
    port: int | None = None
    folder: str = "INBOX"
    ca_file: str = ""
    after: str = "delete"


@dataclass(frozen=True, slots=True)
class AccountView:
    """A row of `mail list`."""

    name: str
    type: str
    host: str
    port: int
    login: str
    token: str
    folder: str
    ca: str | None
    after: str
    deliver: str
    validity: str
    created_at: datetime


def add(ctx: Context, new: NewAccount, by: str) -> MailAccount:
    """Store a mail account; a missing label of its token is made.

    Raises InvalidInput, NotFound for the token, Refused where the name is taken or the configuration isn't valid.
    """
    for text, field in ((new.name, "--name"), (new.login, "--login"), (new.folder, "--folder")):
        one_line(text, field)
    After.parse(new.after)
    _check_places(new)
    with transaction.atomic():
        template = _offered(new.token)
        host = one_line(new.host, "--host") if new.host is not None else _suggested_host(template)
        token = labels.resolve(ctx, new.token, create=True)
        try:
            with transaction.atomic():
                return MailAccount.objects.create(
                    id=new_id(),
                    name=new.name,
                    type=str(new.type),
                    host=host,
                    port=new.port or new.type.default_port,
                    login=new.login,
                    token_id=token.token_id,
                    folder=new.folder,
                    ca_file=new.ca_file,
                    after=new.after,
                    deliver=new.deliver,
                    created_at=ctx.clock.now(),
                    created_by=by,
                )
        except IntegrityError:
            raise Refused(
                f'There is a mail account "{new.name}" already.', code="name_taken", action="Choose another name."
            ) from None


def _check_places(new: NewAccount) -> None:
    """Raises InvalidInput for a host that can't be one, a CA file that isn't there, a maildir that is a file."""
    maildir = maildir_path(new.deliver)
    if maildir.exists() and not maildir.is_dir():
        raise InvalidInput(f"{maildir} is a file, and a maildir is a directory.", code="destination_invalid")
    if new.ca_file and not Path(new.ca_file).is_file():
        raise InvalidInput(f"--ca: there is no file {new.ca_file}.", code="ca_missing")
    if new.host is not None and (not new.host or any(sign.isspace() or sign in "/@\\" for sign in new.host)):
        raise InvalidInput(f'--host: "{new.host}" is no host name.', code="host_invalid")


def views() -> list[AccountView]:
    """All accounts, sorted by name."""
    return [
        AccountView(
            name=account.name,
            type=account.type,
            host=account.host,
            port=account.port,
            login=account.login,
            token=reference_of(account),
            folder=account.folder,
            ca=account.ca_file or None,
            after=account.after,
            deliver=account.deliver,
            validity=account.validity,
            created_at=account.created_at,
        )
        for account in MailAccount.objects.select_related("token__configuration").all()
    ]


def find(name: str) -> MailAccount:
    """The account of that name. Raises NotFound."""
    account = MailAccount.objects.select_related("token__configuration").filter(name=name).first()
    if account is None:
        raise NotFound(
            f'There is no mail account "{name}".',
            code="account_not_found",
            action="`bursar mail list` shows the names.",
        )
    return account


def delete(ctx: Context, name: str) -> None:
    """Remove the account, its ledger and its log; what was delivered stays. Raises NotFound, or Refused while busy."""
    account = find(name)
    if not Lease(ctx, account.id).claim():
        raise Refused(
            f'A run is collecting "{name}" just now.', code="account_busy", action="Delete it when the run is done."
        )
    account.delete()


def reference_of(account: MailAccount) -> str:
    """`NAME` or `NAME#LABEL` of the token the account collects with."""
    name, label = account.token.configuration.name, account.token.label
    return f"{name}#{label}" if label else name


def target_of(account: MailAccount) -> Target:
    """Where and as whom the account logs in."""
    return Target(
        AccountType(account.type),
        account.host,
        account.port,
        account.login,
        reference_of(account),
        account.ca_file,
    )


def _offered(reference: str) -> str | None:
    """The configuration's template. Raises Refused for one that isn't valid: it is not offered to accounts."""
    found = Configuration.objects.filter(name=reference).first()
    found = found or Configuration.objects.filter(name=reference.rpartition("#")[0]).first()
    if found is not None and found.validity != "valid":
        raise Refused(
            f'The token configuration "{found.name}" is {found.validity}, so no account can use it.',
            code="configuration_not_valid",
            action=f"Make it valid first: `bursar config set '{found.name}' Validity=valid`.",
        )
    return found.template if found is not None else None


def _suggested_host(template_name: str | None) -> str:
    """Where the provider keeps its mailboxes. Raises InvalidInput where that isn't known."""
    template = template_of(template_name)
    for server in template.mail if template else ():
        if server.protocol == "imap":
            return server.host
    raise InvalidInput(
        "The mail server of this provider is not known.", code="host_missing", action="Name it with --host."
    )
