"""Where each token is used, and what each consumer uses: who, which, when, how often (SEC-47). Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ..reference import token_reference
from .models import Use


@dataclass(frozen=True, slots=True)
class TokenUse:
    """One consumer of one token. `kind` is key, user (of this machine), mail or webservice; `consumer` its id."""

    reference: str
    token_id: str
    kind: str
    consumer: str
    name: str
    address: str
    first_at: datetime
    last_at: datetime
    count: int


def uses_of(token_id: str) -> list[TokenUse]:
    """The consumers of a token, who used it last first. Counts are at most a second behind."""
    return [_read(use) for use in _uses().filter(token_id=token_id)]


def uses_by(kind: str, consumer: str, most: int | None = None) -> list[TokenUse]:
    """What one consumer was handed, the last first; `most` of it at most."""
    if most is None:
        return [_read(use) for use in _uses().filter(kind=kind, consumer=consumer)]
    wanted = Use.objects.filter(kind=kind, consumer=consumer)
    newest = list(wanted.order_by("-last_at", "name").values_list("pk", flat=True)[:most])
    return [_read(use) for use in _uses().filter(pk__in=newest)]


def use_count(kind: str, consumer: str) -> int:
    """How many tokens one consumer was handed."""
    return Use.objects.filter(kind=kind, consumer=consumer).count()


def _uses() -> QuerySet[Use]:
    return Use.objects.select_related("token__configuration").order_by("-last_at", "name")


def _read(use: Use) -> TokenUse:
    return TokenUse(
        reference=token_reference(use.token.configuration.name, use.token.label),
        token_id=use.token_id,
        kind=use.kind,
        consumer=use.consumer,
        name=use.name,
        address=use.address,
        first_at=use.first_at,
        last_at=use.last_at,
        count=use.count,
    )
