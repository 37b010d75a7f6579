"""Adding and changing a mail account in its form."""

import json
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import InvalidInput, NotFound, Refused, Temporary
from ...mail import accounts, hold
from ...mail.change import change, moves_of
from ...mail.models import MailAccount
from ..access import act, person_of
from ..forms.elsewhere import open_question
from ..forms.moved import HOLD, Question, confirmed
from ..forms.plain import Wrong, form_of
from ..mail.fields import PASSWORD, SECTIONS, specs, values_of
from ..mail.given import account_from, values_from, wrong_of
from ..see_other import see_other
from ..seen import seen_of
from ..step_up import FIELD as STEP_UP
from ..token_field import FIELD, mail_servers
from .confirm_place import Confirming, confirm_place
from .mail import found

NAMES_SHOWN = 20
METHODS = ["GET", "HEAD", "POST"]


@act
@sensitive_post_parameters(PASSWORD, STEP_UP)
@require_http_methods(METHODS)
def add(request: HttpRequest) -> HttpResponse:
    """A new account; afterwards its test is the next step."""
    if request.method != "POST":
        given = {"Token": request.GET.get("token", "")[:500], "Deliver": request.GET.get("deliver", "")[:1000]}
        values = values_of(None) | given
        return _page(request, None, values, [])
    values = values_from(request.POST)
    new = account_from(values, request.POST.get(PASSWORD, ""), keeps_password=False)
    if isinstance(new, list):
        return _page(request, None, values, new)
    try:
        asked = open_question(request, moves_of(None, new), new=True)
        if asked is not None:
            return _page(request, None, values, [], asked)
        row = accounts.add(context(), new, person_of(request).email, release=request.POST.get("moved") != HOLD)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, None, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is added. Test it, then fetch.") % {"name": row.name})
    return see_other(f"/mail/{row.id}")


@act
@sensitive_post_parameters(PASSWORD, STEP_UP)
@require_http_methods(METHODS)
def edit(request: HttpRequest, account_id: str) -> HttpResponse:
    """Change an account. A stored password stays unless another is entered, and goes to no other server."""
    row = found(account_id)
    if request.method != "POST":
        return _page(request, row, values_of(row), [])
    values = values_from(request.POST)
    keeps = row.password is not None
    new = account_from(values, request.POST.get(PASSWORD, ""), keeps_password=keeps)
    if isinstance(new, list):
        return _page(request, row, values, new)
    seen = request.POST.get("seen", "")
    number = seen_of(seen) or 0
    try:
        asked = open_question(request, moves_of(row, new))
        if asked is not None:
            return _page(request, row, values, [], asked)
        release = confirmed(request) and not row.held  # what is held stays so until it is confirmed for what it is
        changed = change(context(), row, new, person_of(request).email, number, release=release)
    except Temporary as late:
        if late.code != "changed_meanwhile":
            raise
        return _page(request, found(account_id), values, [Wrong("", str(late))], status=409)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, row, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is saved.") % {"name": changed.name})
    if changed.held:
        held = _("It is held: it logs in nowhere until somebody confirms that its token may go to this server.")
        messages.warning(request, held)
    return see_other(f"/mail/{row.id}")


@act
@sensitive_post_parameters(STEP_UP)
@require_http_methods(METHODS)
def confirm(request: HttpRequest, account_id: str) -> HttpResponse:
    """A held account: where it would send its token, and the yes to that, with the password."""
    row = found(account_id)
    request.own_account = row.id  # type: ignore[attr-defined]
    done = _("%(name)s is confirmed: it is collected again.") % {"name": row.name}
    return confirm_place(request, row, Confirming("/mail", _("Mail accounts"), _places(row)), hold.confirm, done)


def _places(row: MailAccount) -> list[tuple[str, str, str]]:
    """Label, text, and where it leads, of what a person is to compare."""
    return [
        (_("Server"), f"{row.host}:{row.port}", ""),
        (_("Token"), accounts.reference_of(row), f"/tokens/{row.token_id}"),
        (_("Login"), row.login, ""),
        (_("Own authority"), row.ca_file, ""),
        (_("And with it"), _names(hold.alike(row)), ""),
    ]


def _names(accounts: Sequence[MailAccount]) -> str:
    names = [account.name for account in accounts[:NAMES_SHOWN]]
    rest = len(accounts) - len(names)
    return ", ".join(names) + (
        ngettext(" and %(count)d more", " and %(count)d more", rest) % {"count": rest} if rest else ""
    )


def _page(
    request: HttpRequest,
    row: MailAccount | None,
    values: dict[str, str],
    wrong: list[Wrong],
    asked: Question | None = None,
    status: int | None = None,
) -> HttpResponse:
    fields = specs(row, values)
    form = form_of(SECTIONS, fields, values, wrong)
    [token] = [spec for spec in fields if spec.path == FIELD]
    shown = {
        "row": row,
        "form": form,
        "question": asked,
        "secret_lost": bool(request.POST.get(PASSWORD)),
        "suggestions": json.dumps(mail_servers(token, values.get(FIELD, ""))),
    }
    refused = bool(asked and request.POST.get("moved"))
    return render(request, "mail/form.html", shown, status=status or (422 if wrong or refused else 200))
