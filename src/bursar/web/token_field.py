"""The field that chooses a token: a list of all where there are few, else found by what is typed."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..app import context
from ..askable import askable, words_of
from ..providers import template_of
from ..reference import token_reference
from ..tokens.board import first
from ..tokens.listing import Rank
from ..tokens.models import Configuration, Listing, Token
from ..tokens.wanted import Sort, Wanted
from .access import act
from .forms.specs import Spec

FIELD = "Token"
LISTED = 100  # tokens up to which all are in the list
OFFERED = 20  # of what is found, so many are offered
LONGEST = 500
Servers = dict[str, dict[str, object]]  # host and port by protocol


def token_spec(section: str, current: str, *, optional: bool = False) -> Spec:
    """The field; what may be chosen are the tokens of valid configurations, and the one that is used already."""
    known = _listed(LISTED + 1)
    if len(known) > LISTED:
        hint = _("Begin to type its name. A further token of a configuration is written NAME#LABEL.")
        return Spec(FIELD, section, "token", label=_("Token"), optional=optional, hint=hint)
    found = dict.fromkeys([*known, *([current] if current and _exists(current) else [])])
    choices = (("", _("Choose a token")), *((each, each) for each in sorted(found)))
    return Spec(FIELD, section, "choice", label=_("Token"), optional=optional, choices=choices)


def mail_servers(spec: Spec, current: str) -> dict[str, Servers]:
    """Where the providers of the tokens that may be chosen keep mailboxes, by reference. Of a field that searches,
    the present one alone: each that it offers brings its own."""
    references = [value for value, _title in spec.choices if value] or [current]
    return _servers(references)


@act
@require_safe
def offered(request: HttpRequest) -> HttpResponse:
    """What fits what is typed, as the options of the field."""
    ctx = context()
    typed = askable(request.GET.get(FIELD, ""))[:LONGEST]
    wanted = Wanted(ranks=frozenset(Rank) - {Rank.OFF}, words=words_of(typed.replace("#", " ")), sort=Sort.NAME)
    ids = first(ctx, wanted, OFFERED, ctx.clock.now())
    found = sorted(token_reference(row.name, row.label) for row in Listing.objects.filter(token_id__in=ids))
    servers = _servers(found)
    options = [{"reference": each, "servers": json.dumps(servers.get(each, {}))} for each in found]
    return render(request, "parts/token_options.html", {"options": options})


def _listed(most: int) -> list[str]:
    rows = Listing.objects.exclude(base=Rank.OFF).order_by("name", "label")[:most]
    return [token_reference(row.name, row.label) for row in rows]


def _exists(reference: str) -> bool:
    name, _hash, label = reference.rpartition("#")
    tokens = Token.objects.filter(configuration__name=reference, label="")
    return tokens.exists() or bool(label and Token.objects.filter(configuration__name=name, label=label).exists())


def _servers(references: list[str]) -> dict[str, Servers]:
    """By reference, and by the name of its configuration, which a new label may be added to."""
    names = {reference: reference.rpartition("#")[0] for reference in references}
    rows = Configuration.objects.filter(name__in=[*names, *filter(None, names.values())])
    by_name: Mapping[str, Any] = dict(rows.values_list("name", "template"))
    found: dict[str, Servers] = {}
    for reference, configuration in names.items():
        name = reference if reference in by_name else configuration
        template = template_of(by_name.get(name))
        if template is not None and template.mail:
            found[reference] = {each.protocol: {"host": each.host, "port": each.port} for each in template.mail}
    return found
