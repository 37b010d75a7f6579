"""Consent: from a ticket or a pressed button, by way of the provider, to a stored token (RFC 6749 §4.1, RFC 7636).

ticket     the command line prints a link; single use, ten minutes
redeem     a signed-in person opens it and presses the button      ─┐  state: random, single-use, stored hashed, bound
start      a person presses "Authorize" on a page                  ─┘  to session, person and generation (SEC-3, 7, 9);
                                                                       with `openid` a nonce, which the ID token answers
finish     the callback: judged, consumed once, exchanged, stored      `consent.py`
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import BursarError, PersonMustAct, Refused
from ..grants import asks_for_identity, authorization_url
from ..ids import new_id
from ..keyring import Place, Secret
from ..oauth2.pkce import challenge_of, new_verifier
from .facts import facts_of, missing
from .hindrance import held
from .labels import base_of_missing_label, resolve
from .outcome import quoted
from .rows import TokenRow, read_row

CONSENT_SECONDS = 600
TABLE = "tokens_consent"


@dataclass(frozen=True, slots=True)
class TicketView:
    """What a person reads before pressing the button."""

    reference: str
    name: str
    label: str
    provider: str
    host: str


def sha256(text: str) -> str:
    """How tickets, states and sessions are stored: whoever reads the database can't use them."""
    return hashlib.sha256(text.encode()).hexdigest()


def ticket(ctx: Context, reference: str, by: str) -> str:
    """A single-use text, good for ten minutes, that leads a signed-in administrator to the provider.

    Makes a missing label. Raises NotFound, PersonMustAct where the document lacks something, Refused where the
    configuration isn't valid, is held, or knows no consent.
    """
    row = _consentable(ctx, _token_id(ctx, reference))
    text = ctx.randomness.token(24)
    now = ctx.clock.now()

    def insert(cursor: CursorWrapper) -> None:
        _forget_old(cursor, row.id, now)
        _insert(cursor, row, now, ticket_sha256=sha256(text), person=by)

    ctx.storage.write(insert)
    return text


def ticket_view(ctx: Context, text: str) -> TicketView | None:
    """What the ticket is for; None where it is unknown, used or too old. Changes nothing."""
    token_id = ctx.storage.read(lambda cursor: _open_ticket(cursor, text, ctx.clock.now()))
    row = None if token_id is None else ctx.storage.read(lambda cursor: read_row(cursor, token_id))
    if row is None:
        return None
    facts = facts_of(row)
    plan = facts.plan("AuthorizationCode")
    return TicketView(row.reference, row.c_name, row.label, facts.provider, plan.url.host if plan else "")


def redeem(ctx: Context, text: str, person: str, session: str) -> str | None:
    """Use the ticket up: the provider's address with a state bound to this session. None where it is not good."""
    now = ctx.clock.now()

    def take(cursor: CursorWrapper) -> str | None:
        token_id = _open_ticket(cursor, text, now)
        cursor.execute(
            f"UPDATE {TABLE} SET finished_at = %s WHERE ticket_sha256 = %s AND finished_at IS NULL",  # noqa: S608
            [to_micros(now), sha256(text)],
        )
        return token_id if cursor.rowcount == 1 else None

    token_id = ctx.storage.write(take)
    return None if token_id is None else _begin(ctx, token_id, person, session)


def start(ctx: Context, reference: str, person: str, session: str) -> str:
    """The provider's address with a fresh state, for a person who just pressed the button. Raises as `ticket`."""
    return _begin(ctx, _token_id(ctx, reference), person, session)


def _token_id(ctx: Context, reference: str) -> str:
    """The token's id; a missing label is made once its configuration is known to be one that can be authorized."""
    base = base_of_missing_label(ctx, reference)
    if base is not None:
        _consentable(ctx, base.id)
    return resolve(ctx, reference, create=True).token_id


def _begin(ctx: Context, token_id: str, person: str, session: str) -> str:
    row = _consentable(ctx, token_id)
    facts = facts_of(row)
    plan = facts.plan("AuthorizationCode")
    assert plan is not None
    now = ctx.clock.now()
    state = ctx.randomness.token(24)
    consent_id = new_id()
    verifier = new_verifier(ctx.randomness) if facts.document.options.pkce else None
    client_id, sources = facts.document.client_id or "", facts.sources()
    nonce = ctx.randomness.token(24) if asks_for_identity(plan, client_id, sources) else None
    redirect_uri = ctx.settings.redirect_uri()
    sealed = None if verifier is None else ctx.keyring.seal(Place(TABLE, consent_id, "verifier"), Secret(verifier))

    def insert(cursor: CursorWrapper) -> None:
        _forget_old(cursor, row.id, now)
        _insert(
            cursor,
            row,
            now,
            id=consent_id,
            state_sha256=sha256(state),
            verifier=sealed,
            nonce_sha256=None if nonce is None else sha256(nonce),
            redirect_uri=redirect_uri,
            person=person,
            session_sha256=sha256(session),
        )

    url = authorization_url(
        plan,
        client_id,
        sources,
        state=state,
        redirect_uri=redirect_uri,
        code_challenge=None if verifier is None else challenge_of(verifier),
        nonce=nonce,
    )
    ctx.storage.write(insert)
    return url


def _consentable(ctx: Context, token_id: str) -> TokenRow:
    row = ctx.storage.read(lambda cursor: read_row(cursor, token_id))
    assert row is not None
    problem: BursarError | None = None
    lacking = missing(row, facts_of(row))
    if row.c_flow != "authorization_code":
        problem = Refused(
            f'"{row.reference}" uses client credentials: nobody signs in.',
            code="flow_mismatch",
            action=f"Request a token: `bursar token request {quoted(row.reference)}`.",
        )
    elif row.c_validity != "valid":
        problem = Refused(
            f'The configuration "{row.c_name}" is {row.c_validity}.',
            code="configuration_invalid",
            action=f"Make it valid: `bursar config set {quoted(row.c_name)} Validity=valid`.",
        )
    elif lacking is not None:
        problem = PersonMustAct(lacking.sentence, code=lacking.code, action=lacking.action)
    elif row.c_secret_held:
        problem = held(row).as_error()
    if problem is not None:
        raise problem
    return row


def _open_ticket(cursor: CursorWrapper, text: str, now: datetime) -> str | None:
    cursor.execute(
        f"SELECT token_id FROM {TABLE} WHERE ticket_sha256 = %s AND finished_at IS NULL AND ends_at > %s",  # noqa: S608
        [sha256(text), to_micros(now)],
    )
    found = cursor.fetchone()
    return None if found is None else str(found[0])


def _insert(cursor: CursorWrapper, row: TokenRow, now: datetime, **columns: Any) -> None:
    values: dict[str, Any] = {
        "id": new_id(),
        "token_id": row.id,
        "configuration_generation": row.c_generation,
        "begun_at": to_micros(now),
        "ends_at": to_micros(now + timedelta(seconds=CONSENT_SECONDS)),
        "redirect_uri": "",
        "session_sha256": "",
        **columns,
    }
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    cursor.execute(f"INSERT INTO {TABLE} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608


def _forget_old(cursor: CursorWrapper, token_id: str, now: datetime) -> None:
    """Consents that ended over a day ago leave the table; younger ones still explain themselves to a late callback."""
    cursor.execute(
        f"DELETE FROM {TABLE} WHERE token_id = %s AND ends_at < %s",  # noqa: S608
        [token_id, to_micros(now - timedelta(days=1))],
    )
