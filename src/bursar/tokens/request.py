"""A person wants a new access token by client credentials (RFC 6749 §4.4)."""

from ..context import Context
from .labels import base_of_missing_label, resolve
from .obtain import find
from .outcome import Refusal, RefusalKind, quoted
from .refresh import renew_past
from .rows import TokenRow


def request(ctx: Context, reference: str, by: str = "") -> TokenRow | Refusal:
    """Request now; this ends a revocation and replaces a held token. `by` is who asked."""
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        base = base_of_missing_label(ctx, reference)
        if base is None or base.c_flow != "client_credentials":
            return row
        resolve(ctx, reference, create=True)  # a further token of the same application
        row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    if row.c_flow != "client_credentials":
        return Refusal(
            RefusalKind.REFUSED,
            "flow_mismatch",
            f'"{row.reference}" needs a person who signs in at the provider.',
            f"Authorize: `bursar token authorize {quoted(row.reference)}`.",
        )
    return renew_past(ctx, row, by)
