"""Enter or replace a client secret, in every configuration of the same client that a person ticks."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import InvalidInput, Refused, Temporary
from ...keyring import Secret
from ...oauth2.vocabulary import ClientAuthentication
from ...providers.mistakes import secret_mistake
from ...tokens.configure import check_secret
from ...tokens.document import document_of
from ...tokens.edit import by_id
from ...tokens.models import Configuration
from ...tokens.shared_secret import COUNTED, Sharing, replace_secret, server_of, sharing, sharing_count
from ..access import act, person_of
from ..forms.page import OF_YOURS
from ..forms.specs import SECRET
from ..frame import leave_out_notice
from ..see_other import see_other
from ..seen import seen_of
from ..step_up import FIELD, stepped_up
from .edit import own_template, stored

EXPIRES, ALSO, SEEN = "ClientSecretExpires", "also", "seen"


@act
@sensitive_post_parameters(SECRET, FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def enter_secret(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """A new secret and its end date; others of the same client are offered, and changed with it or not at all."""
    row = by_id(configuration_id)
    others = sharing(row)
    if request.method != "POST":
        ticked = {each.row.id for each in others if each.same_server and not each.held}
        return _page(request, row, others, ticked, "")
    seen, ticked = _read(request, row, others)
    day = request.POST.get(EXPIRES, "").strip()
    problems: dict[str, str] = {}
    secret = _secret(request, row, problems)
    expires = _day(day, problems)
    if row.secret_held and not problems and not stepped_up(request):
        problems[FIELD] = ""
    if secret is not None and not problems:
        wanted = [row, *(each.row for each in others if each.row.id in ticked)]
        if any(seen.get(each.id) != each.generation for each in wanted):
            return _changed(request, row, others, ticked, day)
        try:
            replace_secret(context(), wanted, secret, expires, person_of(request).email)
        except Refused as refused:
            problems[ALSO] = str(refused)
        except Temporary as late:
            if late.code != "changed_meanwhile":
                raise
            return _changed(request, by_id(row.id), others, ticked, day)
        else:
            _say(request, row, len(wanted))
            return see_other("/tokens")
    return _page(request, row, others, ticked, day, problems, status=422)


def _read(request: HttpRequest, row: Configuration, others: list[Sharing]) -> tuple[dict[str, int], set[str]]:
    """The generations that the page showed, and what is ticked. Raises BadRequest for what the page hasn't (SEC-42)."""
    known = {"csrfmiddlewaretoken", SECRET, EXPIRES, ALSO, FIELD} | {f"{SEEN}:{each.row.id}" for each in others}
    sent = request.POST
    ids = set(sent.getlist(ALSO))
    if not sent.keys() <= known | {f"{SEEN}:{row.id}"} or not ids <= {each.row.id for each in others}:
        raise BadRequest
    seen = {}
    for name, text in sent.items():
        if name.startswith(f"{SEEN}:"):
            number = seen_of(str(text))
            if number is None:
                raise BadRequest
            seen[name.partition(":")[2]] = number
    return seen, ids


def _secret(request: HttpRequest, row: Configuration, problems: dict[str, str]) -> Secret | None:
    text = request.POST.get(SECRET, "").strip()
    if not text:
        problems[SECRET] = str(OF_YOURS[SECRET])
        return None
    template = own_template(document_of(row))
    mistake = secret_mistake(template.provider if template else "", row.client_id, text)
    if mistake:
        problems[SECRET] = mistake
        return None
    try:
        return check_secret(text)
    except InvalidInput as refused:
        problems[SECRET] = refused.sentence
        return None


def _day(text: str, problems: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems[EXPIRES] = _("Enter a date such as 2027-01-31.")
        return None


def _say(request: HttpRequest, row: Configuration, count: int) -> None:
    others = count - 1
    if not others:
        messages.success(request, _("The secret of %(name)s is stored.") % {"name": row.name})
        return
    sentence = ngettext(
        "The secret is stored in %(name)s and one other configuration.",
        "The secret is stored in %(name)s and %(count)d other configurations.",
        others,
    )
    messages.success(request, sentence % {"name": row.name, "count": others})


def _changed(
    request: HttpRequest, row: Configuration, others: list[Sharing], ticked: set[str], day: str
) -> HttpResponse:
    """Somebody changed one of them while the secret was being entered: look again where it would go."""
    del others
    now = sharing(row)
    sentence = _("A configuration was changed meanwhile. Nothing is stored yet: look at the list, and enter it again.")
    return _page(request, row, now, ticked, day, {"": sentence}, status=409)


def _page(
    request: HttpRequest,
    row: Configuration,
    others: list[Sharing],
    ticked: set[str],
    day: str,
    problems: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    leave_out_notice(request, row.id)
    document = document_of(row)
    ends = document.options.client_secret_expires
    problems = problems or {}
    count = sharing_count(row)
    values: dict[str, Any] = {
        "row": row,
        "stored": stored(row, keep=False),
        "ends": ends,
        "now": context().clock.now(),
        "public": document.options.client_authentication is ClientAuthentication.NONE,
        "server": server_of(document),
        "others": [{"sharing": each, "ticked": each.row.id in ticked} for each in others],
        "more": count - len(others) - (count > COUNTED),
        "uncounted": count > COUNTED,
        "day": day,
        "secret_error": problems.get(SECRET, ""),
        "day_error": problems.get(EXPIRES, ""),
        "also_error": problems.get(ALSO, ""),
        "general_error": problems.get("", ""),
        "lost": bool(request.POST.get(SECRET)),
    }
    return render(request, "configurations/secret.html", values, status=status)
