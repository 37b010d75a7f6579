"""Mail accounts: add, change, list, delete. The only writers of their rows, besides the lease and the schedule."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from ..context import Context
from ..errors import InvalidInput, NotFound, Refused, Temporary
from ..ids import new_id
from ..keyring import Place, Secret
from ..reference import token_reference
from ..tokens import labels
from ..unseen import unseen_sign
from . import hold
from .account import AccountType, After, Authentication, Validity, interval_text, one_line
from .delivery import registry
from .lease import Lease
from .login import Target
from .models import MailAccount

if TYPE_CHECKING:
    from ..providers.registry import MailServer

DEFAULT_INTERVAL = 300
LONGEST_PASSWORD = 1000
LARGEST_TABLE = 10_000
_PROTOCOLS = {"imap": AccountType.IMAPS, "pop3": AccountType.POP3S, "graph": AccountType.MSGRAPH}


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What `mail add` is given.

    None means: as the token's provider suggests (`type`, `host`, `port`), else IMAPS and the type's own port. One of
    `token` and `password` is given. `recipients` maps addresses to destinations; `deliver` is for all others.
    `interval` is in seconds, 0: collected only when asked.
    """

    name: str
    login: str
    deliver: str
    type: AccountType | None = None
    host: str | None = None
    port: int | None = None
    token: str | None = None
    password: Secret | None = None
    folder: str | None = None
    ca_file: str = ""
    after: str = "delete"
    trusted: bool = False
    recipients: Mapping[str, str] = field(default_factory=dict)
    validity: str = "valid"
    comment: str = ""
    interval: int = DEFAULT_INTERVAL


@dataclass(frozen=True, slots=True)
class AccountView:
    """A row of `mail list`. `token` is None for an account with a password."""

    name: str
    type: str
    host: str
    port: int
    login: str
    token: str | None
    folder: str
    ca: str | None
    after: str
    deliver: str
    validity: str
    created_at: datetime
    authentication: str
    trusted: bool
    recipients: Mapping[str, str]
    held: bool
    interval: str
    next_run_at: datetime | None
    comment: str


def add(ctx: Context, new: NewAccount, by: str, *, release: bool = False) -> MailAccount:
    """Store a mail account; a missing label of its token is made. It is held where its token would go to a server that
    nobody has confirmed for it; `release` is a person's yes to that (`hold`).

    Raises InvalidInput, NotFound for the token, Refused where the name is taken or the configuration isn't valid.
    """
    with transaction.atomic():
        checked = complete(new)
        account_id = new_id()
        now = ctx.clock.now()
        try:
            with transaction.atomic():
                return MailAccount.objects.create(
                    id=account_id,
                    **columns(ctx, account_id, checked),
                    held=not release and hold.is_held(None, checked),
                    next_run_at=now + timedelta(seconds=checked.interval) if checked.interval else None,
                    created_at=now,
                    created_by=by,
                    changed_at=now,
                    changed_by=by,
                )
        except IntegrityError:
            raise name_taken(new.name) from None


def complete(new: NewAccount, *, keeps_password: bool = False, offered: str = "") -> NewAccount:
    """`new` with nothing left open, checked. Raises as `add`.

    `keeps_password`: one is stored and stays; `offered`: the token that is used already, which may have become invalid.
    """
    for text, option in ((new.name, "--name"), (new.login, "--login")):
        one_line(text, option)
        if sign := unseen_sign(text):
            raise InvalidInput(f"{option} contains {sign}, which can't be seen.", code="control_characters")
    one_line("".join(new.comment.split()) or "-", "--comment")  # lines are fine; no database stores a NUL
    if (new.token is None) == (new.password is None) and not keeps_password:
        raise InvalidInput(
            "An account logs in with a token or with a password: exactly one of them is needed.",
            code="authentication_missing",
            action="Give --token NAME, or --auth password with --password-file.",
        )
    _check_password(new.password)
    template = _offered(new.token, used=new.token == offered) if new.token is not None else None
    server = suggestion(template, new.type)
    kind = new.type or (_PROTOCOLS[server.protocol] if server else AccountType.IMAPS)
    if kind is AccountType.MSGRAPH and new.token is None:
        raise InvalidInput("Microsoft Graph takes a token and no password.", code="graph_password")
    host = _host(new.host) if new.host is not None else _suggested_host(server, kind)
    folder = one_line(new.folder or "INBOX", "--folder") if kind.has_folders else ""
    after = After.parse(new.after)
    after.check(kind)
    if new.validity not in list(Validity):
        raise InvalidInput(f'--validity "{new.validity}" is not known.', action=f"Use one of {', '.join(Validity)}.")
    if new.ca_file and not _is_file(new.ca_file):
        raise InvalidInput(f"--ca: there is no file {new.ca_file[:200]}.", code="ca_missing")
    registry.check(new.deliver)
    port = new.port or (server.port if server and _is_usual(kind) and new.host is None else kind.default_port)
    return NewAccount(
        name=new.name,
        login=new.login,
        deliver=new.deliver,
        type=kind,
        host=host,
        port=port,
        token=new.token,
        password=new.password,
        folder=folder,
        ca_file=new.ca_file,
        after=new.after,
        trusted=new.trusted,
        recipients=check_table(new.recipients),
        validity=new.validity,
        comment=new.comment,
        interval=new.interval,
    )


