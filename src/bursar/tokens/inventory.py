"""Token configurations as lists and pages show them: everything but the secret. Reads only."""

from typing import Any

from django.db.models import Exists, OuterRef

from ..clock import rfc3339
from ..context import Context
from ..keyring import SealBroken
from .configure import find, held, secret_of
from .document import document_of
from .models import Configuration, Token
from .users import users_of


def list_configurations() -> list[dict[str, Any]]:
    """All configurations by name, one plain mapping each."""
    token_held = Exists(Token.objects.filter(configuration=OuterRef("pk"), held=True))
    rows = list(Configuration.objects.annotate(token_held=token_held))
    users = users_of([row.id for row in rows])
    return [
        {
            "name": row.name,
            "flow": row.flow,
            "validity": row.validity,
            "template": row.template,
            "client_id": row.client_id or None,
            "secret_stored": row.client_secret is not None,
            "held": (["token"] if row.token_held else []) + (["secret"] if row.secret_held else []),
            "used_by": users[row.id],
            "changed_at": rfc3339(row.changed_at),
        }
        for row in rows
    ]


def show_configuration(ctx: Context, name: str) -> dict[str, Any]:
    """One configuration whole, with the fingerprint in place of the secret. Raises NotFound."""
    row = find(name)
    document = document_of(row)
    return {
        "name": row.name,
        "flow": row.flow,
        "validity": row.validity,
        "template": row.template,
        "client_id": document.client_id,
        "scope": document.scope,
        "secret": {
            "stored": row.client_secret is not None,
            "fingerprint": fingerprint(ctx, row),
            "held": row.secret_held,
        },
        "held": held(row),
        "pinned_issuer": row.pinned_issuer,
        "used_by": users_of([row.id])[row.id],
        "config": document.tree(),
        "created_at": rfc3339(row.created_at),
        "created_by": row.created_by,
        "changed_at": rfc3339(row.changed_at),
        "changed_by": row.changed_by,
    }


def fingerprint(ctx: Context, row: Configuration) -> str | None:
    """The stored secret's fingerprint; None where no secret is stored, or where it can't be opened."""
    try:
        secret = secret_of(ctx, row)
    except SealBroken:
        return None
    return secret.fingerprint() if secret else None
