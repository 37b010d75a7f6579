"""A web service as the list and its own page show it: how its calls go, and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...context import Context
from ...webservices.models import WebService, WebServiceCall, WebServiceJob
from ...webservices.service import Service
from ...webservices.services import service_of
from ..badges import BUSY, NOW, OK, START, icon_of, switched_off, urgency
from ..wording import clock


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service. `level` is one of the overview's; `word` its badge, `reason` why it isn't fine."""

    row: WebService
    service: Service
    level: str
    word: str
    reason: str
    action: str
    last: WebServiceCall | None
    last_words: str
    waiting: int

    @property
    def icon(self) -> str:
        return "lock" if self.row.held else icon_of(self.level, self.row.validity)

    @property
    def invokers(self) -> str:
        count = len(self.service.invokers)
        return ngettext("%(count)d invoker", "%(count)d invokers", count) % {"count": count}


def rows(ctx: Context) -> list[ServiceRow]:
    """Every service, those that need a person first, then by name."""
    newest = WebServiceCall.objects.values("service").annotate(newest=Max("id")).values("newest")
    last = {call.service_id: call for call in WebServiceCall.objects.filter(id__in=newest)}
    found = [
        row_of(ctx, row, last.get(row.id)) for row in WebService.objects.select_related("token__configuration").all()
    ]
    return sorted(found, key=lambda each: urgency(each.level, each.row.name))


def one(ctx: Context, row: WebService) -> ServiceRow:
    """One service, as `rows` would show it."""
    return row_of(ctx, row, WebServiceCall.objects.filter(service=row).order_by("-id").first())


def row_of(ctx: Context, row: WebService, last: WebServiceCall | None) -> ServiceRow:
    """The service as it stands now."""
    level, word = _standing(row, last)
    failed = level in (NOW, BUSY) and last is not None and not row.held
    held = _("Nobody has confirmed yet where it sends its proof.") if level == NOW and row.held else ""
    return ServiceRow(
        row=row,
        service=service_of(row),
        level=level,
        word=word,
        reason=last.error if failed and last else held,
        action=last.action if failed and last else "",
        last=last,
        last_words=clock(last.at, ctx.clock.now()) if last else "",
        waiting=WebServiceJob.objects.filter(service=row, state="waiting").count(),
    )


def call_line(call: WebServiceCall, now: datetime) -> dict[str, Any]:
    """A call as a line of the log."""
    words = str(call.status) if call.status else _("no answer")
    if call.tries > 1:
        words = _("%(what)s, try %(number)d") % {"what": words, "number": call.tries}
    return {"call": call, "when": clock(call.at, now), "words": words, "seconds": call.took / 1_000_000}


def _standing(row: WebService, last: WebServiceCall | None) -> tuple[str, str]:
    off = switched_off(row.validity)
    if off is not None:
        return off
    if row.held:
        return NOW, _("Held")
    if last is None:
        return START, _("Not called yet")
    if not last.error_code:
        return OK, _("Works")
    return (BUSY, _("Retrying")) if last.again_at is not None else (NOW, _("Failed"))