def check_table(table: Mapping[str, str]) -> dict[str, str]:
    """Addresses in lower case with their destinations. Raises InvalidInput that names the entry."""
    if len(table) > LARGEST_TABLE:
        raise InvalidInput(f"--by-recipient: {len(table)} addresses are more than {LARGEST_TABLE}.")
    for address, deliver in table.items():
        one_line(address, "--by-recipient: an address")
        if "@" not in address or any(sign.isspace() for sign in address):
            raise InvalidInput(f'--by-recipient: "{address}" is no address.', code="recipient_invalid")
        registry.check(deliver)
    return {address.lower(): deliver for address, deliver in table.items()}


def columns(ctx: Context, account_id: str, checked: NewAccount) -> dict[str, object]:
    """The columns of a completed account; the password sealed for its row."""
    token = labels.resolve(ctx, checked.token, create=True) if checked.token is not None else None
    return {
        "name": checked.name,
        "type": str(checked.type),
        "host": checked.host,
        "port": checked.port,
        "login": checked.login,
        "token_id": token.token_id if token else None,
        "password": ctx.keyring.seal(place(account_id), checked.password) if checked.password else None,
        "folder": checked.folder,
        "ca_file": checked.ca_file,
        "after": checked.after,
        "trusted": checked.trusted,
        "deliver": checked.deliver,
        "recipients": json.dumps(checked.recipients, ensure_ascii=False, sort_keys=True),
        "validity": checked.validity,
        "comment": checked.comment,
        "interval": checked.interval,
    }


def views() -> list[AccountView]:
    """All accounts, sorted by name."""
    return [view_of(account) for account in MailAccount.objects.select_related("token__configuration").all()]


def view_of(account: MailAccount) -> AccountView:
    """The account as it is shown; its password never is."""
    return AccountView(
        name=account.name,
        type=account.type,
        host=account.host,
        port=account.port,
        login=account.login,
        token=reference_of(account) or None,
        folder=account.folder,
        ca=account.ca_file or None,
        after=account.after,
        deliver=account.deliver,
        validity=account.validity,
        created_at=account.created_at,
        authentication=str(authentication_of(account)),
        trusted=account.trusted,
        recipients=recipients_of(account),
        held=account.held,
        interval=interval_text(account.interval),
        next_run_at=account.next_run_at,
        comment=account.comment,
    )


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


def delete(ctx: Context, name: str, *, seen: int | None = None) -> None:
    """Remove the account, its ledger and its log; what was delivered stays. Raises NotFound, or Refused while busy.

    With `seen` only in the generation that was seen; else raises Temporary (`changed_meanwhile`).
    """
    account = find(name)
    lease = Lease(ctx, account.id)
    if not lease.claim():
        raise Refused(
            f'A run is collecting "{name}" just now.', code="account_busy", action="Delete it when the run is done."
        )
    with transaction.atomic():
        generation = MailAccount.objects.select_for_update().values_list("generation", flat=True).get(pk=account.pk)
        same = seen is None or generation == seen
        if same:
            account.delete()
    if not same:
        lease.release()
        raise Temporary(
            f'The mail account "{name}" was changed by somebody else meanwhile.',
            code="changed_meanwhile",
            action="Look at it again, then decide anew.",
        )


