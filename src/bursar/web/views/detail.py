"""`/tokens/<id>`: one token, explained; its life, and everything that is known of it but the token itself."""

import re
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ...app import context
from ...handout.usage import TokenUse, uses_of
from ...mail.models import MailAccount
from ...oauth2.jwt_claims import Claims, Closed
from ...tokens.detail import TokenDetail, detail_of
from ...tokens.scopes import compared
from ...tokens.stretches import stretches_of
from ..access import look
from ..explained import explained
from ..frame import leave_out_notice
from ..life_strip import SPANS, strip_of
from ..names import consumer_words, people_named
from ..rows import Row
from ..standing import access_words, refresh_words
from ..table import rows_of
from ..targets import targets_of
from ..timeline import timeline

ID = re.compile(r"[0-9a-f]{32}")
USES_SHOWN = 20


@look
@require_safe
def token(request: HttpRequest, token_id: str) -> HttpResponse:
    """The page."""
    values = _values(request, token_id)
    leave_out_notice(request, values["view"].configuration_id)
    response = render(request, "detail.html", values)
    response.form_targets = targets_of([values["row"]])  # type: ignore[attr-defined]
    return response


@look
@require_safe
def parts(request: HttpRequest, token_id: str) -> HttpResponse:
    """What of it changes by itself."""
    return render(request, "parts/detail.html", _values(request, token_id))


def _values(request: HttpRequest, token_id: str) -> dict[str, Any]:
    ctx = context()
    detail = detail_of(ctx, token_id) if ID.fullmatch(token_id) else None
    if detail is None:
        raise Http404
    now = ctx.clock.now()
    view = detail.view
    [row] = rows_of(ctx, [view], now)
    wanted = request.GET.get("span", "")
    span = wanted if wanted in SPANS else "24h"
    stretches = stretches_of(detail)
    names = people_named(_people(detail))
    uses = uses_of(token_id)
    return {
        "detail": detail,
        "view": view,
        "row": row,
        "state": explained(detail, row, now),
        "strip": strip_of(stretches, now, span) if stretches else None,
        "span": span,
        "spans": [(key, title) for key, (_, title) in SPANS.items()],
        "days": timeline(detail, stretches, names, now),
        "scopes": compared(detail.requested, view.scope if view.has_access_token else None),
        "access": access_words(view, now),
        "refresh": refresh_words(view, now),
        "claims": detail.inside if isinstance(detail.inside, Claims) else None,
        "closed": detail.inside.why if isinstance(detail.inside, Closed) else "",
        "uses": _used(uses[:USES_SHOWN]),
        "users": _users(detail),
        "more_uses": max(0, len(uses) - USES_SHOWN),
        "made_by": names[detail.origin.created_by],
        "changed_by": names[detail.origin.changed_by],
        "more": _menu(row),
        "now": now,
    }


def _people(detail: TokenDetail) -> set[str]:
    """Everybody who did something to this token."""
    did = {event.by for event in detail.events} | {call.by for call in detail.calls if call.asker == "person"}
    return did | {detail.origin.created_by, detail.origin.changed_by}


def _used(uses: Sequence[TokenUse]) -> list[dict[str, Any]]:
    icons = {"mail": "mail", "key": "lock", "webservice": "world", "user": "user"}
    accounts = MailAccount.objects.filter(pk__in=[use.consumer for use in uses if use.kind == "mail"])
    pages = {("mail", key): f"/mail/{key}" for key in accounts.values_list("id", flat=True)}
    pages |= {("key", use.consumer): f"/keys/{use.consumer}" for use in uses if use.kind == "key"}
    return [
        {
            "words": consumer_words(use.kind, use.name),
            "icon": icons.get(use.kind, "plug"),
            "page": pages.get((use.kind, use.consumer), ""),
            "last": use.last_at,
            "count": use.count,
            "address": use.address,
        }
        for use in uses
    ]


def _users(detail: TokenDetail) -> list[tuple[str, str]]:
    """The first users of the token, each with the address of its page where it has one."""
    shown = detail.view.used_by[:USES_SHOWN]
    accounts = MailAccount.objects.filter(token_id=detail.view.id)
    known = {f'mail account "{name}"': f"/mail/{key}" for key, name in accounts.values_list("id", "name")}
    return [(user, known.get(user, "")) for user in shown]


def _menu(row: Row) -> list[Any]:
    """Everything beside the one button, without what the page shows as links of its own."""
    shown = {"" if row.step is None else row.step.action, f"/configurations/{row.view.configuration_id}/edit"}
    return [step for step in row.more if step.action not in shown]
