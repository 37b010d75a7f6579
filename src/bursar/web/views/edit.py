"""Changing a token configuration in its form: against what was shown, and never where secrets go without a yes."""

from collections.abc import Sequence
from dataclasses import replace
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
from ...errors import Refused, Temporary
from ...oauth2.vocabulary import Flow
from ...providers import Template, template_of
from ...providers.mistakes import secret_mistake
from ...tokens.configure import Change, held
from ...tokens.document import Problem, TokenConfigurationDocument, document_of, try_assigned
from ...tokens.edit import by_id, moves, save
from ...tokens.inventory import fingerprint
from ...tokens.models import Configuration, Token
from ...tokens.shared_secret import COUNTED, sharing_count
from ..access import look, person_of
from ..forms.guide import guide
from ..forms.moved import Question, confirmed, question
from ..forms.own_side import own_side
from ..forms.page import Form, conflicts, form
from ..forms.specs import REFRESH_URL, SECRET, Spec, addresses, specs_of
from ..forms.taken import taken
from ..forms.values import Given, endpoints_shown, for_document, given, lacking, of_document
from ..frame import leave_out_notice
from ..names import by_name
from ..see_other import see_other
from ..seen import seen_of
from ..wording import clock


@look
@sensitive_post_parameters(SECRET, "current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """The form of one configuration. Only what a person changed in it is changed; everything else survives."""
    row = by_id(configuration_id)
    document = document_of(row)
    specs = _specs(row, document)
    if request.method != "POST":
        now = of_document(document, specs)
        return _page(request, row, document, form_of(specs, Given(now, now), ()))
    found = given(request.POST, specs)
    action = request.POST.get("action", "finish")
    seen = seen_of(request.POST.get("seen", ""))
    if action not in ("save", "finish") or seen is None:
        raise BadRequest
    if seen != row.generation:
        return _conflict(request, row, document, specs, found)
    template = own_template(document)
    problems = [
        *found.problems,
        *lacking(specs, found.values),
        *_mistakes(template, found),
        *taken(found.values["Name"], row.name),
    ]
    tried = try_assigned(document, for_document(template, specs, found))
    problems += tried if isinstance(tried, tuple) else ()
    open_question: Question | None = None
    if not problems and not isinstance(tried, tuple):
        open_question = question(moves(row, tried, found.secret), request)
        if open_question is None:
            try:
                change = save(context(), row, tried, found.secret, person_of(request).email, release=confirmed(request))
            except Refused as refused:
                problems = [Problem("Name", str(refused))]
            except Temporary as late:
                if late.code != "changed_meanwhile":
                    raise
                row = by_id(configuration_id)
                return _conflict(request, row, document_of(row), specs, found)
            else:
                _say(request, document, change, replaced=found.secret is not None)
                return see_other(f"/configurations/{row.id}/edit" if action == "save" else "/tokens")
    status = 422 if problems or (open_question and request.POST.get("moved")) else 200
    return _page(request, row, document, form_of(specs, found, problems, template), open_question, status=status)


def own_template(document: TokenConfigurationDocument) -> Template | None:
    """The template that the document came from, if it is one of ours and of the same flow."""
    template = template_of(document.template_name)
    return template if template and template.flow == document.flow else None


def form_of(specs: Sequence[Spec], found: Given, problems: Sequence[Problem], template: Template | None = None) -> Form:
    """The form with what a person sent, or what is stored."""
    asked = addresses(template) if template else {}
    moved_to = {name: path for path, name in reversed(asked.items())}
    return form(specs, found.values, found.was, problems, moved_to=moved_to, endpoints=endpoints_shown(specs))


def _specs(row: Configuration, document: TokenConfigurationDocument) -> list[Spec]:
    """The fields of this document: none for a request or placeholder that it hasn't; a stored secret may stay."""
    template = own_template(document)
    tree = document.tree()
    found = []
    for spec in specs_of(document.flow, template):
        if spec.label and spec.path not in tree:
            continue
        if spec.path == REFRESH_URL and "TokenByRefreshToken" not in document.requests:
            continue
        hint = f"{stored(row)} {_shared(row)}".strip()
        found.append(replace(spec, optional=True, hint=hint) if spec.kind == "secret" else spec)
    return found


def _shared(row: Configuration) -> str:
    """Where others have the client ID: the page that changes the secret in all of them."""
    count = sharing_count(row)
    if not count:
        return ""
    if count > COUNTED:
        words = _("More than %(count)d other configurations have this client ID: “Replace secret” leads to them.")
        return words % {"count": COUNTED}
    return ngettext(
        "Another configuration has this client ID: “Replace secret” changes both.",
        "%(count)d other configurations have this client ID: “Replace secret” changes all of them.",
        count,
    ) % {"count": count}


def stored(row: Configuration, *, keep: bool = True) -> str:
    """What is said of the secret in its place: never the secret, and no dots that pretend to be one. With `keep`,
    that leaving the field empty keeps it."""
    if row.client_secret is None:
        return _("None is stored yet.")
    found = fingerprint(context(), row)
    if found is None:
        return _("The stored secret can't be opened with this key. Enter it again.")
    named = {"fingerprint": found}
    if not keep:
        return _("Stored, fingerprint %(fingerprint)s.") % named
    return _("Stored, fingerprint %(fingerprint)s. Leave this empty to keep it.") % named


def _mistakes(template: Template | None, found: Given) -> list[Problem]:
    if found.secret is None:
        return []
    provider = template.provider if template else ""
    mistake = secret_mistake(provider, found.values["ClientID"], found.secret.reveal())
    return [Problem(SECRET, mistake)] if mistake else []


def _conflict(
    request: HttpRequest,
    row: Configuration,
    document: TokenConfigurationDocument,
    specs: Sequence[Spec],
    found: Given,
) -> HttpResponse:
    """Somebody else saved first: both are shown, and nothing that was entered is lost."""
    shown = form_of(specs, found, ())
    both = conflicts(specs, shown, of_document(document, specs))
    by = by_name(row.changed_by) if row.changed_by else _("Somebody")
    when = clock(row.changed_at, context().clock.now())
    meanwhile = _("%(by)s saved this configuration at %(when)s, while you were editing it.") % {"by": by, "when": when}
    return _page(request, row, document, shown, meanwhile=meanwhile, both=both, status=409)


def _say(request: HttpRequest, before: TokenConfigurationDocument, change: Change, *, replaced: bool) -> None:
    """What the saving came to, for the next page."""
    row = change.configuration
    name = {"name": row.name}
    if not change.changed:
        messages.success(request, _("%(name)s is as it was: nothing differs.") % name)
        return
    messages.success(request, _("%(name)s is saved.") % name)
    if change.held:
        messages.warning(request, _("What it holds back is sent nowhere until somebody confirms the addresses."))
    others = sharing_count(row) if replaced else 0
    if others > COUNTED:
        words = _(
            "More than %(count)d other configurations have the same client ID and keep their secret. “Replace secret” "
            "leads to them."
        )
        messages.warning(request, words % {"count": COUNTED})
    elif others:
        sentence = ngettext(
            "Another configuration has the same client ID and keeps its secret. “Replace secret” changes it there too.",
            "%(count)d other configurations have the same client ID and keep their secret. “Replace secret” changes it "
            "there too.",
            others,
        )
        messages.warning(request, sentence % {"count": others})
    has_tokens = Token.objects.filter(configuration=row).exclude(access_token=None, refresh_token=None).exists()
    if row.flow == Flow.AUTHORIZATION_CODE and has_tokens and document_of(row).scope != before.scope:
        messages.warning(request, _("The new scope counts from the next consent on: authorize %(name)s again.") % name)


def _page(
    request: HttpRequest,
    row: Configuration,
    document: TokenConfigurationDocument,
    shown: Form,
    open_question: Question | None = None,
    *,
    meanwhile: str = "",
    both: int = 0,
    status: int = 200,
) -> HttpResponse:
    leave_out_notice(request, row.id)
    template = own_template(document)
    consented = document.flow is Flow.AUTHORIZATION_CODE
    values: dict[str, Any] = own_side(row) | {
        "template": template,
        "template_name": document.template_name,
        "form": shown,
        "question": open_question,
        "meanwhile": meanwhile,
        "both": both,
        "secret_lost": bool(request.POST.get(SECRET)),
        "consented": consented,
        "guide": guide(template, consented) if template else None,
        "held": held(row),
        "held_token": Token.objects.filter(configuration=row, label="").values_list("id", flat=True).first(),
        "keep_was": True,
    }
    return render(request, "configurations/edit.html", values, status=status)