def authentication_of(account: MailAccount) -> Authentication:
    """What the account logs in with."""
    return Authentication.PASSWORD if account.token_id is None else Authentication.TOKEN


def holding(words: Iterable[str]) -> QuerySet[MailAccount]:
    """The accounts whose name, login or server hold each word."""
    found = MailAccount.objects.all()
    for word in words:
        found = found.filter(Q(name__icontains=word) | Q(login__icontains=word) | Q(host__icontains=word))
    return found


def reference_of(account: MailAccount) -> str:
    """`NAME` or `NAME#LABEL` of the token the account collects with; empty where it logs in with a password."""
    if account.token is None:
        return ""
    return token_reference(account.token.configuration.name, account.token.label)


def recipients_of(account: MailAccount) -> dict[str, str]:
    """The dispatching table: address to destination."""
    table: dict[str, str] = json.loads(account.recipients)
    return table


def password_of(ctx: Context, account: MailAccount) -> Secret | None:
    """The stored password, opened."""
    return None if account.password is None else ctx.keyring.open(place(account.id), bytes(account.password))


def target_of(ctx: Context, account: MailAccount) -> Target:
    """Where, as whom and with what the account logs in."""
    return Target(
        AccountType(account.type),
        account.host,
        account.port,
        account.login,
        reference_of(account),
        account.ca_file,
        password_of(ctx, account),
        _unattended(account),
        hold.refusal(account.name, account.host, account.port) if account.held else None,
    )


def _unattended(account: MailAccount) -> bool:
    return account.token is not None and account.token.configuration.flow == "client_credentials"


def suggestion(template_name: str | None, kind: AccountType | None) -> "MailServer | None":
    """Where the provider keeps its mailboxes, for this type or for the first that its template names."""
    servers = template_servers(template_name)
    return next((server for server in servers if kind is None or server.protocol == kind.protocol), None)


def template_servers(template_name: str | None) -> "list[MailServer]":
    """The provider's servers that mailboxes are at."""
    from ..providers import template_of  # only who adds or changes an account needs the catalogue

    template = template_of(template_name)
    return [server for server in (template.mail if template else ()) if server.protocol in _PROTOCOLS]


def place(account_id: str) -> Place:
    """Where an account's password is sealed for."""
    return Place("mail_account", account_id, "password")


def name_taken(name: str) -> Refused:
    """The refusal of a second account of one name."""
    return Refused(f'There is a mail account "{name}" already.', code="name_taken", action="Choose another name.")


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # a path longer than any that there can be
        return False


def _check_password(password: Secret | None) -> None:
    if password is None:
        return
    text = password.reveal()
    if not 0 < len(text) <= LONGEST_PASSWORD or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise InvalidInput(
            f"The password is empty, longer than {LONGEST_PASSWORD} characters, or carries control characters.",
            code="password_invalid",
        )


def _host(host: str) -> str:
    if not host or any(sign.isspace() or sign in "/@\\" for sign in host):
        raise InvalidInput(f'--host: "{host}" is no host name.', code="host_invalid")
    return one_line(host, "--host")


def _is_usual(kind: AccountType) -> bool:
    """The types whose ports the templates name."""
    return kind in _PROTOCOLS.values()


def _offered(reference: str, *, used: bool = False) -> str | None:
    """The configuration's template. Raises NotFound, and Refused for one that isn't valid: no account is offered it."""
    found = hold.configuration_of(reference)
    if found is None:
        raise labels.no_configuration(reference)
    if found.validity != "valid" and not used:
        raise Refused(
            f'The token configuration "{found.name}" is {found.validity}, so no account can use it.',
            code="configuration_not_valid",
            action=f"Make it valid first: `bursar config set '{found.name}' Validity=valid`.",
        )
    return found.template


def _suggested_host(server: "MailServer | None", kind: AccountType) -> str:
    """Raises InvalidInput where the provider's server isn't known."""
    if server is not None:
        return server.host
    if kind is AccountType.MSGRAPH:
        return "graph.microsoft.com"
    raise InvalidInput(
        "The mail server of this provider is not known.", code="host_missing", action="Name it with --host."
    )
