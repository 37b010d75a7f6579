"""Adding and changing a mail account in its form."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import InvalidInput, NotFound, Refused, Temporary
from ...mail import accounts
from ...mail.change import change
from ...mail.models import MailAccount
from ..access import act, person_of
from ..forms.plain import Wrong, form_of
from ..mail.fields import PASSWORD, SECTIONS, specs, values_of
from ..mail.given import account_from, values_from, wrong_of
from ..see_other import see_other
from ..token_field import FIELD, mail_servers
from .mail import found

METHODS = ["GET", "HEAD", "POST"]


@act
@sensitive_post_parameters(PASSWORD)
@require_http_methods(METHODS)
def add(request: HttpRequest) -> HttpResponse:
    """A new account; afterwards its test is the next step."""
    if request.method != "POST":
        values = values_of(None) | {"Token": request.GET.get("token", "")[:500]}
        return _page(request, None, values, [])
    values = values_from(request.POST)
    new = account_from(values, request.POST.get(PASSWORD, ""), keeps_password=False)
    if isinstance(new, list):
        return _page(request, None, values, new)
    try:
        row = accounts.add(context(), new, person_of(request).email)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, None, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is added. Test it, then fetch.") % {"name": row.name})
    return see_other(f"/mail/{row.id}")


@act
@sensitive_post_parameters(PASSWORD)
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
    try:
        changed = change(
            context(), row, new, person_of(request).email, int(seen) if seen.isdecimal() and len(seen) < 19 else None
        )
    except Temporary as late:
        return _page(request, found(account_id), values, [Wrong("", str(late))], status=409)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, row, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is saved.") % {"name": changed.name})
    return see_other(f"/mail/{row.id}")


def _page(
    request: HttpRequest,
    row: MailAccount | None,
    values: dict[str, str],
    wrong: list[Wrong],
    status: int | None = None,
) -> HttpResponse:
    asked = specs(row, values)
    form = form_of(SECTIONS, asked, values, wrong)
    [token] = [spec for spec in asked if spec.path == FIELD]
    shown = {
        "row": row,
        "form": form,
        "secret_lost": bool(request.POST.get(PASSWORD)),
        "suggestions": json.dumps(mail_servers(token, values.get(FIELD, ""))),
    }
    return render(request, "mail/form.html", shown, status=status or (422 if wrong else 200))
