"""What is done to the ticked rows of the overview at once: a new token for each, or another validity."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ...app import context
from ...askable import is_askable
from ...context import Context
from ...errors import BursarError, NotFound
from ...sentences import said
from ...tokens import configure
from ...tokens.document import Validity
from ...tokens.models import Configuration
from ...tokens.outcome import Refusal
from ...tokens.overview import TokenView, views_of
from ...tokens.refresh import refresh
from ...tokens.request import request as request_by_credentials
from ...tokens.rows import TokenRow
from ..access import act, person_of
from .actions import done, finished

AT_ONCE = 8
PATIENCE = 15.0  # seconds that the page waits; calls still under way then go on, and the rows show how they end
NAMED = 3
_slots = threading.BoundedSemaphore(AT_ONCE)


@act
@require_POST
def make_valid(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """One configuration is used again."""
    row = Configuration.objects.filter(pk=configuration_id).first()
    if row is None:
        raise NotFound(_("This token configuration is gone."), code="configuration_not_found")
    configure.change(context(), row.name, [("Validity", str(Validity.VALID))], None, person_of(request).email)
    return finished(request, done(_("%(name)s is valid. Bursar uses it again.") % {"name": row.name}))


@act
@require_POST
def set_validity(request: HttpRequest) -> HttpResponse:
    """The ticked tokens' configurations get the chosen validity; those that can't be changed are named."""
    chosen = request.POST.get("validity", "")
    if chosen not in list(Validity):
        return finished(request, _trouble(_("Choose a validity: valid, invalid or invalid-temporarily.")))
    names = dict.fromkeys(view.name for view in _ticked(request))
    failed: list[str] = []
    for name in names:
        try:
            configure.change(context(), name, [("Validity", chosen)], None, person_of(request).email)
        except BursarError as problem:
            failed.append(f"{name}: {said(problem.sentence)}")
    count = len(names) - len(failed)
    words = {
        Validity.VALID: ngettext("%(count)d configuration is valid.", "%(count)d configurations are valid.", count),
        Validity.INVALID: ngettext(
            "%(count)d configuration is invalid.", "%(count)d configurations are invalid.", count
        ),
        Validity.INVALID_TEMPORARILY: ngettext(
            "%(count)d configuration is invalid temporarily.",
            "%(count)d configurations are invalid temporarily.",
            count,
        ),
    }
    return finished(request, _outcome(words[Validity(chosen)] % {"count": count}, failed))


@act
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """A new access token for every ticked row: by refresh token, or by client credentials."""
    ctx = context()
    views = _ticked(request)
    if not views:
        return finished(request, _trouble(_("No row is ticked.")))
    by = person_of(request).email
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bursar-ticked")
    calls = {pool.submit(_renew, ctx, view, by): view for view in views}
    ended, going = wait(calls, PATIENCE)
    pool.shutdown(wait=False)
    failed = [f"{calls[call].reference}: {reason}" for call in calls if call in ended and (reason := _reason(call))]
    count = len(ended) - len(failed)
    sentence = ngettext("%(count)d token is new.", "%(count)d tokens are new.", count) % {"count": count}
    if going:
        more = ngettext(
            "%(count)d provider has yet to answer: the row changes when it does.",
            "%(count)d providers have yet to answer: their rows change when they do.",
            len(going),
        )
        sentence = f"{sentence} {more % {'count': len(going)}}"
    return finished(request, _outcome(sentence, failed))


def _renew(ctx: Context, view: TokenView, by: str) -> TokenRow | Refusal:
    use_case = request_by_credentials if view.flow == "client_credentials" else refresh
    with _slots:  # however many pages ask
        return use_case(ctx, view.reference, by)


def _reason(call: "Future[TokenRow | Refusal]") -> str:
    problem = call.exception()
    if isinstance(problem, BursarError):
        return said(problem.sentence)
    if problem is not None:
        raise problem
    outcome = call.result()
    return said(outcome.sentence) if isinstance(outcome, Refusal) else ""


def _ticked(request: HttpRequest) -> list[TokenView]:
    ids = list(dict.fromkeys(request.POST.getlist("id")))
    return views_of(context(), [token_id for token_id in ids if len(token_id) <= 32 and is_askable(token_id)])


def _outcome(sentence: str, failed: list[str]) -> dict[str, str]:
    if not failed:
        return done(sentence)
    words = ngettext("%(count)d failed.", "%(count)d failed.", len(failed)) % {"count": len(failed)}
    more = _("And %(count)d more.") % {"count": len(failed) - NAMED} if len(failed) > NAMED else ""
    return {"kind": "error", "sentence": f"{sentence} {words}", "action": " ".join([*failed[:NAMED], more]).strip()}


def _trouble(sentence: str) -> dict[str, str]:
    return {"kind": "error", "sentence": sentence, "action": ""}
