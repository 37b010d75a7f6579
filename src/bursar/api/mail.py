"""Mail accounts: list, add, change, delete, YAML, fetch, the log of their runs, the quarantine, signing."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from ..app import context
from ..askable import askable
from ..errors import NotFound
from ..keyring import Secret
from ..mail import running
from ..mail.account import AccountType, parse_interval
from ..mail.accounts import NewAccount, add, delete, holding, view_of
from ..mail.change import amended, change
from ..mail.log import runs_of
from ..mail.models import MailAccount
from ..mail.now import begin
from ..mail.quarantine import quarantined, retry
from ..mail.signing import renew_signing_secret
from ..mail.transfer import export_accounts, import_accounts
from .auth import manager_of
from .exchange import exchanged
from .paging import Limit, Offset, part
from .shapes import mail as shapes
from .tags import check, in_one_step, names_tag, tagged

router = Router(tags=["Mail accounts"])
exchanged(
    router,
    "mail_accounts",
    import_accounts,
    lambda names: export_accounts(context(), names, with_passwords=False),
)


@router.get("", response=shapes.MailAccountPage)
def list_accounts(
    request: HttpRequest,
    limit: Limit = 50,
    offset: Offset = 0,
    search: Annotated[str, Query(max_length=200)] = "",
    name: Annotated[str | None, Query(max_length=250)] = None,
) -> Any:
    """By name. `search` looks at name, login and server; `name` is exact."""
    manager_of(request).check_all()
    rows = holding(askable(search).split()).select_related("token__configuration").order_by("name")
    if name is not None:
        rows = rows.filter(name=askable(name))
    return part(request, list(rows[offset : offset + limit]), rows.count(), limit, offset, _shown)


@router.post("", response={201: shapes.MailAccount})
def add_account(request: HttpRequest, response: HttpResponse, body: shapes.NewMailAccount) -> Any:
    """As `bursar mail add`. One that would send a token to a server that its provider isn't known for is held: a
    person confirms it on its page."""
    manager = manager_of(request)
    manager.check_all()
    given = _given(body)
    account = add(context(), NewAccount(**given), manager.by)
    response["Location"] = f"/api/v1/mail-accounts/{account.id}"
    return Status(201, tagged(request, response, _shown(found(request, account.id))))


@router.get("/{account_id}", response={200: shapes.MailAccount, 304: None})
def read_account(request: HttpRequest, response: HttpResponse, account_id: str) -> Any:
    """One account, without its password."""
    return tagged(request, response, _shown(found(request, account_id)))


@router.patch("/{account_id}", response=shapes.MailAccount)
def change_account(
    request: HttpRequest, response: HttpResponse, account_id: str, body: shapes.MailAccountChange
) -> Any:
    """As `bursar mail set`: only what is given is changed. Where that would send a token to another server, the account
    is held: it logs in nowhere until a person has confirmed that on its page."""
    row = found(request, account_id)
    check(request, _shown(row))
    given = _given(body)
    if "password" in given:
        given["token"] = None
    changed = change(context(), row, amended(row, given), manager_of(request).by, seen=row.generation)
    return tagged(request, response, _shown(changed))


@router.delete("/{account_id}", response={204: None})
def delete_account(request: HttpRequest, account_id: str) -> Any:
    """With its ledger and its log; what was delivered stays."""
    row = found(request, account_id)
    check(request, _shown(row))
    with in_one_step(request):
        delete(context(), row.name, seen=row.generation if names_tag(request) else None)
    return Status(204, None)


@router.post("/{account_id}/fetch", response={202: None})
def fetch(request: HttpRequest, account_id: str) -> Any:
    """Begin a run; its result is the newest of `runs` when it is done. 503 where one is under way already."""
    row = found(request, account_id)
    begin(context(), row)
    return Status(202, None)


@router.get("/{account_id}/progress", response=shapes.MailProgress)
def progress(request: HttpRequest, account_id: str) -> Any:
    """How far the run is that is under way."""
    row = found(request, account_id)
    current = running.of(row.id)
    leased = row.lease_run is not None and row.lease_until is not None and row.lease_until > context().clock.now()
    return {"under_way": leased or current is not None, "fetched": current.fetched if current else 0}


@router.get("/{account_id}/runs", response=list[shapes.MailRun])
def runs(request: HttpRequest, account_id: str) -> Any:
    """The runs that are kept, the newest first."""
    return runs_of(found(request, account_id).name)


@router.get("/{account_id}/quarantine", response=list[shapes.Quarantined])
def quarantine(request: HttpRequest, account_id: str) -> Any:
    """Messages that the destination refused for good."""
    return quarantined(found(request, account_id).name)


@router.post("/{account_id}/retry", response=shapes.Count)
def retry_messages(request: HttpRequest, account_id: str, body: shapes.Retry) -> Any:
    """Let the next run try messages in quarantine again."""
    return {"count": retry(found(request, account_id).name, body.messages)}


@router.post("/{account_id}/signing-secret", response={201: shapes.SigningSecret})
def new_signing_secret(request: HttpRequest, account_id: str) -> Any:
    """Make the secret that the account's webhooks are signed with, in place of any before: the old one ends at once.
    This answer is its only sight."""
    return Status(201, {"signing_secret": renew_signing_secret(context(), found(request, account_id)).reveal()})


def found(request: HttpRequest, account_id: str) -> MailAccount:
    """The account, for a key that may manage all names. Raises NotFound."""
    manager_of(request).check_all()
    asked = askable(account_id)
    row = MailAccount.objects.select_related("token__configuration").filter(id=asked).first()
    if row is None:
        raise NotFound("There is no such mail account.", code="account_not_found")
    return row


def _given(body: shapes.MailAccountChange) -> dict[str, Any]:
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    if "type" in given:
        given["type"] = AccountType(given["type"])
    if "ca" in given:
        given["ca_file"] = given.pop("ca")
    if "interval" in given:
        given["interval"] = parse_interval(given["interval"])
    if "ca" in given:
        given["ca_file"] = given.pop("ca")
    if "password" in given:
        given["password"] = Secret(given["password"])
    return given


def _shown(row: MailAccount) -> dict[str, Any]:
    view = view_of(row)
    return {name: getattr(view, name, None) for name in shapes.MailAccount.model_fields} | {
        "id": row.id,
        "recipients": dict(view.recipients),
    }
