"""What a changed configuration does to its tokens: a corrected cause clears the failure at once (SEC-30)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from ..clock import to_micros
from ..context import Context
from . import timing
from .document import document_of
from .models import Configuration, Token

_FAILED = ("misconfigured", "retrying", "needs_authorization")
# Never the material: a refresh that is under way may be storing a rotated one this very moment.
CHANGED = [
    "state",
    "state_since",
    "error_code",
    "error_sentence",
    "error_action",
    "error_answer",
    "failures",
    "next_attempt_at",
    "due_at",
]


def configuration_changed(ctx: Context, configuration: Configuration) -> None:
    """Forget the verdicts that were about the old configuration, and plan anew when each token is due.

    Called inside the transaction of the change, after it. Held tokens and those of a configuration that isn't valid
    are due never; a token that failed is due at once, so that the scheduler tries the correction.
    """
    configurations_changed(ctx, [configuration])


def configurations_changed(ctx: Context, configurations: Sequence[Configuration]) -> None:
    """`configuration_changed` for many: their tokens are read at once, and written where anything becomes of them."""
    now, by_id = ctx.clock.now(), {each.id: each for each in configurations}
    margins = {key: document_of(each).options.refresh_margin for key, each in by_id.items()}
    tokens = Token.objects.select_for_update().filter(configuration_id__in=list(by_id)).order_by("id")
    changed: list[list[Any]] = []
    for token in tokens.defer("access_token"):
        before = [getattr(token, column) for column in CHANGED]
        failed = token.state in _FAILED
        if failed:
            had_none = token.issued_at is None
            token.state = "no_token" if had_none else "active"
            token.state_since = now
            token.error_code = token.error_sentence = token.error_action = token.error_answer = None
            token.failures = 0
            token.next_attempt_at = None
        token.due_at = _due(ctx, by_id[token.configuration_id], token, margins[token.configuration_id], failed)
        after = [getattr(token, column) for column in CHANGED]
        if after != before:
            changed.append([*(to_micros(each) if isinstance(each, datetime) else each for each in after), token.id])
    if changed:
        columns = ", ".join(f"{column} = %s" for column in CHANGED)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE tokens_token SET {columns} WHERE id = %s", changed)  # noqa: S608


def _due(
    ctx: Context, configuration: Configuration, token: Token, margin: float | None, failed: bool
) -> datetime | None:
    client_credentials = configuration.flow == "client_credentials"
    sends_held = token.held or configuration.secret_held
    renewable = token.refresh_token is not None or (client_credentials and (failed or token.issued_at is not None))
    if configuration.validity != "valid" or sends_held or not renewable or token.state == "revoked":
        return None
    if failed or token.issued_at is None or token.expires_at is None:
        return ctx.clock.now()
    return timing.refresh_at(token.issued_at, token.expires_at, margin, ctx.randomness.uniform(0, 1))
