"""A person, or the scheduler, wants a new access token by the refresh token."""

from dataclasses import dataclass
from datetime import datetime

from ..context import Context
from .asker import person
from .facts import facts_of, known_facts
from .hindrance import authorization_required
from .obtain import find
from .outcome import Refusal, RefusalKind, quoted
from .renew import renew
from .rows import TokenRow, due_ids, read_row


def refresh(ctx: Context, reference: str, by: str = "") -> TokenRow | Refusal:
    """Refresh now, whatever life the access token has left; a person's word overrides the back-off. `by` is who."""
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    if row.c_flow == "client_credentials":
        return Refusal(
            RefusalKind.REFUSED,
            "flow_mismatch",
            f'"{row.reference}" uses client credentials, which know no refresh token.',
            f"Request a new token: `bursar token request {quoted(row.reference)}`.",
        )
    if row.refresh_token is None and row.state != "revoked" and row.c_validity == "valid" and not row.held:
        return authorization_required(row, f'There is no refresh token for "{row.reference}".')
    return renew_past(ctx, row, by)


def renew_past(ctx: Context, row: TokenRow, by: str) -> TokenRow | Refusal:
    """A token newer than the one in `row`, by a person's wish."""

    def newer(candidate: TokenRow, _: datetime) -> bool:
        return candidate.generation > row.generation and candidate.access_token is not None

    return renew(ctx, row.id, newer, person(by))


@dataclass(frozen=True, slots=True)
class Due:
    """A token that is due, and the server (host and port) that will be asked."""

    token_id: str
    server: str


def due_tokens(ctx: Context, most: int, skip: int = 0) -> list[Due]:
    """Up to `most` of what is due now, the longest due first, past the first `skip`."""
    now = ctx.clock.now()
    found = ctx.storage.read(lambda cursor: due_ids(cursor, now, most, skip))
    return [Due(token_id, _server(ctx, token_id, c_id, generation)) for token_id, c_id, generation in found]


def _server(ctx: Context, token_id: str, configuration_id: str, generation: int) -> str:
    facts = known_facts(configuration_id, generation)
    if facts is None:
        row = ctx.storage.read(lambda cursor: read_row(cursor, token_id))
        facts = None if row is None else facts_of(row)
    return "" if facts is None else facts.server
